"""Claiming: what may leave now, once, to whom, and what is no longer true."""

from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from reminders import brakes, claiming, deliveries
from reminders.claiming import ClaimedDelivery
from reminders.db import Database
from reminders.rules.delivery_rules import CUTOFF, LEASE, MessageKind
from reminders.rules.lifecycle import Channel, DeliveryState, Expiry, LicenseState, Stage
from reminders.rules.permissions import operator
from reminders.tables.bindings import Binding, Follower
from reminders.tables.deliveries import Delivery, DeliveryAttempt, DeliveryItem, Reminder
from reminders.tables.ledger import License
from tests import builders, builders_queue
from tests.builders import NOW
from tests.builders_queue import ALL_DAY, DAYTIME

PERSON = operator("tester")


def claim(
    database: Database,
    *,
    channel: Channel = Channel.WECHAT,
    batch: int = 100,
    now: datetime = NOW,
    owner: str = "sender-1",
) -> list[ClaimedDelivery]:
    with database.begin() as session:
        return claiming.claim(session, channel, owner, batch, sending_hours=DAYTIME, now=now)


def made(database: Database, **options: object) -> int:
    with database.begin() as session:
        return builders_queue.delivery(session, **options).id  # type: ignore[arg-type]


def row(database: Database, delivery_id: int) -> Delivery:
    with database.read() as session:
        return session.get_one(Delivery, delivery_id)


def test_lease_fence_and_attempt_are_written_when_a_message_is_claimed(database: Database) -> None:
    delivery_id = made(database)
    [claimed] = claim(database)
    after = row(database, delivery_id)
    assert claimed == ClaimedDelivery(
        delivery_id, Channel.WECHAT, MessageKind.SINGLE, 1, f"d{delivery_id}e0", is_repeat=False
    )
    assert (after.state, after.fence, after.attempt) == (DeliveryState.SENDING, 1, 1)
    assert (after.lease_owner, after.lease_until, after.intent_at) == ("sender-1", NOW + LEASE, NOW)
    with database.read() as session:
        attempt = session.execute(select(DeliveryAttempt)).scalar_one()
    assert (attempt.delivery_id, attempt.fence, attempt.intent_at, attempt.result) == (
        delivery_id,
        1,
        NOW,
        "",
    )
    assert claim(database) == []


def test_batch_holds_one_message_a_person_and_unanswered_ones_first(database: Database) -> None:
    first, second = made(database), made(database)
    unanswered = made(database, next_at=NOW - timedelta(seconds=1))
    _make_unknown(database, unanswered, since=NOW - timedelta(seconds=60))
    [only] = claim(database, batch=1)
    assert (only.id, only.is_repeat) == (unanswered, True)
    assert {c.id for c in claim(database)} == {first, second}


def test_second_message_of_a_person_waits_while_the_first_is_open(database: Database) -> None:
    with database.begin() as session:
        person = builders.follower(session)
        first = builders_queue.delivery(session, follower=person, for_day=date(2026, 11, 1)).id
        second = builders_queue.delivery(session, follower=person, for_day=date(2026, 11, 3)).id
    assert [c.id for c in claim(database)] == [first]
    assert claim(database) == []
    _make_unknown(database, first, since=NOW - CUTOFF)
    assert claim(database) == []
    assert row(database, second).state is DeliveryState.READY


def test_next_message_waits_for_tomorrow_when_the_person_was_told_today(database: Database) -> None:
    with database.begin() as session:
        person = builders.follower(session)
        told = builders_queue.delivery(session, follower=person, for_day=date(2026, 11, 1))
        told.state, told.accepted_at = DeliveryState.DELIVERED, NOW - timedelta(minutes=5)
        waiting = builders_queue.delivery(session, follower=person).id
    assert claim(database) == []
    assert row(database, waiting).next_at == NOW + timedelta(hours=23, minutes=30)
    assert [c.id for c in claim(database, now=NOW + timedelta(days=1))] == [waiting]


def test_days_without_sending_become_one_message(database: Database) -> None:
    with database.begin() as session:
        person = builders.follower(session)
        older = builders_queue.delivery(session, follower=person, for_day=date(2026, 10, 30))
        older.next_at = NOW - timedelta(days=3)
        newer = builders_queue.delivery(session, follower=person, licenses=2)
        ids = older.id, newer.id
    [claimed] = claim(database)
    assert (claimed.id, claimed.kind) == (ids[0], MessageKind.DIGEST)
    assert row(database, ids[1]).state is DeliveryState.CANCELLED
    assert row(database, ids[1]).state_reason == "merged"
    with database.read() as session:
        assert set(session.execute(select(DeliveryItem.delivery_id)).scalars()) == {ids[0]}


def test_nothing_leaves_at_night_except_questions_about_unanswered_ones(database: Database) -> None:
    night = NOW + timedelta(hours=12)  # 21:00
    made(database)
    unanswered = made(database)
    _make_unknown(database, unanswered, since=night - timedelta(seconds=30))
    with database.read() as session:
        assert deliveries.due(session, sending_hours=DAYTIME, now=night)
    assert [c.id for c in claim(database, now=night)] == [unanswered]
    with database.read() as session:
        assert not deliveries.due(session, sending_hours=DAYTIME, now=night)
        assert deliveries.due(session, sending_hours=ALL_DAY, now=night)


def test_unanswered_message_is_not_asked_about_after_the_cutoff(database: Database) -> None:
    delivery_id = made(database, next_at=NOW - timedelta(minutes=1))
    _make_unknown(database, delivery_id, since=NOW - CUTOFF)
    assert claim(database) == []
    assert len(claim(database, now=NOW - timedelta(seconds=1))) == 1


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (update(License).values(state=LicenseState.RENEWING), "not_active"),
        (update(License).values(state=LicenseState.CANCELLED), "not_active"),
        (update(License).values(expires_on=date(2032, 2, 20)), "other_date"),
        (update(License).values(expiry=Expiry.NONE, expires_on=None), "other_date"),
        (update(Binding).values(unbound_at=NOW), "unbound"),
        (update(Reminder).values(state="cancelled"), "cancelled"),
    ],
)
def test_message_is_cancelled_when_nothing_in_it_is_true_any_more(
    database: Database, change: object, reason: str
) -> None:
    delivery_id = made(database, licenses=2)
    with database.begin() as session:
        session.execute(change)  # type: ignore[call-overload]
    assert claim(database) == []
    assert row(database, delivery_id).state is DeliveryState.CANCELLED
    with database.read() as session:
        assert set(session.execute(select(DeliveryItem.dropped_reason)).scalars()) == {reason}


def test_untrue_items_are_dropped_and_the_rest_is_said(database: Database) -> None:
    delivery_id = made(database, licenses=3)
    with database.begin() as session:
        first = session.execute(select(License).order_by(License.id)).scalars().first()
        assert first is not None
        first.state = LicenseState.RENEWING
    [claimed] = claim(database)
    assert (claimed.id, claimed.kind) == (delivery_id, MessageKind.DIGEST)
    with database.read() as session:
        dropped = list(
            session.execute(select(DeliveryItem.dropped_reason).order_by(DeliveryItem.id)).scalars()
        )
    assert dropped == ["not_active", "", ""]


def test_only_the_last_stage_of_a_date_is_said(database: Database) -> None:
    delivery_id = made(database)
    with database.begin() as session:
        license = session.execute(select(License)).scalar_one()
        builders_queue.add_item(
            session, session.get_one(Delivery, delivery_id), license, stage=Stage.LAST_CALL
        )
    [claimed] = claim(database)
    assert claimed.kind is MessageKind.SINGLE
    with database.read() as session:
        kept = session.execute(
            select(Reminder.stage).join(DeliveryItem).where(DeliveryItem.dropped_reason == "")
        ).scalar_one()
    assert kept is Stage.LAST_CALL


@pytest.mark.parametrize("left", [{"unfollowed_at": NOW}, {"push_stopped_at": NOW}])
def test_phone_call_is_queued_when_the_person_cannot_be_written_to(
    database: Database, left: dict[str, datetime]
) -> None:
    delivery_id = made(database, licenses=2)
    with database.begin() as session:
        session.execute(update(Follower).values(left))
    assert claim(database) == []
    assert row(database, delivery_id).state is DeliveryState.UNDELIVERABLE
    with database.read() as session:
        calls = session.execute(select(Delivery).where(Delivery.channel == Channel.PHONE)).scalars().all()
        items = session.execute(
            select(DeliveryItem.reminder_id).where(DeliveryItem.channel == Channel.PHONE)
        ).scalars()
        assert len(set(items)) == 2
    assert {call.state for call in calls} == {DeliveryState.READY}


@pytest.mark.parametrize("brake", ["switch", "account", "outage", "template"])
def test_nothing_new_leaves_while_a_brake_is_on(database: Database, brake: str) -> None:
    delivery_id = made(database)
    with database.begin() as session:
        _pull(session, brake)
    assert claim(database) == []
    expected = DeliveryState.BLOCKED if brake == "template" else DeliveryState.READY
    assert row(database, delivery_id).state is expected
    with database.begin() as session:
        if brake == "switch":
            deliveries.start_sending(session, actor=PERSON, now=NOW)
        else:
            name = {"account": "wechat", "outage": "wechat:fresh", "template": "wechat:single"}[brake]
            deliveries.close_circuit(session, name, actor=PERSON, now=NOW)
    assert [c.id for c in claim(database)] == [delivery_id]


def test_codes_leave_at_any_hour_until_they_are_worthless(database: Database) -> None:
    midnight = NOW + timedelta(hours=15)
    with database.begin() as session:
        row = builders_queue.code(session)
        row.deadline_at = midnight + timedelta(seconds=1)
    [claimed] = claim(database, channel=Channel.SMS, now=midnight)
    assert claimed.kind is MessageKind.CODE
    with database.begin() as session:
        builders_queue.code(session)
    assert claim(database, channel=Channel.SMS, now=NOW + timedelta(minutes=10)) == []


def test_calls_and_letters_are_never_claimed(database: Database) -> None:
    delivery_id = made(database)
    with database.begin() as session:
        session.get_one(Delivery, delivery_id).channel = Channel.PHONE
    assert claim(database, channel=Channel.PHONE) == []
    assert claim(database) == []


def _pull(session: Session, brake: str) -> None:
    if brake == "switch":
        deliveries.stop_sending(session, "演练", actor=PERSON, now=NOW)
    else:
        name = {"account": "wechat", "outage": "wechat:fresh", "template": "wechat:single"}[brake]
        brakes.open_circuit(session, name, "47003", None, now=NOW)


def _make_unknown(database: Database, delivery_id: int, *, since: datetime) -> None:
    with database.begin() as session:
        row = session.get_one(Delivery, delivery_id)
        row.state, row.ambiguous_since, row.lease_until = DeliveryState.UNKNOWN, since, None
