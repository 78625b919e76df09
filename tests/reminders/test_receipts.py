"""Receipts: stored once, matched in any order, and never to the wrong message."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select, update

from reminders import claiming, deliveries, receipts, settling
from reminders.db import Database
from reminders.rules.delivery_rules import GRACE, LEASE, WINDOW, SendOutcome, SendResult
from reminders.rules.lifecycle import Channel, DeliveryState
from reminders.tables.bindings import Follower
from reminders.tables.deliveries import Delivery, DeliveryAttempt, ProviderEvent
from tests import builders_queue
from tests.builders import NOW
from tests.builders_queue import DAYTIME

MSGID = "3500000000000000001"
LATER = NOW + timedelta(seconds=10)


def sent(database: Database, outcome: SendOutcome | None, *, msgid: str = MSGID) -> tuple[int, str]:
    """A message in `accepted`, `unknown` or (None) still in `sending`; its id and its person's openid."""
    with database.begin() as session:
        row = builders_queue.delivery(session)
        openid = session.get_one(Follower, row.follower_id).openid
    with database.begin() as session:
        [one] = claiming.claim(session, Channel.WECHAT, "s", 10, sending_hours=DAYTIME, now=NOW)
        if outcome is not None:
            told = msgid if outcome is SendOutcome.ACCEPTED else None
            result = SendResult(one.id, one.fence, outcome, one.kind, msgid=told)
            settling.finish(session, Channel.WECHAT, [result], sending_hours=DAYTIME, now=NOW)
    return one.id, openid


def arrive(
    database: Database, openid: str, *, msgid: str = MSGID, status: str = "success", now: datetime = LATER
) -> bool:
    with database.begin() as session:
        return deliveries.store_receipt(
            session, openid=openid, msgid=msgid, status=status, digest=f"{openid}{msgid}{status}", now=now
        )


def sweep(database: Database, *, now: datetime = LATER) -> int:
    with database.begin() as session:
        return receipts.sweep(session, sending_hours=DAYTIME, now=now)


def row(database: Database, delivery_id: int) -> Delivery:
    with database.read() as session:
        return session.get_one(Delivery, delivery_id)


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("success", DeliveryState.DELIVERED),
        ("failed:user block", DeliveryState.REFUSED),
        ("failed: system failed", DeliveryState.READY),
        ("failed:system failed", DeliveryState.READY),
        ("failed:freq limit", DeliveryState.READY),
        ("failed:something new", DeliveryState.ACCEPTED),
    ],
)
def test_receipt_moves_its_message(database: Database, status: str, state: DeliveryState) -> None:
    delivery_id, openid = sent(database, SendOutcome.ACCEPTED)
    assert arrive(database, openid, status=status)
    assert not arrive(database, openid, status=status)
    assert sweep(database) == 1
    assert sweep(database) == 0
    after = row(database, delivery_id)
    assert after.state is state
    if state is DeliveryState.READY:
        assert (after.epoch, after.client_msg_id, after.dup_risk) == (1, None, False)
        assert after.next_at > LATER
    with database.read() as session:
        event = session.execute(select(ProviderEvent)).scalar_one()
    assert (event.matched_delivery_id, event.matched_at) == (delivery_id, LATER)


def test_person_who_blocked_us_is_called_and_not_written_to(database: Database) -> None:
    _, openid = sent(database, SendOutcome.ACCEPTED)
    arrive(database, openid, status="failed:user block")
    sweep(database)
    with database.read() as session:
        assert session.execute(select(Follower.push_stopped_reason)).scalar_one() == receipts.USER_BLOCK
        calls = select(func.count()).where(Delivery.channel == Channel.PHONE)
        assert session.execute(calls).scalar_one() == 1


def test_receipt_that_comes_before_the_answer_waits_for_it(database: Database) -> None:
    delivery_id, openid = sent(database, None)
    arrive(database, openid)
    assert sweep(database) == 0
    assert row(database, delivery_id).state is DeliveryState.SENDING
    with database.begin() as session:
        fence = session.get_one(Delivery, delivery_id).fence
        result = SendResult(delivery_id, fence, SendOutcome.ACCEPTED, builders_queue.SINGLE, msgid=MSGID)
        settling.finish(session, Channel.WECHAT, [result], sending_hours=DAYTIME, now=LATER)
    assert sweep(database) == 1
    assert row(database, delivery_id).state is DeliveryState.DELIVERED


def test_receipt_of_a_try_whose_sender_died_is_matched_after_the_repeat_was_accepted(
    database: Database,
) -> None:
    """It came without an id between the two tries, when nobody could tell yet."""
    delivery_id, openid = sent(database, None)
    assert arrive(database, openid, msgid="0")
    assert sweep(database) == 0
    again_at = NOW + LEASE + timedelta(seconds=1)
    with database.begin() as session:
        settling.reap(session, now=again_at)
        [one] = claiming.claim(session, Channel.WECHAT, "s", 10, sending_hours=DAYTIME, now=again_at)
        result = SendResult(one.id, one.fence, SendOutcome.ACCEPTED, one.kind, msgid=MSGID)
        settling.finish(session, Channel.WECHAT, [result], sending_hours=DAYTIME, now=again_at)
    assert sweep(database, now=again_at + timedelta(seconds=1)) == 1
    assert row(database, delivery_id).state is DeliveryState.DELIVERED


@pytest.mark.parametrize("msgid", [MSGID, "0", ""])
def test_receipt_settles_the_single_unanswered_message_of_its_person(database: Database, msgid: str) -> None:
    delivery_id, openid = sent(database, SendOutcome.UNKNOWN)
    arrive(database, openid, msgid=msgid)
    assert sweep(database) == 1
    after = row(database, delivery_id)
    assert (after.state, after.ambiguous_since) == (DeliveryState.DELIVERED, None)
    assert after.provider_msgid == (MSGID if msgid == MSGID else None)


def test_receipt_with_a_strange_id_does_not_settle_an_accepted_message(database: Database) -> None:
    delivery_id, openid = sent(database, SendOutcome.ACCEPTED)
    arrive(database, openid, msgid="3500000000000000999")
    assert sweep(database) == 0
    assert row(database, delivery_id).state is DeliveryState.ACCEPTED


def test_receipt_of_another_person_settles_nothing(database: Database) -> None:
    delivery_id, _ = sent(database, SendOutcome.UNKNOWN)
    arrive(database, "o-somebody-else")
    assert sweep(database) == 0
    assert row(database, delivery_id).state is DeliveryState.UNKNOWN


def test_receipt_older_than_the_claim_settles_nothing(database: Database) -> None:
    delivery_id, openid = sent(database, SendOutcome.UNKNOWN)
    arrive(database, openid, now=NOW - timedelta(seconds=1))
    assert sweep(database) == 0
    assert row(database, delivery_id).state is DeliveryState.UNKNOWN


def test_late_receipt_settles_a_message_that_a_person_looks_at(database: Database) -> None:
    delivery_id, openid = sent(database, SendOutcome.UNKNOWN)
    with database.begin() as session:
        session.get_one(Delivery, delivery_id).epoch = 1
        session.execute(update(DeliveryAttempt).values(epoch=1))
    much_later = NOW + WINDOW + GRACE + timedelta(minutes=1)
    with database.begin() as session:
        settling.expire_unknown(session, now=much_later)
    assert row(database, delivery_id).state is DeliveryState.REVIEW
    arrive(database, openid, now=much_later)
    assert sweep(database, now=much_later) == 1
    assert row(database, delivery_id).state is DeliveryState.DELIVERED


def test_answer_after_the_receipt_is_fenced(database: Database) -> None:
    delivery_id, openid = sent(database, None)
    with database.begin() as session:
        fence = session.get_one(Delivery, delivery_id).fence
        settling.reap(session, now=NOW + LEASE * 2)
    arrive(database, openid)
    sweep(database, now=NOW + LEASE * 2)
    with database.begin() as session:
        result = SendResult(delivery_id, fence, SendOutcome.PERSON_REFUSED, builders_queue.SINGLE)
        assert settling.finish(session, Channel.WECHAT, [result], sending_hours=DAYTIME, now=LATER) == 1
    assert row(database, delivery_id).state is DeliveryState.DELIVERED


def test_message_is_unconfirmed_after_a_day_and_delivered_by_a_later_receipt(database: Database) -> None:
    delivery_id, openid = sent(database, SendOutcome.ACCEPTED)
    a_day_on = NOW + timedelta(hours=24)
    with database.begin() as session:
        assert receipts.mark_unconfirmed(session, now=a_day_on - timedelta(seconds=1)) == 0
        assert receipts.mark_unconfirmed(session, now=a_day_on) == 1
    assert row(database, delivery_id).state is DeliveryState.UNCONFIRMED
    arrive(database, openid, now=a_day_on)
    sweep(database, now=a_day_on)
    assert row(database, delivery_id).state is DeliveryState.DELIVERED


def test_platform_failing_again_and_again_ends_in_a_call(database: Database) -> None:
    delivery_id, openid = sent(database, SendOutcome.ACCEPTED)
    with database.begin() as session:
        session.get_one(Delivery, delivery_id).epoch = 3
    arrive(database, openid, status="failed: system failed")
    sweep(database)
    after = row(database, delivery_id)
    assert (after.state, after.state_reason) == (DeliveryState.REFUSED, receipts.SYSTEM_FAILED)
    with database.read() as session:
        calls = select(func.count()).where(Delivery.channel == Channel.PHONE)
        assert session.execute(calls).scalar_one() == 1


def test_many_receipts_are_matched_at_once(database: Database) -> None:
    told = [sent(database, SendOutcome.ACCEPTED, msgid=f"35000000000000000{n:02d}") for n in range(5)]
    for n, (_, openid) in enumerate(told):
        arrive(database, openid, msgid=f"35000000000000000{n:02d}")
    assert sweep(database) == 5
    assert {row(database, delivery_id).state for delivery_id, _ in told} == {DeliveryState.DELIVERED}


def test_foreign_receipts_leave_the_inbox_after_two_days(database: Database) -> None:
    arrive(database, "o-somebody-else", now=NOW)
    sweep(database, now=NOW + timedelta(hours=49))
    with database.read() as session:
        event = session.execute(select(ProviderEvent)).scalar_one()
    assert event.matched_at is not None
    assert event.matched_delivery_id is None
