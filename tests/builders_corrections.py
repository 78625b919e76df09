"""Builders for corrections: a batch of which some were told, some refused and some still wait."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import update
from sqlalchemy.orm import Session

from reminders import clock
from reminders.corrections import Batch
from reminders.rules.lifecycle import BatchKind, DeliveryState
from reminders.tables.bindings import Follower
from reminders.tables.deliveries import Delivery, DeliveryItem, PlannerRun, Reminder
from reminders.tables.ledger import License
from tests import builders, builders_queue
from tests.builders import NOW
from tests.builders_queue import EXPIRES_ON

WORDS = "期满日期写错了"
LATER = NOW + timedelta(hours=1)
TOLD = (DeliveryState.ACCEPTED, DeliveryState.DELIVERED, DeliveryState.UNCONFIRMED, DeliveryState.REVIEW)
NOT_TOLD = (DeliveryState.READY, DeliveryState.REFUSED, DeliveryState.UNDELIVERABLE, DeliveryState.CANCELLED)


@dataclass
class WrongRun:
    """A planning run and its messages by their state."""

    run_id: int
    entry_id: int
    by_state: dict[DeliveryState, int]

    @property
    def batch(self) -> Batch:
        return Batch(BatchKind.RUN, run_id=self.run_id)

    @property
    def day(self) -> Batch:
        return Batch(BatchKind.DAY, on=clock.civil_date(NOW), entry_id=self.entry_id)


def run(session: Session) -> PlannerRun:
    row = PlannerRun(
        for_day=clock.civil_date(NOW), started_at=NOW, finished_at=NOW, counts='{"reminders": 8}'
    )
    session.add(row)
    session.flush()
    return row


def wrong_run(
    session: Session,
    *,
    states: tuple[DeliveryState, ...] = TOLD + NOT_TOLD,
    make: Callable[[Session], Follower] = builders.follower,
) -> WrongRun:
    """One person for each state, all of one kind of license."""
    made, entry = run(session), builders.entry(session)
    found = {}
    for days, state in enumerate(states):
        person, for_day = make(session), clock.civil_date(NOW) - timedelta(days=days)
        row = builders_queue.delivery(session, follower=person, licenses=0, for_day=for_day)
        license = builders_queue.bound_license(session, person, entry_id=entry.id)
        item = builders_queue.add_item(session, row, license)
        session.get_one(Reminder, item.reminder_id).run_id = made.id
        settle(session, row, state)
        found[state] = row.id
    session.flush()
    return WrongRun(made.id, entry.id, found)


def settle(session: Session, row: Delivery, state: DeliveryState) -> None:
    """As if it had been sent at NOW, unless it still waits or was given up before it left."""
    row.state = state
    if state not in (DeliveryState.READY, DeliveryState.CANCELLED):
        row.intent_at, row.attempt, row.client_msg_id = NOW, 1, f"d{row.id}e0"
    if state in (DeliveryState.ACCEPTED, DeliveryState.DELIVERED, DeliveryState.UNCONFIRMED):
        row.accepted_at, row.provider_msgid = NOW, str(row.id)
    if state in (DeliveryState.UNKNOWN, DeliveryState.REVIEW):
        row.ambiguous_since = NOW
    if state is DeliveryState.CANCELLED:
        dropped = update(DeliveryItem).where(DeliveryItem.delivery_id == row.id)
        session.execute(dropped.values(dropped_reason="other_date"))
    if state not in (
        DeliveryState.READY,
        DeliveryState.ACCEPTED,
        DeliveryState.UNKNOWN,
        DeliveryState.REVIEW,
    ):
        row.final_at = NOW
    session.flush()


def mend(session: Session, delivery_id: int) -> None:
    """The ledger gets another date for the licenses of this message."""
    from_message = DeliveryItem.delivery_id == delivery_id
    for license_id in session.query(Reminder.license_id).join(DeliveryItem).filter(from_message).all():
        row = session.get_one(License, license_id[0])
        row.expires_on = EXPIRES_ON + timedelta(days=365)
        builders.set_due(session, row)
