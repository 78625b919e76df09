"""Every combination of facts about a due date gives exactly one state, and good news never makes it worse."""

from dataclasses import replace
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reminders.rules.lifecycle import Channel, DeliveryState
from reminders.rules.person_state import (
    WORDS,
    Carried,
    DueFacts,
    PersonState,
    carried,
    is_stranded,
    person_state,
)

FACTS = st.builds(
    DueFacts,
    is_reached=st.booleans(),
    is_planned=st.booleans(),
    is_confirmed=st.booleans(),
    has_no_channel=st.booleans(),
    carried=st.frozensets(st.sampled_from(Carried)),
)
# Better comes first; whether the next step is a list or a message is no order of better and worse.
HEARD = (PersonState.CONFIRMED_REACHED, PersonState.DELIVERED)


@given(FACTS)
def test_every_combination_gives_one_state(facts: DueFacts) -> None:
    assert person_state(facts) in PersonState
    assert WORDS[person_state(facts)]


def test_all_states_are_given_by_some_facts() -> None:
    flags = list(product((False, True), repeat=4))
    sets = [frozenset[Carried](), *(frozenset({one}) for one in Carried)]
    assert {person_state(DueFacts(*flag, done)) for flag in flags for done in sets} == set(PersonState)


@given(FACTS)
def test_confirmation_always_counts_first(facts: DueFacts) -> None:
    assert person_state(replace(facts, is_confirmed=True)) is PersonState.CONFIRMED_REACHED


@given(FACTS, st.sampled_from([Carried.TOLD]))
def test_receipt_never_makes_it_worse(facts: DueFacts, news: Carried) -> None:
    better = person_state(replace(facts, carried=facts.carried | {news}))
    assert better in HEARD
    assert HEARD.index(better) <= (HEARD.index(person_state(facts)) if person_state(facts) in HEARD else 1)


@given(FACTS)
def test_failure_takes_nothing_away_from_what_another_message_did(facts: DueFacts) -> None:
    assert person_state(replace(facts, carried=facts.carried | {Carried.FAILED})) is person_state(facts)


def test_what_officers_tried_in_vain_stands_on_their_list() -> None:
    tried = DueFacts(is_planned=True, carried=frozenset({Carried.ENDED_BY_HAND}))
    assert person_state(tried) is PersonState.FAILED_NEXT_STEP
    assert person_state(replace(tried, has_no_channel=True)) is PersonState.NO_CHANNEL_ON_WORKLIST


@given(FACTS)
def test_due_date_is_never_called_not_yet_due(facts: DueFacts) -> None:
    if facts.is_planned or facts.is_reached:
        assert person_state(facts) is not PersonState.NOT_YET_DUE


@given(FACTS)
def test_stranded_means_that_nothing_at_all_follows(facts: DueFacts) -> None:
    if is_stranded(facts):
        assert facts.is_planned
        assert not facts.has_no_channel
        assert not facts.is_reached
        assert facts.carried <= {Carried.FAILED}


@pytest.mark.parametrize(
    ("facts", "state"),
    [
        (DueFacts(), PersonState.NOT_YET_DUE),
        (DueFacts(is_reached=True), PersonState.FAILED_NEXT_STEP),
        (DueFacts(is_planned=True, has_no_channel=True), PersonState.NO_CHANNEL_ON_WORKLIST),
        (DueFacts(is_planned=True, carried=frozenset({Carried.UNDER_WAY})), PersonState.FAILED_NEXT_STEP),
        (DueFacts(is_planned=True, carried=frozenset({Carried.TAKEN})), PersonState.FAILED_NEXT_STEP),
        (
            DueFacts(is_planned=True, has_no_channel=True, carried=frozenset({Carried.TOLD})),
            PersonState.DELIVERED,
        ),
        (
            DueFacts(is_planned=True, has_no_channel=True, carried=frozenset({Carried.FAILED})),
            PersonState.NO_CHANNEL_ON_WORKLIST,
        ),
    ],
)
def test_state_of_common_cases(facts: DueFacts, state: PersonState) -> None:
    assert person_state(facts) is state


def test_every_state_of_a_message_on_every_channel_is_understood() -> None:
    for state, channel in product(DeliveryState, Channel):
        assert carried(state, channel) in Carried
    assert carried(DeliveryState.UNDELIVERABLE, Channel.PHONE) is Carried.ENDED_BY_HAND
    assert carried(DeliveryState.UNDELIVERABLE, Channel.WECHAT) is Carried.FAILED
    assert carried(DeliveryState.REVIEW, Channel.WECHAT) is Carried.UNDER_WAY
