"""Which batch is meant, by which road a correction goes on, and what the check code says of it."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from reminders import (
    answers,
    books,
    checking,
    claiming,
    corrections,
    deliveries,
    explaining,
    fallback,
    holders,
    receipts,
    settling,
)
from reminders.corrections import Batch
from reminders.db import Database
from reminders.rules import check_code
from reminders.rules.delivery_rules import SendOutcome, SendResult
from reminders.rules.lifecycle import (
    AnswerKind,
    BatchKind,
    CallOutcome,
    Channel,
    DeliveryState,
    ImportState,
    Purpose,
    RowAction,
    Stage,
)
from reminders.rules.permissions import operator
from reminders.tables.answers import Answer
from reminders.tables.bindings import Follower
from reminders.tables.corrections import CorrectionItem
from reminders.tables.deliveries import Delivery
from reminders.tables.ledger import ImportRow, LedgerImport, License
from tests import builders, builders_channels, builders_queue
from tests.builders import NOW
from tests.builders_corrections import LATER, WORDS, settle, wrong_run
from tests.builders_queue import DAYTIME

PERSON = operator("tester")
HOUR = timedelta(hours=1)


def put_right(session: Session, batch: Batch, *, people: int = 1, now: datetime = LATER) -> int:
    return corrections.correct(
        session,
        batch,
        WORDS,
        confirmed=people,
        stops_waiting=False,
        sending_hours=DAYTIME,
        actor=PERSON,
        now=now,
    )


def imported(session: Session, at: datetime, **rows: tuple[RowAction, License]) -> LedgerImport:
    """An accepted sheet that wrote these licenses."""
    made = LedgerImport(
        file_name="示例台账.xlsx",
        digest=f"{at.isoformat()}",
        state=ImportState.ACCEPTED,
        created_by="test",
        created_at=at,
        accepted_at=at,
    )
    session.add(made)
    session.flush()
    for position, (action, license) in enumerate(rows.values()):
        session.add(
            ImportRow(
                import_id=made.id,
                position=position,
                sheet="s",
                row_no=position,
                action=action,
                license_id=None if action is RowAction.NEW else license.id,
                content_cipher=b"",
            )
        )
        if action is RowAction.NEW:
            license.created_at = at
        if action is not RowAction.UNCHANGED:
            license.import_id = made.id
    session.flush()
    return made


def told(session: Session, license: License, at: datetime, *, stage: Stage = Stage.FIRST) -> int:
    """Told in WeChat at that moment."""
    row = builders_queue.delivery(
        session, licenses=0, for_day=at.date() - timedelta(days=stage is Stage.FIRST)
    )
    builders_queue.add_item(session, row, license, stage=stage)
    settle(session, row, DeliveryState.DELIVERED)
    row.intent_at = row.accepted_at = at
    session.flush()
    return row.id


def test_import_means_what_was_told_from_it_until_the_next_sheet(database: Database) -> None:
    with database.begin() as session:
        rows = [builders_queue.bound_license(session, builders.follower(session)) for _ in range(4)]
        before = told(session, rows[0], NOW - HOUR)
        wrong = imported(
            session,
            NOW,
            a=(RowAction.CHANGED, rows[0]),
            b=(RowAction.NEW, rows[1]),
            c=(RowAction.UNCHANGED, rows[2]),
            d=(RowAction.RENEWED, rows[3]),
        )
        meant = {told(session, row, NOW + HOUR, stage=Stage.LAST_CALL) for row in (rows[0], rows[1], rows[3])}
        told(session, rows[2], NOW + HOUR)
        imported(session, NOW + 2 * HOUR, a=(RowAction.CHANGED, rows[0]), b=(RowAction.CHANGED, rows[1]))
        told(session, rows[0], NOW + 3 * HOUR, stage=Stage.CLOSED)
        told(session, rows[1], NOW + 3 * HOUR, stage=Stage.CLOSED)
        batch = Batch(BatchKind.IMPORT, import_id=wrong.id)
    with database.begin() as session:
        assert corrections.preview(session, batch, actor=PERSON).people == 3
        put_right(session, batch, people=3, now=NOW + 4 * HOUR)
        wrong_ones = select(CorrectionItem.told_delivery_id)
        assert set(session.execute(wrong_ones).scalars()) == meant
        assert before not in meant


def correct(session: Session, entry_id: int) -> int:
    batch = Batch(BatchKind.DAY, on=NOW.date(), entry_id=entry_id)
    return put_right(session, batch)


def moved(session: Session) -> list[tuple[Channel, DeliveryState]]:
    found = select(Delivery.channel, Delivery.state).where(Delivery.purpose == Purpose.CORRECTION)
    return [(row.channel, row.state) for row in session.execute(found.order_by(Delivery.id))]


def fail(session: Session, channel: Channel) -> None:
    """The waiting correction of this channel reaches nobody."""
    waiting = select(Delivery).where(Delivery.purpose == Purpose.CORRECTION, Delivery.channel == channel)
    row = session.execute(waiting).scalar_one()
    row.state, row.final_at = DeliveryState.UNDELIVERABLE, LATER
    session.flush()
    fallback.move_on(session, [row.id], now=LATER)


def test_failed_correction_takes_the_next_channels_to_the_end_and_then_a_person(database: Database) -> None:
    with database.begin() as session:
        builders_channels.open_all(session)
        person = builders.follower(session)
        builders_channels.grant(session, person)
        license = builders_channels.licensed(session, follower=person, method=Channel.BUSINESS_SYSTEM)
        told(session, license, NOW)
        session.execute(select(Delivery)).scalar_one().follower_id = person.id
        correct(session, license.catalogue_entry_id)
        steps = [Channel.WECHAT, Channel.SUBSCRIPTION, Channel.BUSINESS_SYSTEM, Channel.SMS, Channel.PHONE]
        for channel in (*steps, Channel.LETTER):
            assert moved(session)[-1] == (channel, DeliveryState.READY)
            fail(session, channel)
        assert len(moved(session)) == 6
        [waits] = corrections.by_hand(session, actor=PERSON, now=LATER).lines
        assert waits.is_failed and waits.channel is Channel.LETTER
        corrections.record_by_hand(session, waits.delivery_id, CallOutcome.TOLD, actor=PERSON, now=LATER)
        assert corrections.by_hand(session, actor=PERSON, now=LATER).total == 0


def test_correction_of_an_sms_never_goes_to_a_follower_who_was_not_told(database: Database) -> None:
    with database.begin() as session:
        builders_channels.open_all(session)
        license = builders_channels.licensed(session, follower=builders.follower(session))
        settle(session, builders_channels.sms(session, license=license), DeliveryState.DELIVERED)
        correct(session, license.catalogue_entry_id)
        fail(session, Channel.SMS)
        assert moved(session)[-1] == (Channel.PHONE, DeliveryState.READY)


def test_call_that_nobody_answers_is_tried_three_times_then_written(database: Database) -> None:
    with database.begin() as session:
        license = builders_channels.licensed(session)
        row = builders_channels.sms(session, license=license)
        settle(session, row, DeliveryState.DELIVERED)
        row.channel, row.outcome = Channel.PHONE, CallOutcome.TOLD
        session.flush()
        correct(session, license.catalogue_entry_id)
        call = session.execute(select(Delivery).where(Delivery.purpose == Purpose.CORRECTION)).scalar_one()
        for tries in range(3):
            at = LATER + timedelta(days=tries)
            outcome = CallOutcome.NO_ANSWER
            corrections.record_by_hand(session, call.id, outcome, actor=PERSON, now=at)
        letter = (Channel.LETTER, DeliveryState.READY)
        assert moved(session) == [(Channel.PHONE, DeliveryState.UNDELIVERABLE), letter]


def test_call_that_told_nobody_is_not_put_right(database: Database) -> None:
    with database.begin() as session:
        license = builders_channels.licensed(session)
        row = builders_channels.sms(session, license=license)
        settle(session, row, DeliveryState.UNDELIVERABLE)
        row.channel, row.outcome = Channel.PHONE, CallOutcome.NO_ANSWER
        session.flush()
        batch = Batch(BatchKind.DAY, on=NOW.date(), entry_id=license.catalogue_entry_id)
        assert corrections.preview(session, batch, actor=PERSON).people == 0


@pytest.mark.parametrize("in_review", [True, False])
def test_receipt_without_a_known_id_is_never_given_to_the_wrong_one(
    database: Database, in_review: bool
) -> None:
    """The wrong message in review may be meant as well as the unanswered correction: none is settled."""
    state = DeliveryState.REVIEW if in_review else DeliveryState.DELIVERED
    with database.begin() as session:
        wrong = wrong_run(session, states=(state,))
        put_right(session, wrong.batch)
        row = session.get_one(Delivery, wrong.by_state[state])
        openid = session.get_one(Follower, row.follower_id).openid
    with database.begin() as session:
        [one] = claiming.claim(session, Channel.WECHAT, "s", 9, sending_hours=DAYTIME, now=LATER)
        result = SendResult(one.id, one.fence, SendOutcome.UNKNOWN, one.kind, code="timeout")
        settling.finish(session, Channel.WECHAT, [result], sending_hours=DAYTIME, now=LATER)
    with database.begin() as session:
        soon = LATER + timedelta(seconds=5)
        deliveries.store_receipt(session, openid=openid, msgid="777", status="success", digest="d", now=soon)
        receipts.sweep(session, sending_hours=DAYTIME, now=soon)
    with database.read() as session:
        now = session.get_one(Delivery, one.id).state
    assert now is (DeliveryState.UNKNOWN if in_review else DeliveryState.DELIVERED)


def test_answer_of_the_holder_stands_and_the_correction_is_said_all_the_same(database: Database) -> None:
    with database.begin() as session:
        wrong = wrong_run(session, states=(DeliveryState.DELIVERED,))
        correction_id = put_right(session, wrong.batch)
        follower, license = (session.execute(select(table)).scalar_one() for table in (Follower, License))
        answers.give(session, follower.id, license.id, AnswerKind.APPLIED, now=LATER)
        [one] = claiming.claim(session, Channel.WECHAT, "s", 9, sending_hours=DAYTIME, now=LATER)
        result = SendResult(one.id, one.fence, SendOutcome.ACCEPTED, one.kind, msgid="1")
        settling.finish(session, Channel.WECHAT, [result], sending_hours=DAYTIME, now=LATER)
        assert corrections.one(session, correction_id, actor=PERSON).open == 1  # its receipt is awaited
        assert session.execute(select(Answer.rests)).scalar_one()
        words = [event.words for event in holders.timeline(session, follower.openid, license.id)]
        assert f"更正：{WORDS}" in words
        told_of = explaining.explain(session, license.license_no or "", NOW.date(), now=LATER).lines()
        assert any(f"后来更正：{WORDS}" in line for line in told_of)


def test_correction_above_the_cap_of_the_day_waits_for_the_next_one(database: Database) -> None:
    with database.begin() as session:
        builders_channels.open_all(session, sms_a_day=1)
        licenses = [builders_channels.licensed(session) for _ in range(2)]
        for license in licenses:
            settle(session, builders_channels.sms(session, license=license), DeliveryState.DELIVERED)
            correct(session, license.catalogue_entry_id)
    for times in (1, 0):
        with database.begin() as session:
            found = claiming.claim(session, Channel.SMS, "s", 9, sending_hours=DAYTIME, now=LATER)
            assert len(found) == times
    with database.begin() as session:
        assert not deliveries.due(session, sending_hours=DAYTIME, now=LATER)
        morning = LATER + timedelta(days=1)
        assert len(claiming.claim(session, Channel.SMS, "s", 9, sending_hours=DAYTIME, now=morning)) == 1
        assert {channel for channel, _ in moved(session)} == {Channel.SMS}


def test_unanswered_correction_goes_on_only_when_a_person_says_so(database: Database) -> None:
    with database.begin() as session:
        license = builders_channels.licensed(session)
        settle(session, builders_channels.sms(session, license=license), DeliveryState.DELIVERED)
        correct(session, license.catalogue_entry_id)
        row = session.execute(select(Delivery).where(Delivery.purpose == Purpose.CORRECTION)).scalar_one()
        row.state, row.ambiguous_since = DeliveryState.REVIEW, LATER
        session.flush()
        fallback.move_on(session, [row.id], now=LATER)
        assert moved(session) == [(Channel.SMS, DeliveryState.REVIEW)]
        [line] = books.stuck(session, actor=PERSON).lines
        assert line.is_correction and line.licenses == 1
        books.decide_review(session, row.id, was_received=False, actor=PERSON, now=LATER)
        assert moved(session)[-1] == (Channel.PHONE, DeliveryState.READY)


def test_check_code_tells_a_correction_and_a_message_that_was_put_right(database: Database) -> None:
    with database.begin() as session:
        wrong = wrong_run(session, states=(DeliveryState.DELIVERED,))
        put_right(session, wrong.batch)
        [one] = claiming.claim(session, Channel.WECHAT, "s", 9, sending_hours=DAYTIME, now=LATER)
        blind = database.vault.blind
        codes = [
            check_code.encode(number, blind) for number in (one.id, wrong.by_state[DeliveryState.DELIVERED])
        ]
        said, before = (checking.check(session, code, asker="a", now=LATER) for code in codes)
        assert said is not None and before is not None
        assert (said.puts_right, said.put_right_by, said.licenses) == (WORDS, "", 1)
        assert (before.puts_right, before.put_right_by) == ("", WORDS)
        assert said.license_names == before.license_names
        follower = session.execute(select(Follower)).scalar_one()
        license_id = session.execute(select(License.id)).scalar_one()
        last = checking.last_message(session, follower.openid_hash, license_id)
        assert last is not None and last.code == codes[0]
