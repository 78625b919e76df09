"""Messages kept back by a fault of their channel, and by the limit of a week, unless a last day is near."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from reminders import brakes, claiming, clock, roads, settling
from reminders.db import Database
from reminders.rules.delivery_rules import MessageKind, next_midnight, next_opening
from reminders.rules.lifecycle import Channel, DeliveryState
from reminders.tables.bindings import Follower
from reminders.tables.deliveries import Delivery, DeliveryItem, Reminder
from tests import builders, builders_channels, builders_queue
from tests.builders import NOW
from tests.builders_queue import DAYTIME

TODAY = clock.civil_date(NOW)
NEAR, FAR = TODAY + timedelta(days=5), TODAY + timedelta(days=6)


def queued(session: Session, *, last_day: date, follower: Follower | None = None) -> int:
    """A ready template message about one license whose last day to apply is this."""
    row = builders_queue.delivery(session, follower=follower)
    said = select(DeliveryItem.reminder_id).where(DeliveryItem.delivery_id == row.id)
    session.execute(update(Reminder).where(Reminder.id.in_(said)).values(apply_by=last_day))
    return row.id


def ways(session: Session) -> list[tuple[Channel, DeliveryState, str]]:
    found = session.execute(select(Delivery).order_by(Delivery.id)).scalars()
    return [(row.channel, row.state, row.state_reason) for row in found]


def leave(database: Database) -> int:
    with database.begin() as session:
        return settling.leave_resting(session, now=NOW)


@pytest.mark.parametrize("is_blocked", [False, True])
def test_message_of_a_resting_channel_goes_another_way_only_when_a_last_day_is_near(
    database: Database, is_blocked: bool
) -> None:
    """By a quota that opens at midnight, and by a template that waits for a person."""
    with database.begin() as session:
        builders_channels.open_all(session)
        near, far = queued(session, last_day=NEAR), queued(session, last_day=FAR)
        if is_blocked:
            reason = "wechat:single"
            blocked = {"state": DeliveryState.BLOCKED, "state_reason": reason}
            session.execute(update(Delivery).values(blocked))
            brakes.open_circuit(session, reason, "47003", None, now=NOW)
        else:
            reason = ""
            name = brakes.whole_channel(Channel.WECHAT)
            brakes.open_circuit(session, name, "45009", next_midnight(NOW), now=NOW)
    assert leave(database) == 1
    assert leave(database) == 0
    state = DeliveryState.BLOCKED if is_blocked else DeliveryState.READY
    with database.read() as session:
        assert ways(session) == [
            (Channel.WECHAT, DeliveryState.UNDELIVERABLE, "channel_rests"),
            (Channel.WECHAT, state, reason),
            (Channel.SMS, DeliveryState.READY, ""),
        ]
        item = select(DeliveryItem.reminder_id).where(DeliveryItem.channel == Channel.SMS)
        first = select(DeliveryItem.reminder_id).where(DeliveryItem.delivery_id == near)
        assert session.execute(item).scalars().all() == session.execute(first).scalars().all()
        assert session.get_one(Delivery, far).final_at is None


def test_nothing_leaves_a_channel_that_does_not_rest(database: Database) -> None:
    with database.begin() as session:
        queued(session, last_day=NEAR)
        brakes.open_circuit(
            session, brakes.whole_channel(Channel.WECHAT), "45009", NOW - timedelta(hours=1), now=NOW
        )
        brakes.open_circuit(
            session, brakes.fresh_sends(Channel.WECHAT), "outage", NOW + timedelta(hours=1), now=NOW
        )
        brakes.open_circuit(session, brakes.whole_channel(Channel.SMS), "quota", next_midnight(NOW), now=NOW)
    assert leave(database) == 0


def told_three_times(session: Session) -> Follower:
    """The first of the three left seven days and an hour before this time tomorrow."""
    person = builders.follower(session)
    for gone in (timedelta(days=6, hours=1), timedelta(days=3), timedelta(days=1)):
        row = builders_queue.delivery(session, follower=person, for_day=clock.civil_date(NOW - gone))
        row.state, row.accepted_at = DeliveryState.DELIVERED, NOW - gone
    session.flush()
    return person


def claim(database: Database, days: int = 0) -> list[claiming.ClaimedDelivery]:
    with database.begin() as session:
        now = NOW + timedelta(days=days)
        return claiming.claim(session, Channel.WECHAT, "sender-1", 10, sending_hours=DAYTIME, now=now)


def test_fourth_message_of_a_week_waits_and_goes_with_the_next_one(database: Database) -> None:
    with database.begin() as session:
        person = told_three_times(session)
        fourth = queued(session, last_day=TODAY + timedelta(days=40), follower=person)
    assert claim(database) == []
    with database.begin() as session:
        assert session.get_one(Delivery, fourth).next_at == next_opening(NOW, DAYTIME)
        tomorrow = NOW + timedelta(days=1)
        fifth = builders_queue.delivery(
            session, follower=person, for_day=clock.civil_date(tomorrow), next_at=tomorrow
        ).id
    assert [(one.id, one.kind) for one in claim(database, days=1)] == [(fourth, MessageKind.DIGEST)]
    with database.read() as session:
        assert session.get_one(Delivery, fifth).state_reason == "merged"


@pytest.mark.parametrize(("days", "leaves"), [(0, True), (7, True), (8, False), (-1, False)])
def test_fourth_message_of_a_week_leaves_at_once_when_its_last_day_is_near(
    database: Database, days: int, leaves: bool
) -> None:
    with database.begin() as session:
        fourth = queued(session, last_day=TODAY + timedelta(days=days), follower=told_three_times(session))
    assert [one.id for one in claim(database)] == ([fourth] if leaves else [])


def test_refused_message_does_not_count_in_the_week(database: Database) -> None:
    with database.begin() as session:
        person = told_three_times(session)
        refused = update(Delivery).where(Delivery.accepted_at < NOW - timedelta(days=2))
        session.execute(refused.values(state=DeliveryState.REFUSED))
        fourth = queued(session, last_day=TODAY + timedelta(days=40), follower=person)
    assert [one.id for one in claim(database)] == [fourth]


def test_message_of_a_channel_that_was_closed_goes_another_way_after_a_day(database: Database) -> None:
    with database.begin() as session:
        builders_channels.open_all(session)
        builders_channels.sms(session)
        roads.open_roads(session, {})
        assert settling.leave_resting(session, now=NOW + timedelta(hours=23)) == 0
        assert settling.leave_resting(session, now=NOW + timedelta(hours=25)) == 1
        assert ways(session)[1][:2] == (Channel.PHONE, DeliveryState.READY)


def test_message_blocked_when_its_circuit_was_just_closed_is_released(database: Database) -> None:
    with database.begin() as session:
        first = queued(session, last_day=FAR)
        session.get_one(Delivery, first).state = DeliveryState.BLOCKED
        session.get_one(Delivery, first).state_reason = "wechat:single"
        brakes.open_circuit(session, "wechat:single", "47003", None, now=NOW)
        assert settling.release_unblocked(session, now=NOW) == 0
        brakes.close_circuit(session, "wechat:single")
        assert settling.release_unblocked(session, now=NOW) == 1
        assert ways(session) == [(Channel.WECHAT, DeliveryState.READY, "")]
