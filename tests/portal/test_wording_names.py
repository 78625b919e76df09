"""Placeholders are read and written in Chinese, and kept as they were."""

import pytest

from portal.staff.wording_names import KEPT, NAMES, kept, spoken
from reminders.rules.wording_kinds import FIRST, VALUE_WORDS
from reminders.rules.wordings import TemplateKind


def test_every_placeholder_has_a_name_of_its_own() -> None:
    assert set(NAMES) == set(VALUE_WORDS)
    assert len(KEPT) == len(NAMES)


@pytest.mark.parametrize("kind", FIRST)
def test_what_is_shown_comes_back_as_it_was(kind: TemplateKind) -> None:
    for text in FIRST[kind].parts.values():
        assert kept(spoken(text)) == text
        assert not any(f"{{{name}}}" in spoken(text) for name in NAMES)


def test_either_name_and_either_brace_is_understood() -> None:
    assert (
        kept("｛期满日期｝到期，{expires_on}，{ 校验码 }") == "{expires_on}到期，{expires_on}，{check_code}"
    )
    assert spoken(kept("{没有的}")) == "{没有的}"
