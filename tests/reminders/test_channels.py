"""Channels beside the template message: asked before repeated, capped, refused, and followed by the next."""

import hashlib
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select, update

from reminders import claiming, deliveries, holders, receipts, settling, sms_refusals, sms_replies
from reminders.claiming import ClaimedDelivery
from reminders.db import Database
from reminders.rules.delivery_rules import GRACE, WINDOW, ReceiptStatus, SendOutcome, SendResult
from reminders.rules.lifecycle import Channel, DeliveryState, GrantState, RefusedHow
from reminders.settling.expiring import UNANSWERED_TWICE
from reminders.tables.bindings import SubscriptionGrant
from reminders.tables.deliveries import Delivery, ProviderEvent, Reminder, SmsReply
from reminders.tables.holders import Contact, SmsRefusal
from tests import builders, builders_channels, builders_queue
from tests.builders import NOW
from tests.builders_queue import DAYTIME

SMS, NOTICE, PHONE, LETTER = Channel.SMS, Channel.SUBSCRIPTION, Channel.PHONE, Channel.LETTER
PHONE_NUMBER = "13800009999"
TRIES = (timedelta(0), timedelta(seconds=80), timedelta(seconds=300), timedelta(seconds=1100))


def texted(database: Database, *, number: int = 1, cap: int | None = None) -> list[int]:
    with database.begin() as session:
        builders_channels.open_all(session, sms_a_day=cap)
        return [builders_channels.sms(session).id for _ in range(number)]


def claim(database: Database, channel: Channel = SMS, *, now: datetime = NOW) -> list[ClaimedDelivery]:
    with database.begin() as session:
        return claiming.claim(session, channel, "s", 10, sending_hours=DAYTIME, now=now)


def settle(
    database: Database, one: ClaimedDelivery, outcome: SendOutcome, *, now: datetime = NOW, code: str = ""
) -> None:
    msgid = "b-1" if outcome is SendOutcome.ACCEPTED else None
    result = SendResult(one.id, one.fence, outcome, one.kind, code=code, msgid=msgid)
    with database.begin() as session:
        settling.finish(session, one.channel, [result], sending_hours=DAYTIME, now=now)


def row(database: Database, delivery_id: int) -> Delivery:
    with database.read() as session:
        return session.get_one(Delivery, delivery_id)


def travelling(database: Database) -> list[tuple[Channel, DeliveryState]]:
    with database.read() as session:
        found = session.execute(select(Delivery.channel, Delivery.state).order_by(Delivery.id))
        return [(one.channel, one.state) for one in found]


def ask_in_vain(database: Database, *, since: datetime) -> ClaimedDelivery:
    """Sent without an answer, then asked about three times; the last claim."""
    [one] = claim(database, now=since)
    assert not one.is_repeat
    settle(database, one, SendOutcome.UNKNOWN, now=since)
    for pause in TRIES[1:]:
        [one] = claim(database, now=since + pause)
        assert one.is_repeat
        settle(database, one, SendOutcome.NOT_FOUND, now=since + pause)
    return one


def test_unanswered_sms_is_asked_about_after_a_minute_and_not_before(database: Database) -> None:
    [delivery_id] = texted(database)
    [one] = claim(database)
    settle(database, one, SendOutcome.UNKNOWN)
    assert claim(database, now=NOW + timedelta(seconds=47)) == []
    [again] = claim(database, now=NOW + timedelta(seconds=73))
    assert (again.is_repeat, again.client_msg_id) == (True, one.client_msg_id)
    settle(database, again, SendOutcome.ACCEPTED, now=NOW + timedelta(seconds=74))
    after = row(database, delivery_id)
    assert (after.state, after.dup_risk, after.epoch) == (DeliveryState.ACCEPTED, False, 0)


def test_sms_that_nobody_knows_is_sent_once_more_and_then_a_person_calls(database: Database) -> None:
    [delivery_id] = texted(database)
    ask_in_vain(database, since=NOW)
    after = row(database, delivery_id)
    assert (after.state, after.epoch, after.dup_risk) == (DeliveryState.READY, 1, True)
    ask_in_vain(database, since=NOW + timedelta(hours=1))
    after = row(database, delivery_id)
    assert (after.state, after.state_reason) == (DeliveryState.REVIEW, UNANSWERED_TWICE)
    assert travelling(database) == [(SMS, DeliveryState.REVIEW), (PHONE, DeliveryState.READY)]


def test_late_report_upgrades_what_a_person_looks_at_and_takes_the_call_back(database: Database) -> None:
    with database.begin() as session:
        builders_channels.open_all(session)
        told = builders_channels.licensed(session, phone=PHONE_NUMBER)
        delivery_id = builders_channels.sms(session, license=told).id
    ask_in_vain(database, since=NOW)
    ask_in_vain(database, since=NOW + timedelta(hours=1))
    report(database, ReceiptStatus.SUCCESS, now=NOW + timedelta(hours=2))
    assert row(database, delivery_id).state is DeliveryState.DELIVERED
    assert travelling(database) == [(SMS, DeliveryState.DELIVERED), (PHONE, DeliveryState.CANCELLED)]


def report(database: Database, status: ReceiptStatus, *, now: datetime, msgid: str = "b-1") -> None:
    with database.begin() as session:
        deliveries.store_sms_report(
            session, provider="sandbox", phone=PHONE_NUMBER, msgid=msgid, status=status, now=now
        )
    with database.begin() as session:
        assert receipts.sweep(session, sending_hours=DAYTIME, now=now) == 1


@pytest.mark.parametrize(
    ("status", "reason", "then"),
    [
        (ReceiptStatus.WRONG_NUMBER, "wrong_number", LETTER),
        (ReceiptStatus.REFUSED, "refused_sms", PHONE),
    ],
)
def test_failed_report_closes_the_phone_and_moves_on(
    database: Database, status: ReceiptStatus, reason: str, then: Channel
) -> None:
    with database.begin() as session:
        builders_channels.open_all(session)
        told = builders_channels.licensed(session, phone=PHONE_NUMBER)
        delivery_id = builders_channels.sms(session, license=told).id
    [one] = claim(database)
    settle(database, one, SendOutcome.ACCEPTED)
    report(database, status, now=NOW + timedelta(seconds=30))
    after = row(database, delivery_id)
    assert (after.state, after.state_reason) == (DeliveryState.REFUSED, reason)
    assert travelling(database) == [(SMS, DeliveryState.REFUSED), (then, DeliveryState.READY)]
    with database.read() as session:
        wrong_at = session.execute(select(Contact.wrong_at)).scalar_one()
        refusals = session.execute(select(SmsRefusal.how)).scalars().all()
    assert (wrong_at is not None) == (status is ReceiptStatus.WRONG_NUMBER)
    assert refusals == ([RefusedHow.PROVIDER] if status is ReceiptStatus.REFUSED else [])


def test_who_wants_no_sms_is_called_until_they_change_their_mind(database: Database) -> None:
    [delivery_id] = texted(database)
    phone_hash = row(database, delivery_id).recipient_hash
    with database.begin() as session:
        assert sms_refusals.refuse(session, phone_hash, RefusedHow.REPLY, now=NOW)
        assert not sms_refusals.refuse(session, phone_hash, RefusedHow.REPLY, now=NOW)
    assert claim(database) == []
    assert travelling(database) == [(SMS, DeliveryState.UNDELIVERABLE), (PHONE, DeliveryState.READY)]
    with database.begin() as session:
        assert sms_refusals.accept_again(session, phone_hash)
        assert not sms_refusals.accept_again(session, phone_hash)


def test_reminders_by_sms_wait_for_the_morning_and_codes_do_not(database: Database) -> None:
    texted(database)
    with database.begin() as session:
        code_id = builders_queue.code(session).id
    night = NOW.replace(hour=12, minute=1)  # 20:01 in Weihai
    with database.begin() as session:
        session.get_one(Delivery, code_id).deadline_at = night + timedelta(minutes=10)
    assert [one.id for one in claim(database, now=night)] == [code_id]


def test_what_is_above_the_cap_of_the_day_is_told_by_phone(database: Database) -> None:
    first, second, third = texted(database, number=3, cap=2)
    assert sorted(one.id for one in claim(database)) == [first, second]
    assert claim(database) == []
    after = row(database, third)
    assert (after.state, after.state_reason) == (DeliveryState.UNDELIVERABLE, "daily_cap")
    assert [one for one in travelling(database) if one[0] is PHONE] == [(PHONE, DeliveryState.READY)]


def test_cap_counts_anew_on_the_next_day(database: Database) -> None:
    first, second = texted(database, number=2, cap=1)
    with database.begin() as session:
        session.get_one(Delivery, second).next_at = NOW + timedelta(days=1)
    assert [one.id for one in claim(database)] == [first]
    assert [one.id for one in claim(database, now=NOW + timedelta(days=1))] == [second]


def test_code_leaves_whatever_the_cap_says(database: Database) -> None:
    texted(database, number=0, cap=0)
    with database.begin() as session:
        code_id = builders_queue.code(session).id
    assert [one.id for one in claim(database)] == [code_id]


def noticed(database: Database) -> int:
    with database.begin() as session:
        builders_channels.open_all(session)
        person = builders.follower(session, is_following=False)
        builders_channels.grant(session, person)
        return builders_channels.notice(session, person).id


def test_notice_reaches_who_unfollowed_but_agreed(database: Database) -> None:
    delivery_id = noticed(database)
    assert [one.id for one in claim(database, NOTICE)] == [delivery_id]


def test_unanswered_notice_is_never_repeated_but_looked_at(database: Database) -> None:
    """The platform would show a second one; when no event told within its time, a person takes over."""
    delivery_id = noticed(database)
    [one] = claim(database, NOTICE)
    settle(database, one, SendOutcome.UNKNOWN)
    in_time = NOW + WINDOW + GRACE
    assert claim(database, NOTICE, now=in_time) == []
    with database.begin() as session:
        settling.expire_unknown(session, now=in_time + timedelta(seconds=1))
    after = row(database, delivery_id)
    assert (after.state, after.epoch, after.dup_risk) == (DeliveryState.REVIEW, 0, False)
    assert claim(database, NOTICE, now=in_time + timedelta(seconds=1)) == []
    assert travelling(database) == [(NOTICE, DeliveryState.REVIEW), (SMS, DeliveryState.READY)]


def test_refused_notice_uses_the_grant_up_and_moves_on(database: Database) -> None:
    noticed(database)
    [one] = claim(database, NOTICE)
    settle(database, one, SendOutcome.PERSON_REFUSED, code="43101")
    with database.read() as session:
        assert session.execute(select(SubscriptionGrant.state)).scalar_one() is GrantState.USED_UP
    assert travelling(database) == [(NOTICE, DeliveryState.UNDELIVERABLE), (SMS, DeliveryState.READY)]


def test_newest_word_about_a_grant_counts_whichever_arrives_last(database: Database) -> None:
    with database.begin() as session:
        openid = builders.follower(session).openid
        for state, minutes in ((GrantState.REJECTED, 2), (GrantState.ACCEPTED, 1)):
            moment = NOW + timedelta(minutes=minutes)
            holders.record_grant(session, openid, builders_channels.NOTICE, state, now=moment)
    with database.read() as session:
        assert session.execute(select(SubscriptionGrant.state)).scalar_one() is GrantState.REJECTED


def test_taken_back_grant_moves_its_notice_on(database: Database) -> None:
    noticed(database)
    with database.begin() as session:
        session.execute(select(SubscriptionGrant)).scalar_one().state = GrantState.REJECTED
    assert claim(database, NOTICE) == []
    assert travelling(database) == [(NOTICE, DeliveryState.UNDELIVERABLE), (SMS, DeliveryState.READY)]


def test_reminder_walks_the_whole_chain_and_is_never_lost(database: Database) -> None:
    """Template refused, notice refused, SMS to a wrong number: then a letter, for the phone is wrong too."""
    with database.begin() as session:
        builders_channels.open_all(session)
        person = builders.follower(session)
        builders_channels.grant(session, person)
        told = builders_channels.licensed(session, follower=person, phone=PHONE_NUMBER)
        message = builders_queue.delivery(session, follower=person, licenses=0)
        builders_queue.add_item(session, message, told)
    for channel, code in ((Channel.WECHAT, "43004"), (NOTICE, "43101")):
        [one] = claim(database, channel)
        settle(database, one, SendOutcome.PERSON_REFUSED, code=code)
    [one] = claim(database)
    settle(database, one, SendOutcome.ACCEPTED)
    report(database, ReceiptStatus.WRONG_NUMBER, now=NOW + timedelta(minutes=1))
    assert [channel for channel, _ in travelling(database)] == [Channel.WECHAT, NOTICE, SMS, LETTER]
    with database.read() as session:
        assert not session.execute(select(Reminder.has_no_channel)).scalar_one()


def told_by_template(database: Database) -> ClaimedDelivery:
    """A template message accepted this morning, and a notice to the same person about something else."""
    with database.begin() as session:
        builders_channels.open_all(session)
        person = builders.follower(session)
        builders_channels.grant(session, person)
        builders_queue.delivery(session, follower=person)
        builders_channels.notice(session, person)
    [one] = claim(database, Channel.WECHAT)
    settle(database, one, SendOutcome.ACCEPTED)
    return one


def test_notice_waits_for_tomorrow_when_a_template_message_told_today(database: Database) -> None:
    told_by_template(database)
    assert claim(database, NOTICE) == []
    assert len(claim(database, NOTICE, now=NOW + timedelta(days=1))) == 1


def test_notice_leaves_today_when_the_template_message_was_refused(database: Database) -> None:
    one = told_by_template(database)
    with database.begin() as session:
        session.get_one(Delivery, one.id).state = DeliveryState.REFUSED
    assert len(claim(database, NOTICE)) == 1


@pytest.mark.parametrize("status", [ReceiptStatus.SYSTEM_FAILED, ReceiptStatus.FREQ_LIMIT])
def test_code_that_failed_is_over(database: Database, status: ReceiptStatus) -> None:
    """Whoever waits for it asks for another; sent again an hour later it would open nothing."""
    with database.begin() as session:
        builders_channels.open_all(session)
        code = builders_queue.code(session, phone=PHONE_NUMBER)
        delivery_id = code.id
    [one] = claim(database)
    settle(database, one, SendOutcome.ACCEPTED)
    report(database, status, now=NOW + timedelta(seconds=5))
    assert row(database, delivery_id).state is DeliveryState.REFUSED
    assert claim(database, now=NOW + timedelta(days=1)) == []


def test_report_is_kept_under_a_keyed_digest(database: Database) -> None:
    """Eleven digits behind a plain digest are found in an hour."""
    with database.begin() as session:
        told = {"provider": "sandbox", "phone": PHONE_NUMBER, "msgid": "m", "status": ReceiptStatus.SUCCESS}
        assert deliveries.store_sms_report(session, **told, now=NOW)
        assert not deliveries.store_sms_report(session, **told, now=NOW)
        kept = session.execute(select(ProviderEvent.digest)).scalar_one()
        words = "\n".join(("sandbox", PHONE_NUMBER, "m", str(ReceiptStatus.SUCCESS)))
        assert kept != hashlib.sha256(words.encode()).hexdigest()


def test_read_replies_are_forgotten_and_unread_ones_kept(database: Database) -> None:
    with database.begin() as session:
        sms_replies.take(session, PHONE_NUMBER, "示例：已经办好", now=NOW)
        sms_replies.take(session, PHONE_NUMBER, "示例：还没有", now=NOW)
        session.execute(update(SmsReply).where(SmsReply.id == 1).values(read_at=NOW))
        sms_replies.forget_old(session, now=NOW + timedelta(days=89))
        assert session.execute(select(func.count()).select_from(SmsReply)).scalar_one() == 2
        sms_replies.forget_old(session, now=NOW + timedelta(days=91))
        assert session.execute(select(SmsReply.id)).scalars().all() == [2]
