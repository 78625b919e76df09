"""Calls: what waits for an officer, what came of it, and who cannot be told at all."""

from datetime import date, datetime, time, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from reminders import audit, clock, planning, worklist
from reminders.db import Database
from reminders.errors import Conflict, Invalid, NotFound
from reminders.rules.lifecycle import (
    CallOutcome,
    Channel,
    ContactSign,
    DeliveryState,
    LicenseState,
    Role,
    Stage,
)
from reminders.rules.permissions import Actor
from reminders.tables.audit import AuditEntry
from reminders.tables.bindings import Confirmation
from reminders.tables.deliveries import Delivery, Reminder
from reminders.tables.ledger import License
from tests import builders, builders_channels

HOURS = (time(8, 30), time(20, 0))
EXPIRES_ON = date(2027, 3, 1)
TODAY = date(2026, 12, 1)  # three months before expiry
NOW = clock.civil_moment(TODAY, time(9))
PHONE = "13800000001"


def officer(session: Session, department_id: int | None, role: Role = Role.OFFICER) -> Actor:
    return builders.actor(builders.staff(session, role=role, department_id=department_id))


def phoned(session: Session, *, licenses: int = 1, phone: str = PHONE) -> tuple[Actor, list[int]]:
    """An officer, and licenses of one holder whose contact is not bound in WeChat."""
    entry = builders.entry(session)
    contact = builders.contact(session, phone=phone)
    rows = [
        builders.license(session, entry_id=entry.id, expires_on=EXPIRES_ON, contact_id=contact.id)
        for _ in range(licenses)
    ]
    return officer(session, entry.department_id), [row.id for row in rows]


def plan(session: Session, today: date = TODAY) -> planning.PlanReport:
    now = clock.civil_moment(today, time(9))
    return planning.plan(session, today, sending_hours=HOURS, actor=builders.CLOCK, now=now)


def only_call(session: Session, actor: Actor, now: datetime = NOW) -> worklist.Call:
    (call,) = worklist.pending(session, actor=actor, now=now).calls
    return call


def test_call_tells_the_five_facts_of_every_license_of_a_person(database: Database) -> None:
    with database.begin() as session:
        actor, license_ids = phoned(session, licenses=2)
        report = plan(session)
        call = only_call(session, actor)
    assert (report.reminders, report.worklist) == (2, 1)
    assert sorted(item.license_id for item in call.items) == license_ids
    assert call.phone == "138＊＊＊＊0001"
    for fact in ("2027-03-01", "2027-01-29", "示例大厅 1 号窗口", "0631-5000001", "延续申请书、原许可证"):
        assert fact in call.script


def test_phone_is_shown_in_full_only_when_asked_for_and_that_is_audited(database: Database) -> None:
    with database.begin() as session:
        actor, _ = phoned(session)
        plan(session)
        call = only_call(session, actor)
        assert PHONE not in f"{call}"
        assert worklist.reveal_phone(session, call.delivery_id, actor=actor, now=NOW) == PHONE
        asked = select(AuditEntry.actor).where(AuditEntry.action == "call.reveal_phone")
        assert session.execute(asked).scalars().all() == [actor.ref]


def test_other_departments_neither_see_nor_close_a_call(database: Database) -> None:
    with database.begin() as session:
        actor, _ = phoned(session)
        plan(session)
        delivery_id = only_call(session, actor).delivery_id
        stranger = officer(session, builders.department(session).id)
        supervisor = officer(session, None, Role.SUPERVISOR)
        assert worklist.pending(session, actor=stranger, now=NOW).calls == ()
        assert len(worklist.pending(session, actor=supervisor, now=NOW).calls) == 1
        with pytest.raises(NotFound):
            worklist.record_outcome(session, delivery_id, CallOutcome.TOLD, "", actor=stranger, now=NOW)
        with pytest.raises(NotFound):
            worklist.reveal_phone(session, delivery_id, actor=stranger, now=NOW)


def test_told_confirms_the_holder_and_spares_the_human_stage(database: Database) -> None:
    with database.begin() as session:
        actor, (license_id,) = phoned(session)
        plan(session)
        call = only_call(session, actor)
        worklist.record_outcome(session, call.delivery_id, CallOutcome.TOLD, "已记下", actor=actor, now=NOW)
        assert worklist.pending(session, actor=actor, now=NOW).calls == ()
        sign = session.execute(select(Confirmation.license_id, Confirmation.sign)).one()
        assert tuple(sign) == (license_id, ContactSign.TOLD_BY_PHONE)
        delivery = session.get_one(Delivery, call.delivery_id)
        assert (delivery.state, delivery.outcome, delivery.final_at) == (
            DeliveryState.DELIVERED,
            CallOutcome.TOLD,
            NOW,
        )
        for day in (date(2027, 1, 22), date(2027, 1, 26), date(2027, 1, 27)):  # last call, human, later
            plan(session, day)
        planned = session.execute(select(Reminder.stage)).scalars().all()
    assert Stage.HUMAN not in planned
    assert Stage.LAST_CALL in planned


def test_second_officer_is_refused_when_a_call_was_closed(database: Database) -> None:
    with database.begin() as session:
        actor, _ = phoned(session)
        plan(session)
        call = only_call(session, actor)
        worklist.record_outcome(session, call.delivery_id, CallOutcome.TOLD, "", actor=actor, now=NOW)
        with pytest.raises(Conflict):
            worklist.record_outcome(
                session, call.delivery_id, CallOutcome.NO_ANSWER, "", actor=actor, now=NOW
            )


@pytest.mark.parametrize("outcome", [CallOutcome.NO_ANSWER, CallOutcome.CALL_BACK, CallOutcome.DECLINED])
def test_call_is_tried_at_three_different_hours_and_then_becomes_a_letter(
    database: Database, outcome: CallOutcome
) -> None:
    tomorrow = TODAY + timedelta(days=1)
    moments = [NOW, clock.civil_moment(TODAY, time(15)), clock.civil_moment(tomorrow, time(9))]
    with database.begin() as session:
        actor, _ = phoned(session)
        plan(session)
        for tries, now in enumerate(moments):
            call = only_call(session, actor, now)
            assert call.tries == tries
            worklist.record_outcome(session, call.delivery_id, outcome, "", actor=actor, now=now)
            assert worklist.pending(session, actor=actor, now=now + timedelta(hours=2)).calls == ()
        tried = session.get_one(Delivery, call.delivery_id)
        assert (tried.state, tried.state_reason) == (DeliveryState.UNDELIVERABLE, "letter_needed")
        letter = session.execute(select(Delivery).where(Delivery.channel == Channel.LETTER)).scalar_one()
        assert (letter.state, letter.recipient_hash) == (DeliveryState.READY, f"h{letter.holder_id}")
        assert worklist.no_channel(session, actor=actor).lines == ()


def test_letter_waits_for_a_call_in_vain_only_where_no_cheaper_way_is_left(database: Database) -> None:
    """A department that calls: three calls in vain are followed by an SMS, not by a letter."""
    with database.begin() as session:
        builders_channels.open_all(session)
        entry = builders.entry(session, department_id=builders.department(session, method=Channel.PHONE).id)
        contact = builders.contact(session)
        builders.license(session, entry_id=entry.id, expires_on=EXPIRES_ON, contact_id=contact.id)
        actor = officer(session, entry.department_id)
        plan(session)
        for day in range(3):
            now = NOW + timedelta(days=day)
            call = only_call(session, actor, now)
            worklist.record_outcome(
                session, call.delivery_id, CallOutcome.NO_ANSWER, "", actor=actor, now=now
            )
        ways = session.execute(select(Delivery.channel, Delivery.state).order_by(Delivery.id)).all()
    assert [tuple(way) for way in ways] == [
        (Channel.PHONE, DeliveryState.UNDELIVERABLE),
        (Channel.SMS, DeliveryState.READY),
    ]


def test_reminders_rest_when_the_holder_has_applied_already(database: Database) -> None:
    with database.begin() as session:
        actor, (license_id,) = phoned(session)
        plan(session)
        call = only_call(session, actor)
        worklist.record_outcome(
            session, call.delivery_id, CallOutcome.ALREADY_RENEWED, "", actor=actor, now=NOW
        )
        license_ = session.get_one(License, license_id)
        assert (license_.state, license_.next_due_on, license_.version) == (LicenseState.RENEWING, None, 2)
        assert plan(session, EXPIRES_ON).reminders == 0


def test_officer_says_which_of_several_licenses_are_renewed(database: Database) -> None:
    with database.begin() as session:
        actor, license_ids = phoned(session, licenses=2)
        plan(session)
        delivery_id = only_call(session, actor).delivery_id
        renewed = CallOutcome.ALREADY_RENEWED
        with pytest.raises(Invalid):
            worklist.record_outcome(session, delivery_id, renewed, "", actor=actor, now=NOW)
    with database.begin() as session, pytest.raises(Invalid):
        worklist.record_outcome(
            session, delivery_id, renewed, "", license_ids=[999_999], actor=actor, now=NOW
        )
    with database.begin() as session:
        worklist.record_outcome(
            session, delivery_id, renewed, "", license_ids=license_ids[:1], actor=actor, now=NOW
        )
        call = only_call(session, actor)
        assert [item.license_id for item in call.items] == license_ids[1:]
        states = session.execute(select(License.state).order_by(License.id)).scalars().all()
    assert states == [LicenseState.RENEWING, LicenseState.ACTIVE]


def test_wrong_number_is_not_called_again_and_a_letter_takes_its_place(database: Database) -> None:
    with database.begin() as session:
        actor, _ = phoned(session)
        plan(session)
        call = only_call(session, actor)
        worklist.record_outcome(session, call.delivery_id, CallOutcome.WRONG_NUMBER, "", actor=actor, now=NOW)
        plan(session)
        assert worklist.no_channel(session, actor=actor).lines == ()
        assert worklist.pending(session, actor=actor, now=NOW).calls == ()
        letter = session.execute(select(Delivery).where(Delivery.channel == Channel.LETTER)).scalar_one()
        assert (letter.state, letter.recipient_hash) == (DeliveryState.READY, f"h{letter.holder_id}")


def test_wrong_number_is_tried_by_wechat_once_somebody_binds(database: Database) -> None:
    with database.begin() as session:
        actor, (license_id,) = phoned(session)
        plan(session)
        call = only_call(session, actor)
        worklist.record_outcome(session, call.delivery_id, CallOutcome.WRONG_NUMBER, "", actor=actor, now=NOW)
        builders.binding(session, license_id=license_id)
        assert plan(session).deliveries == 1
        assert worklist.no_channel(session, actor=actor).lines == ()


def test_license_without_any_channel_is_visible_until_a_contact_is_known(database: Database) -> None:
    with database.begin() as session:
        entry = builders.entry(session)
        row = builders.license(session, entry_id=entry.id, expires_on=EXPIRES_ON)
        actor = officer(session, entry.department_id)
        assert plan(session).no_channel == 1
        (line,) = worklist.no_channel(session, actor=actor).lines
        assert (line.license_id, line.stage, line.has_contact) == (row.id, Stage.FIRST, False)
        assert (
            worklist.no_channel(session, actor=officer(session, builders.department(session).id)).lines == ()
        )
        row.contact_id = builders.contact(session).id
        session.flush()
        report = plan(session)
        assert (report.worklist, report.no_channel) == (1, 0)


def test_long_lists_are_read_page_by_page(database: Database) -> None:
    with database.begin() as session:
        entry = builders.entry(session)
        for _ in range(5):
            contact = builders.contact(session)
            builders.license(session, entry_id=entry.id, expires_on=EXPIRES_ON, contact_id=contact.id)
            builders.license(session, entry_id=entry.id, expires_on=EXPIRES_ON)
        actor = officer(session, entry.department_id)
        plan(session)
        seen, after = [], None
        while True:
            page = worklist.pending(session, actor=actor, now=NOW, after=after, limit=2)
            seen += [call.delivery_id for call in page.calls]
            after = page.after
            if after is None:
                break
        assert (len(seen), len(set(seen))) == (5, 5)
        first = worklist.no_channel(session, actor=actor, limit=3)
        assert first.after is not None
        second = worklist.no_channel(session, actor=actor, limit=3, after=first.after)
        assert (len(first.lines), len(second.lines), second.after) == (3, 2, None)


def test_every_outcome_is_audited_without_personal_data(database: Database) -> None:
    with database.begin() as session:
        actor, _ = phoned(session)
        plan(session)
        call = only_call(session, actor)
        worklist.record_outcome(session, call.delivery_id, CallOutcome.TOLD, "张示例", actor=actor, now=NOW)
        entry = session.execute(select(AuditEntry).where(AuditEntry.action == "call.record")).scalar_one()
        assert (entry.actor, entry.subject) == (actor.ref, f"delivery:{call.delivery_id}")
        assert "张示例" not in entry.detail
        assert audit.first_broken_link(session) is None
