"""Settling: where a message stands after each answer, and that a late answer changes nothing."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select, update

from reminders import brakes, claiming, deliveries, settling
from reminders.db import Database
from reminders.rules.delivery_rules import (
    GRACE,
    LEASE,
    WINDOW,
    MessageKind,
    SendOutcome,
    SendResult,
)
from reminders.rules.lifecycle import Channel, DeliveryState
from reminders.rules.permissions import system
from reminders.tables.bindings import Follower
from reminders.tables.deliveries import Circuit, Delivery, DeliveryAttempt, DeliveryItem, Reminder
from reminders.tables.ledger import License
from tests import builders, builders_queue
from tests.builders import NOW
from tests.builders_queue import DAYTIME

LATER = NOW + timedelta(seconds=2)


def claimed(database: Database, *, licenses: int = 1, now: datetime = NOW) -> SendResult:
    """A message just claimed, as the result its sender starts from."""
    with database.begin() as session:
        if session.execute(select(func.count()).select_from(Delivery)).scalar_one() == 0:
            builders_queue.delivery(session, licenses=licenses)
    with database.begin() as session:
        [one] = claiming.claim(session, Channel.WECHAT, "sender-1", 10, sending_hours=DAYTIME, now=now)
    return SendResult(one.id, one.fence, SendOutcome.UNKNOWN, one.kind)


def settle(
    database: Database, before: SendResult, outcome: SendOutcome, *, now: datetime = LATER, code: str = ""
) -> Delivery:
    msgid = "3500000000000000001" if outcome is SendOutcome.ACCEPTED else None
    result = SendResult(
        before.delivery_id, before.fence, outcome, before.kind, code=code, rid="r-1", msgid=msgid
    )
    with database.begin() as session:
        settling.finish(session, Channel.WECHAT, [result], sending_hours=DAYTIME, now=now)
    with database.read() as session:
        return session.get_one(Delivery, before.delivery_id)


@pytest.mark.parametrize(
    ("outcome", "state"),
    [
        (SendOutcome.ACCEPTED, DeliveryState.ACCEPTED),
        (SendOutcome.NOT_SENT, DeliveryState.READY),
        (SendOutcome.NOT_TODAY, DeliveryState.READY),
        (SendOutcome.ACCOUNT_FAULT, DeliveryState.READY),
        (SendOutcome.QUOTA, DeliveryState.READY),
        (SendOutcome.PERSON_REFUSED, DeliveryState.UNDELIVERABLE),
        (SendOutcome.UNSAYABLE, DeliveryState.UNDELIVERABLE),
        (SendOutcome.CONFIG_FAULT, DeliveryState.BLOCKED),
        (SendOutcome.UNKNOWN, DeliveryState.UNKNOWN),
    ],
)
def test_each_outcome_leads_to_its_state(
    database: Database, outcome: SendOutcome, state: DeliveryState
) -> None:
    after = settle(database, claimed(database), outcome, code="1")
    assert after.state is state
    assert (after.lease_until, after.lease_owner) == (None, None)
    assert (after.ambiguous_since == NOW) == (state is DeliveryState.UNKNOWN)
    assert (after.final_at is not None) == (state is DeliveryState.UNDELIVERABLE)
    with database.read() as session:
        attempt = session.execute(select(DeliveryAttempt)).scalar_one()
    assert (attempt.result, attempt.errcode, attempt.rid, attempt.ended_at) == (outcome, "1", "r-1", LATER)


@pytest.mark.parametrize(
    "outcome",
    [
        SendOutcome.NOT_SENT,
        SendOutcome.NOT_TODAY,
        SendOutcome.QUOTA,
        SendOutcome.ACCOUNT_FAULT,
        SendOutcome.CONFIG_FAULT,
    ],
)
def test_message_stays_unanswered_when_only_a_later_try_certainly_failed(
    database: Database, outcome: SendOutcome
) -> None:
    first = settle(database, claimed(database), SendOutcome.UNKNOWN)
    again = claimed(database, now=NOW + timedelta(seconds=10))
    assert again.delivery_id == first.id
    after = settle(database, again, outcome, now=NOW + timedelta(seconds=11))
    assert (after.state, after.ambiguous_since) == (DeliveryState.UNKNOWN, NOW)
    assert after.client_msg_id == first.client_msg_id


def test_unanswered_message_becomes_accepted_by_its_repeat(database: Database) -> None:
    settle(database, claimed(database), SendOutcome.UNKNOWN)
    after = settle(database, claimed(database, now=NOW + timedelta(seconds=10)), SendOutcome.ACCEPTED)
    assert (after.state, after.ambiguous_since, after.dup_risk) == (DeliveryState.ACCEPTED, None, False)


def test_late_answer_changes_nothing_after_the_lease_was_taken_back(database: Database) -> None:
    before = claimed(database)
    after_lease = NOW + LEASE + timedelta(seconds=1)
    with database.begin() as session:
        assert settling.reap(session, now=after_lease) == 1
    for outcome in SendOutcome:
        if outcome is SendOutcome.ABANDONED:
            continue
        after = settle(database, before, outcome, now=after_lease)
        assert (after.state, after.fence, after.ambiguous_since) == (DeliveryState.UNKNOWN, 2, NOW)
    with database.read() as session:
        assert session.execute(select(DeliveryAttempt.result)).scalar_one() == settling.FENCED
        assert session.execute(select(func.count()).select_from(Circuit)).scalar_one() == 0
        assert session.execute(select(Follower.push_stopped_at)).scalar_one() is None


def test_late_answer_does_not_settle_the_next_claim_of_the_same_message(database: Database) -> None:
    slow = claimed(database)
    with database.begin() as session:
        settling.reap(session, now=NOW + LEASE * 2)
    quick = claimed(database, now=NOW + LEASE * 2)
    assert quick.delivery_id == slow.delivery_id
    assert settle(database, slow, SendOutcome.PERSON_REFUSED).state is DeliveryState.SENDING
    assert settle(database, quick, SendOutcome.ACCEPTED).state is DeliveryState.ACCEPTED


def test_lease_is_not_taken_back_before_it_ends(database: Database) -> None:
    claimed(database)
    with database.begin() as session:
        assert settling.reap(session, now=NOW + LEASE) == 0


def test_abandoned_message_is_left_to_the_reaper(database: Database) -> None:
    after = settle(database, claimed(database), SendOutcome.ABANDONED)
    assert (after.state, after.fence) == (DeliveryState.SENDING, 1)


def test_unanswered_message_gets_one_new_id_and_then_a_person(database: Database) -> None:
    first = settle(database, claimed(database), SendOutcome.UNKNOWN)
    much_later = NOW + WINDOW + GRACE + timedelta(seconds=1)
    assert _expire(database, much_later - timedelta(seconds=2)) == 0
    assert _expire(database, much_later) == 1
    second = claimed(database, now=much_later)
    assert second.delivery_id == first.id
    after = settle(database, second, SendOutcome.UNKNOWN, now=much_later)
    assert (after.client_msg_id, after.epoch, after.dup_risk) == (f"d{first.id}e1", 1, True)
    assert _expire(database, much_later + WINDOW + GRACE + timedelta(seconds=1)) == 1
    with database.read() as session:
        assert session.get_one(Delivery, first.id).state is DeliveryState.REVIEW
        assert _calls(database) == 1


def test_refused_person_is_called_instead_and_not_written_to_again(database: Database) -> None:
    settle(database, claimed(database, licenses=2), SendOutcome.PERSON_REFUSED, code="43004")
    with database.read() as session:
        person = session.execute(select(Follower)).scalar_one()
        items = session.execute(
            select(DeliveryItem.recipient_ref).where(DeliveryItem.channel == Channel.PHONE)
        ).scalars()
        contacts = session.execute(select(License.contact_id)).scalars()
        assert sorted(items) == sorted(f"c{contact_id}" for contact_id in contacts)
    assert (person.push_stopped_at, person.push_stopped_reason) == (LATER, "43004")
    assert _calls(database) == 2


def test_reminder_is_marked_when_there_is_nobody_to_call_either(database: Database) -> None:
    with database.begin() as session:
        builders_queue.delivery(session, with_contact=False)
    settle(database, claimed(database), SendOutcome.PERSON_REFUSED)
    assert _calls(database) == 0
    with database.read() as session:
        assert session.execute(select(Reminder.has_no_channel)).scalar_one() is True


def test_nobody_is_called_while_a_colleague_still_gets_the_message(database: Database) -> None:
    with database.begin() as session:
        first = builders_queue.delivery(session)
        reminder_id = session.execute(select(DeliveryItem.reminder_id)).scalar_one()
        colleague = builders_queue.delivery(session, licenses=0, next_at=NOW + timedelta(hours=1))
        session.add(
            DeliveryItem(
                delivery_id=colleague.id,
                reminder_id=reminder_id,
                channel=Channel.WECHAT,
                recipient_ref=f"f{colleague.follower_id}",
            )
        )
        assert first.id != colleague.id
    settle(database, claimed(database), SendOutcome.PERSON_REFUSED)
    assert _calls(database) == 0


def test_two_failures_of_one_day_share_one_call(database: Database) -> None:
    with database.begin() as session:
        for _ in range(2):
            builders_queue.delivery(session)
        contact_id = builders.contact(session).id
        session.execute(update(License).values(contact_id=contact_id))
    with database.begin() as session:
        found = claiming.claim(session, Channel.WECHAT, "s", 10, sending_hours=DAYTIME, now=NOW)
    for one in found:
        settle(
            database, SendResult(one.id, one.fence, SendOutcome.UNKNOWN, one.kind), SendOutcome.PERSON_REFUSED
        )
    assert _calls(database) == 1


@pytest.mark.parametrize(
    ("outcome", "name", "until"),
    [
        (SendOutcome.CONFIG_FAULT, "wechat:single", None),
        (SendOutcome.ACCOUNT_FAULT, "wechat", LATER + timedelta(minutes=10)),
        (SendOutcome.QUOTA, "wechat", NOW.replace(hour=16)),
    ],
)
def test_circuit_opens_for_faults_that_are_nobody_elses(
    database: Database, outcome: SendOutcome, name: str, until: datetime | None
) -> None:
    settle(database, claimed(database), outcome, code="47003")
    with database.read() as session:
        circuit = session.execute(select(Circuit)).scalar_one()
    assert (circuit.name, circuit.until, circuit.reason) == (name, until, "47003 r-1")


def test_blocked_message_leaves_when_a_person_closes_the_circuit(database: Database) -> None:
    before = claimed(database)
    settle(database, before, SendOutcome.CONFIG_FAULT)
    with database.begin() as session:
        assert deliveries.close_circuit(session, "wechat:single", actor=system("test"), now=LATER) == 1
    assert claimed(database, now=LATER).delivery_id == before.delivery_id


def test_fresh_sends_rest_when_nothing_answers(database: Database) -> None:
    with database.begin() as session:
        for _ in range(12):
            builders_queue.delivery(session)
    with database.begin() as session:
        found = claiming.claim(session, Channel.WECHAT, "s", 50, sending_hours=DAYTIME, now=NOW)
        results = [SendResult(c.id, c.fence, SendOutcome.UNKNOWN, MessageKind.SINGLE) for c in found]
        settling.finish(session, Channel.WECHAT, results, sending_hours=DAYTIME, now=NOW)
        assert list(brakes.open_circuits(session, now=NOW)) == ["wechat:fresh"]
        assert brakes.open_circuits(session, now=NOW + timedelta(seconds=31)) == {}


def test_code_is_forgotten_once_it_left_or_ran_out(database: Database) -> None:
    with database.begin() as session:
        sent, late = builders_queue.code(session).id, builders_queue.code(session).id
        session.get_one(Delivery, late).next_at = NOW + timedelta(hours=1)
    with database.begin() as session:
        [one] = claiming.claim(session, Channel.SMS, "s", 10, sending_hours=DAYTIME, now=NOW)
        result = SendResult(one.id, one.fence, SendOutcome.ACCEPTED, one.kind, msgid="b-1")
        settling.finish(session, Channel.SMS, [result], sending_hours=DAYTIME, now=NOW)
        assert settling.expire_codes(session, now=NOW + timedelta(minutes=10)) == 1
    with database.read() as session:
        rows = {row.id: row for row in session.execute(select(Delivery)).scalars()}
    assert (rows[sent].state, rows[late].state) == (DeliveryState.ACCEPTED, DeliveryState.UNDELIVERABLE)
    assert {row.payload_cipher for row in rows.values()} == {None}
    assert {row.final_at is None for row in rows.values()} == {False}


def _expire(database: Database, now: datetime) -> int:
    with database.begin() as session:
        return settling.expire_unknown(session, now=now)


def _calls(database: Database) -> int:
    with database.read() as session:
        return session.execute(
            select(func.count()).where(
                Delivery.channel == Channel.PHONE, Delivery.state == DeliveryState.READY
            )
        ).scalar_one()
