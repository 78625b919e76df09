"""What each answer does to the ladder, as a table, and what no answer may do."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reminders.errors import Invalid
from reminders.rules.answers import Effect, effect, last_call, usual_pause_end
from reminders.rules.dates import Workdays
from reminders.rules.lifecycle import AnswerKind
from reminders.rules.stages import LAST_CALL_DAYS

WORKDAYS = Workdays()
EXPIRES_ON, APPLY_BY = date(2027, 3, 26), date(2027, 2, 24)  # a Wednesday after the spring festival
EARLY, LATE = date(2027, 1, 11), date(2027, 2, 22)  # Mondays; late is inside the last seven days
LAST_CALL = date(2027, 2, 17)
CHECK_ON = date(2027, 2, 19)  # three working days before

TABLE = {
    (AnswerKind.APPLIED, EARLY): Effect(rests=True, look_on=CHECK_ON),
    (AnswerKind.APPLIED, LATE): Effect(rests=True, look_on=LATE),
    (AnswerKind.OUT_OF_BUSINESS, EARLY): Effect(rests=True, look_on=EARLY),
    (AnswerKind.HELP, EARLY): Effect(
        rests=True, until_on=LAST_CALL, look_on=EARLY, promised_on=EARLY + timedelta(days=1)
    ),
    (AnswerKind.BOOK, LATE): Effect(look_on=LATE, promised_on=LATE + timedelta(days=1)),
    (AnswerKind.HANDED_OVER, EARLY): Effect(unbinds=True, is_sign=False, look_on=EARLY),
    (AnswerKind.NUMBER_WRONG, EARLY): Effect(blocks_contact=True, look_on=EARLY),
    (AnswerKind.LATER, EARLY): Effect(rests=True, until_on=EARLY + timedelta(days=14)),
    (AnswerKind.LATER, date(2027, 2, 10)): Effect(rests=True, until_on=LAST_CALL),
}


def told(kind: AnswerKind, today: date, until: date | None = None) -> Effect:
    return effect(kind, today, expires_on=EXPIRES_ON, apply_by=APPLY_BY, until=until, workdays=WORKDAYS)


@pytest.mark.parametrize(("kind", "today"), TABLE)
def test_each_answer_has_its_effect(kind: AnswerKind, today: date) -> None:
    assert told(kind, today) == TABLE[kind, today]


def test_help_asked_on_a_friday_is_promised_for_monday() -> None:
    assert told(AnswerKind.HELP, date(2027, 1, 15)).promised_on == date(2027, 1, 18)


@pytest.mark.parametrize("until", [EARLY, EARLY - timedelta(days=1), LAST_CALL + timedelta(days=1)])
def test_pause_ends_between_tomorrow_and_the_last_call(until: date) -> None:
    with pytest.raises(Invalid, match="暂停可以到 2027-02-17"):
        told(AnswerKind.LATER, EARLY, until)


def test_last_week_cannot_be_paused() -> None:
    with pytest.raises(Invalid, match="不能再暂停"):
        told(AnswerKind.LATER, LATE)
    assert usual_pause_end(LATE, EXPIRES_ON, APPLY_BY) is None


DAYS = st.dates(date(2026, 1, 1), date(2028, 12, 31))


@given(
    kind=st.sampled_from(AnswerKind),
    today=DAYS,
    expires_on=DAYS,
    before=st.none() | st.integers(0, 120),
    ahead=st.none() | st.integers(-5, 400),
)
def test_no_rest_without_a_person_goes_past_the_last_call(
    kind: AnswerKind, today: date, expires_on: date, before: int | None, ahead: int | None
) -> None:
    apply_by = None if before is None else expires_on - timedelta(days=before)
    until = None if ahead is None else today + timedelta(days=ahead)
    try:
        found = effect(kind, today, expires_on=expires_on, apply_by=apply_by, until=until, workdays=WORKDAYS)
    except Invalid:
        assert kind is AnswerKind.LATER
        return
    if found.rests and found.until_on is None:
        assert found.look_on is not None
        assert found.look_on <= max(today, apply_by or expires_on)
    if found.until_on is not None:
        assert today < found.until_on <= last_call(expires_on, apply_by)
        assert found.until_on <= (apply_by or expires_on) - timedelta(days=LAST_CALL_DAYS)
    assert found.look_on is None or found.look_on >= today
    assert kind is AnswerKind.LATER or found.look_on is not None
