"""Letters: who is written to and why, what was posted, signed for or sent back; none is ever lost."""

from datetime import date, datetime, time, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from reminders import clock, planning, receipts, worklist
from reminders.db import Database
from reminders.errors import Conflict, Invalid, NotFound
from reminders.rules.letter_text import WhyLetter
from reminders.rules.lifecycle import CallOutcome, Channel, ContactSign, DeliveryState, LicenseState, Role
from reminders.rules.permissions import Actor
from reminders.tables.audit import AuditEntry
from reminders.tables.bindings import Confirmation
from reminders.tables.deliveries import Delivery
from reminders.tables.ledger import License
from tests import builders, builders_channels

HOURS = (time(8, 30), time(20, 0))
EXPIRES_ON = date(2027, 3, 1)
TODAY = date(2026, 12, 1)  # three months before expiry
NOW = clock.civil_moment(TODAY, time(9))
NUMBER = "1234567890123"


def at(day: date) -> datetime:
    return clock.civil_moment(day, time(10))


def plan(session: Session, today: date = TODAY) -> planning.PlanReport:
    now = clock.civil_moment(today, time(9))
    return planning.plan(session, today, sending_hours=HOURS, actor=builders.CLOCK, now=now)


def written_to(
    session: Session, *, licenses: int = 1, method: Channel = Channel.LETTER, with_phone: bool = False
) -> tuple[Actor, list[int]]:
    """An officer, and planned licenses of one holder."""
    department = builders.department(session, method=method)
    entry = builders.entry(session, department_id=department.id)
    holder = builders.holder(session, name="示例甲药房有限公司")
    contact = builders.contact(session, holder_id=holder.id) if with_phone else None
    rows = [
        builders.license(
            session,
            entry_id=entry.id,
            expires_on=EXPIRES_ON,
            holder_id=holder.id,
            contact_id=contact.id if contact else None,
        )
        for _ in range(licenses)
    ]
    plan(session)
    return builders.actor(builders.staff(session, department_id=department.id)), [row.id for row in rows]


def only_letter(session: Session, actor: Actor) -> worklist.Letter:
    (letter,) = worklist.to_write(session, actor=actor).letters
    return letter


def signed(session: Session, actor: Actor) -> int:
    """The only letter, in a batch that the lead signed."""
    delivery_id = only_letter(session, actor).delivery_id
    lead = builders.actor(builders.staff(session, department_id=actor.department_id, role=Role.LEAD))
    batch_id = worklist.prepare(session, [delivery_id], actor=actor, now=NOW)
    worklist.issue(session, batch_id, "https://example.cn", actor=lead, now=NOW)
    return delivery_id


def post(session: Session, actor: Actor, license_ids: list[int], *, on: date = TODAY) -> int:
    delivery_id = signed(session, actor)
    worklist.record_posted(session, delivery_id, NUMBER, on, license_ids=license_ids, actor=actor, now=at(on))
    return delivery_id


def test_letter_tells_every_license_of_a_holder_and_why(database: Database) -> None:
    with database.begin() as session:
        actor, license_ids = written_to(session, licenses=2)
        letter = only_letter(session, actor)
        text = worklist.text_of(session, letter.delivery_id, "https://example.cn", actor=actor, now=NOW)
    assert [item.license_id for item in letter.items] == license_ids
    assert (letter.holder_name, letter.why) == ("示例甲药房有限公司", WhyLetter.METHOD)
    words = "\n".join([*(w for one in text.about for _, w in one.lines), *text.closing, text.addressee])
    for fact in ("2027-03-01", "2027-01-29", "示例大厅 1 号窗口", "0631-5000001", "延续申请书、原许可证"):
        assert words.count(fact) == 2
    assert "示例甲药房有限公司" in words
    assert "https://example.cn" in words


@pytest.mark.parametrize(
    ("outcome", "tries", "why"),
    [
        (CallOutcome.NO_ANSWER, 3, WhyLetter.NO_ANSWER),
        (CallOutcome.WRONG_NUMBER, 1, WhyLetter.WRONG_NUMBER),
    ],
)
def test_letter_follows_calls_in_vain(
    database: Database, outcome: CallOutcome, tries: int, why: WhyLetter
) -> None:
    with database.begin() as session:
        actor, _ = written_to(session, method=Channel.WECHAT, with_phone=True)
        for number in range(tries):
            now = NOW + timedelta(days=number)
            (call,) = worklist.pending(session, actor=actor, now=now).calls
            worklist.record_outcome(session, call.delivery_id, outcome, "", actor=actor, now=now)
        plan(session, TODAY + timedelta(days=tries))
        assert only_letter(session, actor).why is why


def test_posted_letter_is_delivered_only_when_signed_for(database: Database) -> None:
    with database.begin() as session:
        actor, license_ids = written_to(session)
        delivery_id = post(session, actor, license_ids)
        assert worklist.to_write(session, actor=actor).letters == ()
        (letter,) = worklist.on_their_way(session, actor=actor).letters
        assert (letter.delivery_id, letter.posted_on, letter.tracking_no) == (delivery_id, TODAY, NUMBER)
        row = session.get_one(Delivery, delivery_id)
        assert (row.state, row.final_at) == (DeliveryState.ACCEPTED, None)
        assert receipts.mark_unconfirmed(session, now=at(TODAY + timedelta(days=60))) == 0
        day = TODAY + timedelta(days=4)
        worklist.record_received(session, delivery_id, day, actor=actor, now=at(day + timedelta(days=2)))
        session.refresh(row)
        assert (row.state, clock.civil_date(row.final_at or NOW)) == (DeliveryState.DELIVERED, day)
        sign = session.execute(select(Confirmation.license_id, Confirmation.sign)).one()
        assert tuple(sign) == (license_ids[0], ContactSign.RECEIVED_LETTER)
        assert worklist.on_their_way(session, actor=actor).letters == ()
        acts = session.execute(select(AuditEntry.action).where(AuditEntry.action.like("letter.%"))).scalars()
        assert set(acts) == {"letter.post", "letter.receive"}


def test_returned_letter_goes_to_the_next_channel(database: Database) -> None:
    with database.begin() as session:
        builders_channels.open_all(session)
        actor, license_ids = written_to(session, with_phone=True)
        delivery_id = post(session, actor, license_ids)
        worklist.record_returned(session, delivery_id, "迁移新址不明", actor=actor, now=at(TODAY))
        ways = session.execute(select(Delivery.channel, Delivery.state).order_by(Delivery.id)).all()
    assert [tuple(way) for way in ways] == [
        (Channel.LETTER, DeliveryState.REFUSED),
        (Channel.SMS, DeliveryState.READY),
    ]


def test_returned_letter_without_another_channel_stands_on_the_list(database: Database) -> None:
    with database.begin() as session:
        actor, license_ids = written_to(session)
        delivery_id = post(session, actor, license_ids)
        worklist.record_returned(session, delivery_id, "", actor=actor, now=at(TODAY))
        for day in range(3):
            plan(session, TODAY + timedelta(days=day))
            (line,) = worklist.no_channel(session, actor=actor).lines
            assert (line.license_id, line.was_returned) == (license_ids[0], True)
        assert worklist.to_write(session, actor=actor).letters == ()
        with pytest.raises(Conflict):
            worklist.record_received(session, delivery_id, TODAY, actor=actor, now=at(TODAY))


def test_license_that_was_not_in_the_paper_gets_its_own_letter(database: Database) -> None:
    """The planner adds to an open letter; whoever printed it before says what they really posted."""
    with database.begin() as session:
        actor, (printed, later) = written_to(session, licenses=2)
        first = post(session, actor, [printed])
        plan(session, TODAY + timedelta(days=1))
        letter = only_letter(session, actor)
        assert ([item.license_id for item in letter.items], letter.delivery_id != first) == ([later], True)
        worklist.record_received(session, first, TODAY, actor=actor, now=at(TODAY))
        assert session.execute(select(Confirmation.license_id)).scalars().all() == [printed]


def test_letter_about_nothing_any_more_is_neither_listed_nor_posted(database: Database) -> None:
    with database.begin() as session:
        actor, license_ids = written_to(session)
        delivery_id = signed(session, actor)
        session.get_one(License, license_ids[0]).state = LicenseState.RENEWING
        session.flush()
        assert worklist.to_write(session, actor=actor).letters == ()
        with pytest.raises(Conflict):
            worklist.record_posted(
                session, delivery_id, NUMBER, TODAY, license_ids=license_ids, actor=actor, now=NOW
            )


@pytest.mark.parametrize(
    ("number", "day", "licenses"),
    [("", 0, True), ("12 34", 0, True), (NUMBER, 1, True), (NUMBER, -1, True), (NUMBER, 0, False)],
)
def test_posting_asks_for_number_day_and_what_was_in_it(
    database: Database, number: str, day: int, licenses: bool
) -> None:
    with database.begin() as session:
        actor, license_ids = written_to(session)
        delivery_id = signed(session, actor)
        with pytest.raises(Invalid):
            worklist.record_posted(
                session,
                delivery_id,
                number,
                TODAY + timedelta(days=day),
                license_ids=license_ids if licenses else (),
                actor=actor,
                now=NOW,
            )


def test_other_departments_neither_see_nor_record_a_letter(database: Database) -> None:
    with database.begin() as session:
        actor, license_ids = written_to(session)
        delivery_id = only_letter(session, actor).delivery_id
        other = builders.staff(session, department_id=builders.department(session).id)
        stranger = builders.actor(other)
        supervisor = builders.actor(builders.staff(session, role=Role.SUPERVISOR))
        assert worklist.to_write(session, actor=stranger).letters == ()
        assert len(worklist.to_write(session, actor=supervisor).letters) == 1
        with pytest.raises(NotFound):
            worklist.text_of(session, delivery_id, "", actor=stranger, now=NOW)
        with pytest.raises(NotFound):
            worklist.record_posted(
                session, delivery_id, NUMBER, TODAY, license_ids=license_ids, actor=stranger, now=NOW
            )


def test_letters_are_read_page_by_page(database: Database) -> None:
    with database.begin() as session:
        department = builders.department(session, method=Channel.LETTER)
        entry = builders.entry(session, department_id=department.id)
        for _ in range(5):
            builders.license(session, entry_id=entry.id, expires_on=EXPIRES_ON)
        actor = builders.actor(builders.staff(session, department_id=department.id))
        plan(session)
        first = worklist.to_write(session, actor=actor, limit=3)
        assert first.after is not None
        second = worklist.to_write(session, actor=actor, after=first.after, limit=3)
    assert (len(first.letters), len(second.letters), second.after) == (3, 2, None)


def test_letter_not_yet_posted_becomes_a_message_when_the_holder_binds(database: Database) -> None:
    with database.begin() as session:
        actor, license_ids = written_to(session)
        bound = builders.binding(session, license_id=license_ids[0])
        bound.bound_at = at(TODAY)
        session.flush()
        assert plan(session, TODAY + timedelta(days=1)).deliveries == 1
        assert worklist.to_write(session, actor=actor).letters == ()
