"""A sender frozen in the middle of something harms nobody (PostgreSQL only)."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from reminders import brakes, claiming, clock, deliveries, receipts, roads
from reminders.claiming import candidates
from reminders.claiming.taking import lease
from reminders.db import Database
from reminders.roads import Means
from reminders.rules.delivery_rules import MessageKind
from reminders.rules.lifecycle import Channel, DeliveryState, LicenseState
from reminders.rules.permissions import operator
from reminders.tables.bindings import Binding, Follower
from reminders.tables.deliveries import Delivery, DeliveryAttempt, ProviderEvent
from reminders.tables.ledger import License
from tests import builders, builders_channels, builders_queue
from tests.builders import NOW
from tests.builders_queue import DAYTIME

Change = Callable[[Session], object]


def nothing(session: Session) -> None:
    """The control: without a change the message is taken."""


def message_accepted(session: Session) -> None:
    yesterday = Delivery.for_day == clock.civil_date(NOW) - timedelta(days=1)
    values = {"state": DeliveryState.ACCEPTED, "accepted_at": NOW}
    session.execute(update(Delivery).where(yesterday).values(values))


def message_started(session: Session) -> None:
    yesterday = Delivery.for_day == clock.civil_date(NOW) - timedelta(days=1)
    values = {"state": DeliveryState.SENDING, "lease_until": NOW + timedelta(minutes=1)}
    session.execute(update(Delivery).where(yesterday).values(values))


def license_renewed(session: Session) -> None:
    session.execute(update(License).values(expires_on=date(2032, 2, 20)))


def license_cancelled(session: Session) -> None:
    session.execute(update(License).values(state=LicenseState.CANCELLED))


def brake_pulled(session: Session) -> None:
    brakes.switch_sending(session, is_on=False, reason="核对", actor=operator("tester"), now=NOW)


def binding_ended(session: Session) -> None:
    session.execute(update(Binding).values(unbound_at=NOW))


def follower_left(session: Session) -> None:
    session.execute(update(Follower).values(unfollowed_at=NOW))


CHANGES = (
    message_accepted,
    message_started,
    license_renewed,
    license_cancelled,
    brake_pulled,
    binding_ended,
    follower_left,
)


@pytest.mark.postgres
@pytest.mark.parametrize("database", ["postgres"], indirect=True)
@pytest.mark.parametrize("change", [nothing, *CHANGES])
def test_frozen_sender_asks_again_when_it_takes(database: Database, change: Change) -> None:
    with database.begin() as session:
        person = builders.follower(session)
        today = builders_queue.delivery(session, follower=person).id
        rival = builders_queue.delivery(
            session, follower=person, for_day=clock.civil_date(NOW) - timedelta(days=1)
        )
        rival.state, rival.next_at = DeliveryState.BLOCKED, NOW + timedelta(days=1)
    with database.begin() as frozen:
        [seen] = candidates.fresh(frozen, Channel.WECHAT, 10, None, DAYTIME, NOW)
        with database.begin() as other:
            change(other)
        kinds = {seen.id: MessageKind.SINGLE}
        taken = lease(frozen, Channel.WECHAT, kinds, set(), "sender-1", NOW)
    expected = [today] if change is nothing else []
    assert [one.id for one in taken] == expected
    with database.read() as session:
        attempts = session.execute(select(DeliveryAttempt.delivery_id)).scalars().all()
        row = session.get_one(Delivery, today)
    assert attempts == expected
    assert (row.state, row.attempt) == ((DeliveryState.SENDING, 1) if expected else (DeliveryState.READY, 0))


@pytest.mark.postgres
@pytest.mark.parametrize("database", ["postgres"], indirect=True)
def test_frozen_sender_does_not_keep_the_channel_from_the_others(database: Database) -> None:
    """It holds the bucket of the pace; codes, and tries that nobody answered, leave all the same."""
    with database.begin() as session:
        builders_queue.delivery(session)
        builders_queue.code(session)
        roads.open_roads(session, {Channel.SMS: Means(daily_cap=9)})
        assert roads.allowed(session, Channel.WECHAT, 5, now=NOW) == 10
    with database.begin() as frozen:
        assert roads.allowed(frozen, Channel.SMS, 5, now=NOW) == 9
        assert roads.allowed(frozen, Channel.WECHAT, 5, now=NOW) == 10
        with database.begin() as other:
            hours = {"sending_hours": DAYTIME, "rate": 5, "now": NOW}
            assert claiming.claim(other, Channel.WECHAT, "s", 10, **hours) == []
            assert len(claiming.claim(other, Channel.SMS, "s", 10, **hours)) == 1


@pytest.mark.postgres
@pytest.mark.parametrize("database", ["postgres"], indirect=True)
def test_receipt_is_left_to_the_next_sweep_when_its_message_is_just_taken(database: Database) -> None:
    with database.begin() as session:
        row = builders_queue.delivery(session)
        row.state, row.ambiguous_since, row.intent_at = DeliveryState.UNKNOWN, NOW, NOW
        builders_channels.tried(session, row, at=NOW)
        openid = session.get_one(Follower, row.follower_id).openid
        told = {"openid": openid, "msgid": "77", "status": "success", "digest": "d"}
        deliveries.store_receipt(session, **told, now=NOW + timedelta(seconds=3))
    later = NOW + timedelta(seconds=5)
    with database.begin() as sender:
        assert len(claiming.claim(sender, Channel.WECHAT, "s", 10, sending_hours=DAYTIME, now=later)) == 1
        with database.begin() as sweeper:
            assert receipts.sweep(sweeper, sending_hours=DAYTIME, now=later) == 0
    with database.read() as session:
        assert session.execute(select(ProviderEvent.matched_at)).scalar_one() is None
