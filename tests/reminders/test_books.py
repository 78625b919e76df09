"""The books: each due date in one state, each message of a day in one column, by department."""

from datetime import timedelta
from itertools import product

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from reminders import books, clock
from reminders.books.facts import ALL_CODES, facts_of
from reminders.db import Database
from reminders.rules.day_books import STATES, Column, column_of, imbalance
from reminders.rules.lifecycle import (
    CallOutcome,
    Channel,
    DeliveryState,
    LicenseState,
    Role,
)
from reminders.rules.permissions import Actor
from reminders.rules.person_state import PersonState, is_stranded, person_state
from reminders.tables.deliveries import Delivery, DeliveryItem, Reminder
from reminders.tables.ledger import License
from tests import builders, builders_queue
from tests.builders import CLOCK, NOW

TODAY = clock.civil_date(NOW)


def set_state(session: Session, row: Delivery, state: DeliveryState, **values: object) -> None:
    if state is DeliveryState.SENDING:
        values |= {"lease_until": NOW}
    if state is DeliveryState.UNKNOWN:
        values |= {"ambiguous_since": NOW}
    session.execute(update(Delivery).where(Delivery.id == row.id).values(state=state, **values))


def states_of(database: Database, actor: Actor = CLOCK) -> dict[PersonState, int]:
    with database.read() as session:
        found = books.standings(session, TODAY, actor=actor)
    return {state: sum(one.states[state] for one in found) for state in PersonState}


def only(state: PersonState, number: int = 1) -> dict[PersonState, int]:
    return dict.fromkeys(PersonState, 0) | {state: number}


def planned(session: Session, state: DeliveryState = DeliveryState.READY) -> Delivery:
    """A message about one license, whose next stage lies in the future."""
    row = builders_queue.delivery(session)
    set_state(session, row, state)
    session.execute(update(License).values(next_due_on=TODAY + timedelta(days=30)))
    return row


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        (DeliveryState.READY, PersonState.FAILED_NEXT_STEP),
        (DeliveryState.SENDING, PersonState.FAILED_NEXT_STEP),
        (DeliveryState.ACCEPTED, PersonState.FAILED_NEXT_STEP),
        (DeliveryState.UNKNOWN, PersonState.FAILED_NEXT_STEP),
        (DeliveryState.UNCONFIRMED, PersonState.FAILED_NEXT_STEP),
        (DeliveryState.DELIVERED, PersonState.DELIVERED),
    ],
)
def test_state_follows_the_message(database: Database, state: DeliveryState, expected: PersonState) -> None:
    with database.begin() as session:
        planned(session, state)
    assert states_of(database) == only(expected)
    with database.read() as session:
        assert books.stranded(session, TODAY, actor=CLOCK) == 0


def test_failure_without_a_next_step_is_stranded_until_it_has_one(database: Database) -> None:
    with database.begin() as session:
        row = planned(session, DeliveryState.UNDELIVERABLE)
    with database.read() as session:
        assert books.stranded(session, TODAY, actor=CLOCK) == 1
        assert books.day_books(session, TODAY, actor=CLOCK).imbalance == 1
        lost = books.messages(session, TODAY, column=Column.STRANDED, actor=CLOCK)
        assert [line.delivery_id for line in lost.lines] == [row.id]
        shown = books.dates_in(session, TODAY, PersonState.FAILED_NEXT_STEP, only_stranded=True, actor=CLOCK)
        assert len(shown.lines) == 1
    with database.begin() as session:
        session.execute(update(Reminder).values(has_no_channel=True))
    assert states_of(database) == only(PersonState.NO_CHANNEL_ON_WORKLIST)
    with database.read() as session:
        assert books.stranded(session, TODAY, actor=CLOCK) == 0
        assert books.day_books(session, TODAY, actor=CLOCK).imbalance == 0
        assert books.messages(session, TODAY, column=Column.STRANDED, actor=CLOCK).lines == ()


def test_confirmation_counts_for_its_own_date_only(database: Database) -> None:
    with database.begin() as session:
        planned(session)
        row = session.execute(select(License)).scalar_one()
        assert row.expires_on
        builders.confirmation(session, license_id=row.id, expires_on=row.expires_on - timedelta(days=1))
    assert states_of(database) == only(PersonState.FAILED_NEXT_STEP)
    with database.begin() as session:
        builders.confirmation(session, license_id=row.id, expires_on=row.expires_on)
    assert states_of(database) == only(PersonState.CONFIRMED_REACHED)


def test_license_nobody_had_to_hear_of_is_not_yet_due_and_a_reached_one_waits_for_the_next_run(
    database: Database,
) -> None:
    with database.begin() as session:
        builders.license(session, entry_id=builders.entry(session).id, expires_on=TODAY + timedelta(days=800))
    assert states_of(database) == only(PersonState.NOT_YET_DUE)
    with database.begin() as session:
        session.execute(update(License).values(next_due_on=TODAY))
    assert states_of(database) == only(PersonState.FAILED_NEXT_STEP)
    with database.begin() as session:
        session.execute(update(License).values(state=LicenseState.CANCELLED))
    assert states_of(database) == only(PersonState.NOT_YET_DUE, 0)


def test_renewed_license_starts_anew(database: Database) -> None:
    with database.begin() as session:
        planned(session, DeliveryState.DELIVERED)
        session.execute(update(License).values(expires_on=TODAY + timedelta(days=1500)))
    assert states_of(database) == only(PersonState.NOT_YET_DUE)


def test_every_code_has_one_state() -> None:
    assert {person_state(facts_of(code)) for code in ALL_CODES} == set(PersonState)
    assert any(is_stranded(facts_of(code)) for code in ALL_CODES)


def test_each_state_of_a_message_has_one_column_and_the_sum_is_what_was_planned(database: Database) -> None:
    assert set(STATES) == set(DeliveryState)
    with database.begin() as session:
        entry_id = builders.entry(session).id
        for state in DeliveryState:
            row = builders_queue.delivery(session, licenses=0)
            license_ = builders_queue.bound_license(session, builders.follower(session), entry_id=entry_id)
            item = builders_queue.add_item(session, row, license_)
            session.execute(
                update(Reminder).where(Reminder.id == item.reminder_id).values(has_no_channel=True)
            )
            set_state(session, row, state)
    with database.read() as session:
        found = books.day_books(session, TODAY, actor=CLOCK)
        nothing = books.day_books(session, TODAY - timedelta(days=1), actor=CLOCK)
    assert found.imbalance == 0
    (entry,) = found.entries
    assert entry.planned == len(DeliveryState) == sum(entry.columns.values())
    assert entry.columns == {
        Column.DELIVERED: 1,
        Column.REFUSED: 1,
        Column.UNCONFIRMED: 1,
        Column.UNDELIVERABLE: 1,
        Column.CANCELLED: 1,
        Column.OPEN: 6,
        Column.STRANDED: 0,
    }
    assert (nothing.entries, nothing.imbalance) == ((), 0)


def test_department_sees_its_own_part_of_the_books(database: Database) -> None:
    with database.begin() as session:
        mine, other = builders.department(session, name="示例甲科"), builders.department(session)
        row = builders_queue.delivery(session, licenses=0)
        person = builders.follower(session)
        for place in (mine, other):
            entry_id = builders.entry(session, department_id=place.id).id
            license_ = builders_queue.bound_license(session, person, entry_id=entry_id)
            builders_queue.add_item(session, row, license_)
        officer = builders.actor(builders.staff(session, role=Role.OFFICER, department_id=mine.id))
    with database.read() as session:
        seen = books.day_books(session, TODAY, actor=officer).entries
        everything = books.day_books(session, TODAY, actor=CLOCK).entries
        assert [one.department for one in seen] == ["示例甲科"]
        assert len(everything) == 2
        assert [one.planned for one in everything] == [1, 1]
        assert len(books.messages(session, TODAY, actor=officer).lines) == 1
        assert books.messages(session, TODAY, department_id=other.id, actor=officer).lines == ()
        assert [one.department for one in books.standings(session, TODAY, actor=officer)] == ["示例甲科"]
        foreign = books.dates_in(
            session, TODAY, PersonState.FAILED_NEXT_STEP, department_id=other.id, actor=officer
        )
        assert foreign.lines == ()


def test_call_that_an_officer_closed_needs_nothing_more(database: Database) -> None:
    with database.begin() as session:
        row = planned(session, DeliveryState.UNDELIVERABLE)
        session.execute(update(Delivery).values(channel=Channel.PHONE, outcome=CallOutcome.CLOSED_DOWN))
        session.execute(update(DeliveryItem).values(channel=Channel.PHONE))
    with database.read() as session:
        assert books.day_books(session, TODAY, actor=CLOCK).imbalance == 0
        assert books.stranded(session, TODAY, actor=CLOCK) == 0
    assert row.id


def test_rows_behind_a_number_are_paged(database: Database) -> None:
    with database.begin() as session:
        for _ in range(3):
            planned(session)
    with database.read() as session:
        first = books.messages(session, TODAY, column=Column.OPEN, limit=2, actor=CLOCK)
        assert first.after is not None
        rest = books.messages(session, TODAY, column=Column.OPEN, limit=2, after=first.after, actor=CLOCK)
        dates = books.dates_in(session, TODAY, PersonState.FAILED_NEXT_STEP, limit=2, actor=CLOCK)
        assert dates.after is not None
        more = books.dates_in(
            session, TODAY, PersonState.FAILED_NEXT_STEP, limit=2, after=dates.after, actor=CLOCK
        )
    assert (len(first.lines), len(rest.lines), rest.after) == (2, 1, None)
    assert (len(dates.lines), len(more.lines), more.after) == (2, 1, None)
    assert first.lines[0].licenses == 1


def test_imbalance_is_what_no_column_accounts_for() -> None:
    for state, followed in product(DeliveryState, (False, True)):
        columns = {column_of(state, is_followed=followed): 1}
        assert imbalance(1, columns) == (Column.STRANDED in columns)
