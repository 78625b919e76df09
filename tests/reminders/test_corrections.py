"""A correction reaches exactly those who were told wrongly, once, and cancels what still waits."""

import threading
from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from reminders import audit, brakes, claiming, corrections, settling
from reminders.books import day_books, standings
from reminders.claiming import ClaimedDelivery
from reminders.corrections import Batch
from reminders.db import Database
from reminders.errors import Conflict, Invalid, NotFound
from reminders.rules.delivery_rules import MessageKind, SendOutcome, SendResult
from reminders.rules.lifecycle import (
    BatchKind,
    Channel,
    DeliveryState,
    Purpose,
    QuietUntil,
    ReminderState,
)
from reminders.rules.permissions import operator
from reminders.tables.bindings import Follower
from reminders.tables.corrections import Correction, CorrectionItem
from reminders.tables.deliveries import Delivery, Reminder
from tests import builders, builders_queue
from tests.builders import CLOCK, NOW
from tests.builders_corrections import LATER, NOT_TOLD, TOLD, WORDS, WrongRun, settle, wrong_run
from tests.builders_queue import DAYTIME

PERSON = operator("tester")
TONIGHT = NOW.replace(hour=13)  # 21:00 in Weihai


def made(database: Database, states: tuple[DeliveryState, ...] = TOLD + NOT_TOLD) -> WrongRun:
    with database.begin() as session:
        return wrong_run(session, states=states)


def correct(
    database: Database, batch: Batch, confirmed: int, *, words: str = WORDS, stops: bool = False
) -> int:
    with database.begin() as session:
        return corrections.correct(
            session,
            batch,
            words,
            confirmed=confirmed,
            stops_waiting=stops,
            sending_hours=DAYTIME,
            actor=PERSON,
            now=LATER,
        )


def claim(database: Database, channel: Channel = Channel.WECHAT) -> list[ClaimedDelivery]:
    with database.begin() as session:
        return claiming.claim(session, channel, "sender-1", 100, sending_hours=DAYTIME, now=LATER)


def finish(
    database: Database, claimed: ClaimedDelivery, outcome: SendOutcome = SendOutcome.ACCEPTED, code: str = ""
) -> None:
    with database.begin() as session:
        result = SendResult(
            claimed.id, claimed.fence, outcome, claimed.kind, code=code, msgid=f"c{claimed.id}"
        )
        settling.finish(session, claimed.channel, [result], sending_hours=DAYTIME, now=LATER)


def wrong_of(database: Database) -> dict[int, int]:
    """Message of a correction → the wrong message it puts right."""
    with database.read() as session:
        found = session.execute(select(CorrectionItem.delivery_id, CorrectionItem.told_delivery_id))
        return {row.delivery_id or 0: row.told_delivery_id for row in found}


def states(database: Database) -> dict[int, DeliveryState]:
    with database.read() as session:
        return dict(session.execute(select(Delivery.id, Delivery.state)).all())


@pytest.mark.parametrize("by", ["batch", "day"])
def test_exactly_those_who_may_have_been_told_are_told_that_it_was_wrong(database: Database, by: str) -> None:
    wrong = made(database)
    batch: Batch = getattr(wrong, by)
    with database.read() as session:
        seen = corrections.preview(session, batch, actor=PERSON)
    assert (seen.people, seen.licenses, seen.channels) == (len(TOLD), len(TOLD), {Channel.WECHAT: len(TOLD)})
    assert seen.waiting == 1 and len(seen.sample) == len(TOLD)
    correct(database, batch, len(TOLD))
    claimed = claim(database)
    sent = [one for one in claimed if one.kind is MessageKind.CORRECTION]
    assert {wrong_of(database)[one.id] for one in sent} == {wrong.by_state[state] for state in TOLD}
    with database.read() as session:
        told = corrections.contents(session, [one.id for one in sent])
        openids = {row.openid for row in told.values()}
    assert len(openids) == len(TOLD) and {row.sentence for row in told.values()} == {WORDS}


def test_second_correction_of_the_same_batch_sends_nothing_more(database: Database) -> None:
    wrong = made(database)
    correct(database, wrong.batch, len(TOLD))
    for batch, number in ((wrong.batch, len(TOLD)), (wrong.day, 0)):
        with pytest.raises(Conflict, match="没有再发"):
            correct(database, batch, number)
    with database.read() as session:
        assert session.execute(select(func.count(Correction.id))).scalar_one() == 1
        assert (
            session.execute(select(func.count()).where(Delivery.purpose == Purpose.CORRECTION)).scalar() == 4
        )


def test_two_corrections_at_the_same_moment_are_one(database: Database) -> None:
    wrong, outcomes = made(database), []
    start = threading.Barrier(2)

    def run() -> None:
        start.wait()
        try:
            outcomes.append(correct(database, wrong.batch, len(TOLD)))
        except Conflict as error:
            outcomes.append(error)

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(isinstance(outcome, int) for outcome in outcomes) == 1
    with database.read() as session:
        per_person = session.execute(
            select(func.count())
            .where(Delivery.purpose == Purpose.CORRECTION)
            .group_by(Delivery.recipient_hash)
        ).scalars()
        assert list(per_person) == [1] * len(TOLD)


def test_person_told_twice_by_one_channel_gets_one_message_about_both(database: Database) -> None:
    with database.begin() as session:
        person = builders.follower(session)
        wrong = wrong_run(
            session, states=(DeliveryState.DELIVERED, DeliveryState.ACCEPTED), make=lambda _: person
        )
    with database.read() as session:
        assert corrections.preview(session, wrong.batch, actor=PERSON).people == 1
    correct(database, wrong.batch, 1)
    [claimed] = claim(database)
    with database.read() as session:
        assert len(corrections.contents(session, [claimed.id])[claimed.id].lines) == 2


def test_number_that_was_not_looked_at_is_refused_and_nothing_is_written(database: Database) -> None:
    wrong = made(database)
    with pytest.raises(Conflict, match="4 人，和您填的 5 人"):
        correct(database, wrong.batch, 5)
    with database.read() as session:
        assert session.execute(select(func.count(CorrectionItem.id))).scalar_one() == 0
        assert session.execute(select(func.count(Correction.id))).scalar_one() == 0


@pytest.mark.parametrize("words", ["写错了", "期" * 21, "请看 http://a.cn/错", "打电话13800001234"])
def test_words_that_cannot_be_sent_are_refused(database: Database, words: str) -> None:
    wrong = made(database)
    with pytest.raises(Invalid):
        correct(database, wrong.batch, len(TOLD), words=words)


def test_kill_switch_quiet_hours_and_leases_hold_for_corrections(database: Database) -> None:
    wrong = made(database, TOLD)
    correct(database, wrong.batch, len(TOLD))
    with database.begin() as session:
        assert not claiming.claim(session, Channel.WECHAT, "s", 9, sending_hours=DAYTIME, now=TONIGHT)
        brakes.switch_sending(session, is_on=False, reason="x", actor=PERSON, now=NOW)
    assert claim(database) == []
    with database.begin() as session:
        brakes.switch_sending(session, is_on=True, reason="", actor=PERSON, now=NOW)
    claimed = claim(database)
    assert len(claimed) == len(TOLD) and claim(database) == []
    assert all(one.fence == 1 and one.client_msg_id == f"d{one.id}e0" for one in claimed)


def test_whoever_wants_quiet_until_noon_is_told_after_it(database: Database) -> None:
    wrong = made(database, TOLD)
    with database.begin() as session:
        session.execute(update(Follower).values(quiet_until=QuietUntil.NOON))
    correct(database, wrong.batch, len(TOLD))
    assert claim(database) == []  # 10:00 in Weihai
    with database.begin() as session:
        noon = NOW + timedelta(hours=3)
        assert len(claiming.claim(session, Channel.WECHAT, "s", 9, sending_hours=DAYTIME, now=noon)) == len(
            TOLD
        )


def test_correction_is_not_held_back_by_what_was_said_today_nor_holds_back(database: Database) -> None:
    with database.begin() as session:
        person = builders.follower(session)
        wrong = wrong_run(session, states=(DeliveryState.DELIVERED,), make=lambda _: person)
        tomorrow = NOW.date() + timedelta(days=1)
        builders_queue.delivery(session, follower=person, for_day=tomorrow)
    correct(database, wrong.batch, 1)
    [claimed] = claim(database)
    assert claimed.kind is MessageKind.CORRECTION
    assert claim(database) == []  # one unresolved message a person, of whatever purpose
    finish(database, claimed)
    with database.begin() as session:
        later = NOW + timedelta(days=1)
        [reminder] = claiming.claim(session, Channel.WECHAT, "s", 9, sending_hours=DAYTIME, now=later)
    assert reminder.kind is MessageKind.SINGLE


def test_correction_leaves_before_reminders_that_waited_longer(database: Database) -> None:
    wrong = made(database, (DeliveryState.DELIVERED,))
    with database.begin() as session:
        for _ in range(3):
            builders_queue.delivery(session, next_at=NOW)
    correct(database, wrong.batch, 1)
    with database.begin() as session:
        [first] = claiming.claim(session, Channel.WECHAT, "s", 1, sending_hours=DAYTIME, now=LATER)
    assert first.kind is MessageKind.CORRECTION


def test_message_under_way_is_put_right_only_when_it_may_have_arrived(database: Database) -> None:
    wrong = made(database, (DeliveryState.DELIVERED, DeliveryState.ACCEPTED))
    refused, arrived = wrong.by_state[DeliveryState.ACCEPTED], wrong.by_state[DeliveryState.DELIVERED]
    correct(database, wrong.batch, 2)
    with database.begin() as session:
        settle(session, session.get_one(Delivery, refused), DeliveryState.REFUSED)
    assert [wrong_of(database)[one.id] for one in claim(database)] == [arrived]
    with database.read() as session:
        dropped = session.execute(
            select(CorrectionItem.dropped_reason).where(CorrectionItem.told_delivery_id == refused)
        )
        assert dropped.scalar_one() == "never_told"


def test_stop_cancels_what_waits_and_what_would_be_said_again(database: Database) -> None:
    wrong = made(database, (DeliveryState.DELIVERED, DeliveryState.READY, DeliveryState.UNKNOWN))
    waiting, unknown = wrong.by_state[DeliveryState.READY], wrong.by_state[DeliveryState.UNKNOWN]
    correct(database, wrong.batch, 2, stops=True)
    assert states(database)[waiting] is DeliveryState.CANCELLED
    with database.read() as session:
        row = session.execute(select(Correction)).scalar_one()
        assert (row.people, row.messages, row.stopped) == (2, 2, 2)
        kept = session.execute(select(Reminder.state).order_by(Reminder.id)).scalars().all()
    assert kept == [ReminderState.OPEN, ReminderState.CANCELLED, ReminderState.CANCELLED]
    with database.begin() as session:
        settling.expire_unknown(session, now=LATER)
    claimed = claim(database) + claim(database)
    assert {wrong_of(database)[one.id] for one in claimed} == {
        wrong.by_state[DeliveryState.DELIVERED],
        unknown,
    }
    for one in claimed:
        finish(database, one)
    assert claim(database) == []  # the same words are not said a second time
    assert states(database)[unknown] is DeliveryState.CANCELLED


def test_stopped_reminder_does_not_travel_on_when_its_message_is_refused_later(database: Database) -> None:
    wrong = made(database, (DeliveryState.ACCEPTED,))
    correct(database, wrong.batch, 1, stops=True)
    with database.begin() as session:
        row = session.get_one(Delivery, wrong.by_state[DeliveryState.ACCEPTED])
        settle(session, row, DeliveryState.REFUSED)
        claiming.fallback.move_on(session, [row.id], now=LATER)
    with database.read() as session:
        assert session.execute(select(Reminder.state)).scalar_one() is ReminderState.CANCELLED
        assert session.execute(select(func.count()).where(Delivery.purpose == Purpose.REMINDER)).scalar() == 1


def test_waiting_messages_go_on_when_they_are_not_to_be_stopped(database: Database) -> None:
    wrong = made(database, (DeliveryState.DELIVERED, DeliveryState.READY))
    correct(database, wrong.batch, 1)
    assert {one.kind for one in claim(database)} == {MessageKind.CORRECTION, MessageKind.SINGLE}


def test_books_and_states_of_the_day_do_not_count_corrections(database: Database) -> None:
    wrong = made(database)
    with database.read() as session:
        before = day_books(session, NOW.date(), actor=CLOCK), standings(session, NOW.date(), actor=CLOCK)
    correction_id = correct(database, wrong.batch, len(TOLD))
    for claimed in claim(database):
        if claimed.kind is MessageKind.CORRECTION:
            finish(database, claimed)
    with database.read() as session:
        after = day_books(session, NOW.date(), actor=CLOCK), standings(session, NOW.date(), actor=CLOCK)
        [own] = corrections.books_of(session, correction_id)
    assert after[1] == before[1]
    assert sum(entry.planned for entry in after[0].entries) == sum(e.planned for e in before[0].entries)
    assert (own.planned, own.imbalance) == (len(TOLD), 0)


def test_correction_is_in_the_audit(database: Database) -> None:
    wrong = made(database)
    correct(database, wrong.batch, len(TOLD), stops=True)
    with database.read() as session:
        [entry] = [one for one in audit.entries(session) if one["action"] == "correction.send"]
    assert '"people": 4' in entry["detail"] and WORDS in entry["detail"]


def test_batch_that_does_not_exist_is_refused(database: Database) -> None:
    with database.read() as session:
        for batch, error in (
            (Batch(BatchKind.RUN, run_id=99), NotFound),
            (Batch(BatchKind.IMPORT, import_id=99), NotFound),
            (Batch(BatchKind.DAY, on=NOW.date(), entry_id=99), NotFound),
            (Batch(BatchKind.DAY), Invalid),
        ):
            with pytest.raises(error):
                corrections.preview(session, batch, actor=PERSON)
