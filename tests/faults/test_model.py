"""The model of the state machine holds with all rules on, and tells a story as soon as one is off."""

from dataclasses import fields, replace

import pytest

from tests.faults.model import Rules, search


@pytest.mark.parametrize("messages", [1, 2])
def test_no_promise_can_be_broken_with_all_rules_on(messages: int) -> None:
    found = search(Rules(), messages=messages)
    print(f"model: {found.states} states with {messages} message(s)")
    assert found.story == ()
    assert found.states > 10_000  # otherwise it did not look far


@pytest.mark.parametrize("rule", [field.name for field in fields(Rules)])
def test_a_promise_is_broken_as_soon_as_a_rule_is_off(rule: str) -> None:
    found = search(replace(Rules(), **{rule: False}), messages=2 if rule == "one_open" else 1)
    assert found.story, f"the rule {rule} could go and nobody would notice"
