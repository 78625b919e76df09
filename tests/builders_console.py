"""Builders of what the desks of the console work on, each in the department of the kind it is given.

Every name, phone, number and title holds the mark it is given, so that a test can look for it on pages.
"""

from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from itertools import count

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from reminders import (
    answers,
    binding,
    catalogue_desk,
    clock,
    feedback,
    ledger,
    message_templates,
    page_reports,
    sms_replies,
    spreadsheet,
    staff,
    supervision,
    worklist,
)
from reminders.catalogue_desk.reading import fields_of
from reminders.notices import publishing, review, writing
from reminders.rules.lifecycle import (
    AlarmKind,
    AnswerKind,
    BatchKind,
    Channel,
    DateKind,
    DeliveryState,
    Outlet,
    PublicationState,
    Purpose,
    ReminderState,
    Role,
    RunState,
    Stage,
)
from reminders.rules.permissions import Actor
from reminders.rules.service_words import AppointmentState, FeedbackAbout, Satisfaction
from reminders.rules.wording_kinds import FIRST
from reminders.rules.wordings import TemplateKind
from reminders.tables.alarms import Alarm
from reminders.tables.appeals import Appeal
from reminders.tables.appointments import Appointment, CounterHour
from reminders.tables.catalogue import CatalogueEntry
from reminders.tables.catalogue_versions import CatalogueVersion
from reminders.tables.corrections import Correction, CorrectionItem
from reminders.tables.deliveries import Circuit, Delivery, DeliveryItem, PlannerRun, Reminder
from reminders.tables.ledger import License
from reminders.tables.notices import Notice, Publication
from reminders.tables.staff import Department, StaffLink
from reminders.tables.wordings import TemplateVersion
from tests import builders, builders_ledger

_numbers = count(1)


@dataclass(frozen=True)
class Corner:
    """A department as one of its kinds, and the sign by which its rows are known on a page."""

    entry_id: int
    mark: str
    now: datetime

    def writer(self, session: Session) -> Actor:
        """A new officer of this department, who is none of the test's people."""
        entry = session.get_one(CatalogueEntry, self.entry_id)
        return builders.actor(builders.staff(session, department_id=entry.department_id))


def license(session: Session, corner: Corner) -> License:
    number = next(_numbers)
    holder = builders.holder(session, name=f"{corner.mark}{number}号有限公司")
    contact = builders.contact(session, holder_id=holder.id, name=f"{corner.mark}人")
    return builders.license(
        session,
        entry_id=corner.entry_id,
        expires_on=clock.civil_date(corner.now) + timedelta(days=60),
        holder_id=holder.id,
        contact_id=contact.id,
        license_no=f"{corner.mark}{number:06d}",
    )


def license_id(session: Session, corner: Corner) -> int:
    return license(session, corner).id


def holder_id(session: Session, corner: Corner) -> int:
    return license(session, corner).holder_id


def contact_id(session: Session, corner: Corner) -> int:
    return license(session, corner).contact_id or 0


def linked_account(session: Session, corner: Corner) -> int:
    """Linked to the city's single sign-on."""
    number, issuer = account(session, corner), "https://sso.example.gov.cn"
    session.add(StaffLink(staff_id=number, issuer=issuer, subject=f"s{number}", linked_at=corner.now))
    return number


def bind_pass(session: Session, corner: Corner) -> int:
    row = license(session, corner)
    return binding.issue_receipt(session, {row.id}, actor=corner.writer(session), now=corner.now)


def appeal(session: Session, corner: Corner) -> int:
    row, person = license(session, corner), builders.follower(session)
    phone, now = "13900000009", corner.now
    binding.appeal(session, person.id, row.license_no or "", corner.mark, phone, now=now)
    mine = select(Appeal.id).where(Appeal.follower_id == person.id)
    return session.execute(mine).scalar_one()


def call(session: Session, corner: Corner) -> int:
    return _delivery(session, corner, Channel.PHONE).id


def letter(session: Session, corner: Corner) -> int:
    return _delivery(session, corner, Channel.LETTER).id


def posted_letter(session: Session, corner: Corner) -> int:
    row = _delivery(session, corner, Channel.LETTER)
    row.state, row.accepted_at, row.provider_msgid = DeliveryState.ACCEPTED, corner.now, "1234567890123"
    row.intent_at = corner.now
    session.flush()
    return row.id


def unsigned_batch(session: Session, corner: Corner) -> int:
    return worklist.prepare(session, [letter(session, corner)], actor=corner.writer(session), now=corner.now)


def signed_batch(session: Session, corner: Corner) -> int:
    batch_id = unsigned_batch(session, corner)
    worklist.issue(session, batch_id, "http://localhost", actor=corner.writer(session), now=corner.now)
    return batch_id


def signed_letter(session: Session, corner: Corner) -> int:
    signed_batch(session, corner)
    return _newest(session, "letter_paper")


def sample(session: Session, corner: Corner) -> int:
    """A sample of the department's licenses alone."""
    license(session, corner)
    department_id = session.get_one(CatalogueEntry, corner.entry_id).department_id
    return supervision.draw_sample(
        session, department_id, 200, "", actor=corner.writer(session), now=corner.now
    )


def order(session: Session, corner: Corner) -> int:
    department_id = session.get_one(CatalogueEntry, corner.entry_id).department_id
    deadline = clock.civil_date(corner.now) + timedelta(days=10)
    return supervision.issue_order(
        session, department_id, f"{corner.mark}要求", deadline, actor=corner.writer(session), now=corner.now
    )


def answered_order(session: Session, corner: Corner) -> int:
    order_id = order(session, corner)
    supervision.answer_order(session, order_id, "已改", actor=corner.writer(session), now=corner.now)
    return order_id


def stuck_message(session: Session, corner: Corner) -> int:
    row = _delivery(session, corner, Channel.WECHAT)
    row.state = DeliveryState.REVIEW
    session.flush()
    return row.id


def correction(session: Session, corner: Corner) -> int:
    return _correction(session, corner)[0]


def correction_by_hand(session: Session, corner: Corner) -> int:
    return _correction(session, corner)[1]


def correction_letter(session: Session, corner: Corner) -> int:
    return _correction(session, corner, Channel.LETTER)[1]


def answer(session: Session, corner: Corner) -> int:
    row = license(session, corner)
    person = builders.follower(session)
    builders.binding(session, license_id=row.id, follower_id=person.id)
    return answers.give(
        session, person.id, row.id, AnswerKind.HELP, note=corner.mark, phone="13900000077", now=corner.now
    )


def reply(session: Session, corner: Corner) -> int:
    number = next(_numbers)
    phone = f"139{number:08d}"
    row = license(session, corner)
    row.contact_id = builders.contact(
        session, holder_id=row.holder_id, name=f"{corner.mark}人", phone=phone
    ).id
    session.flush()
    sms_replies.take(session, phone, f"{corner.mark}什么时候办", now=corner.now)
    return _newest(session, "sms_reply")


def report(session: Session, corner: Corner) -> int:
    page_reports.report(
        session, f"{corner.mark}电话写错了", entry_id=corner.entry_id, asker=corner.mark, now=corner.now
    )
    return _newest(session, "page_report")


def sheet(session: Session, corner: Corner) -> int:
    """A preview with one new row."""
    entry = session.get_one(CatalogueEntry, corner.entry_id)
    number = next(_numbers)
    row = [1, f"{corner.mark}{number}号有限公司", entry.license_name, "2031-06-15", "张示例", "13800000009"]
    data = builders_ledger.xlsx(builders_ledger.annex2([[*row, None, None, f"{corner.mark}{number}"]]))
    name = f"{corner.mark}{number}.xlsx"
    workbook = spreadsheet.read(data, name)
    return ledger.preview(session, name, data, workbook, actor=corner.writer(session), now=corner.now)


def accepted_sheet(session: Session, corner: Corner) -> int:
    import_id = sheet(session, corner)
    ledger.accept(session, import_id, actor=corner.writer(session), now=corner.now)
    return import_id


def draft(session: Session, corner: Corner) -> int:
    title = f"{corner.mark}换证温馨提示"
    return writing.draft(session, title, "请尽早办理。", actor=corner.writer(session), now=corner.now)


def submitted(session: Session, corner: Corner) -> int:
    notice_id = draft(session, corner)
    writing.submit(session, notice_id, version=1, actor=corner.writer(session), now=corner.now)
    return notice_id


def published(session: Session, corner: Corner) -> int:
    notice_id = submitted(session, corner)
    row = session.get_one(Notice, notice_id)
    reviewer = builders.actor(builders.staff(session, role=Role.SUPERVISOR))
    review.approve(
        session, notice_id, row.digest, outlets=(Outlet.GOVERNMENT_SITE,), actor=reviewer, now=corner.now
    )
    return notice_id


def not_published(session: Session, corner: Corner) -> int:
    """A published notice which the government site refused."""
    notice_id = published(session, corner)
    for row in session.execute(select(Publication).where(Publication.notice_id == notice_id)).scalars():
        if row.outlet is Outlet.GOVERNMENT_SITE:
            row.state, row.last_error = PublicationState.FAILED, "refused"
    session.flush()
    return notice_id


def pushable(session: Session, corner: Corner) -> int:
    """A published notice while the month still has a mass send left."""
    for row in session.execute(select(Publication).where(Publication.outlet == Outlet.MASS_SEND)).scalars():
        row.updated_at = corner.now - timedelta(days=60)
        session.delete(row)
    session.flush()
    assert publishing.mass_sends(session, now=corner.now) == 0
    return published(session, corner)


def account(session: Session, corner: Corner) -> int:
    return builders.staff(session, role=Role.OFFICE).id


def absence(session: Session, corner: Corner) -> int:
    """Of an officer who is none of the test's people, with nobody in their place; another one stays."""
    corner.writer(session)
    away, today = corner.writer(session), clock.civil_date(corner.now)
    return staff.mark_absent(session, away.staff_id or 0, today, today, None, actor=away, now=corner.now)


def visit(session: Session, corner: Corner) -> int:
    """Booked for today."""
    row, entry = license(session, corner), session.get_one(CatalogueEntry, corner.entry_id)
    number = next(_numbers)
    begins = time(9 + number % 9, number // 9 % 60)
    hour = CounterHour(department_id=entry.department_id, starts=begins, ends=time(23), seats=1)
    session.add(hour)
    session.flush()
    booked = Appointment(
        counter_hour_id=hour.id,
        on=clock.civil_date(corner.now),
        seat=1,
        license_id=row.id,
        follower_id=builders.follower(session).id,
        state=AppointmentState.BOOKED,
        booked_at=corner.now,
    )
    session.add(booked)
    session.flush()
    return booked.id


def words_of_a_holder(session: Session, corner: Corner) -> int:
    row, person = license(session, corner), builders.follower(session)
    builders.binding(session, license_id=row.id, follower_id=person.id)
    return feedback.give(
        session, person.id, FeedbackAbout.HELP, Satisfaction.GOOD, corner.mark, row.id, now=corner.now
    )


def alarm(session: Session, corner: Corner) -> int:
    for row in session.execute(select(Alarm).where(Alarm.closed_at.is_(None))).scalars():
        row.closed_at = corner.now
    session.flush()
    row = Alarm(kind=AlarmKind.PLANNER_MISSING, text="提醒计划没有运行。", opened_at=corner.now, seen_by="")
    session.add(row)
    session.flush()
    return row.id


def held_run(session: Session, corner: Corner) -> int:
    for row in session.execute(select(PlannerRun)).scalars():
        row.state = RunState.DISCARDED
        row.for_day -= timedelta(days=400)
    session.flush()
    row = PlannerRun(
        for_day=clock.civil_date(corner.now),
        started_at=corner.now,
        finished_at=corner.now,
        counts='{"deliveries": 0, "reminders": 0, "shares": []}',
        state=RunState.HELD,
    )
    session.add(row)
    session.flush()
    return row.id


def circuit(session: Session, corner: Corner) -> int:
    if session.get(Circuit, "wechat") is None:
        session.add(Circuit(name="wechat", reason="47003", opened_at=corner.now))
        session.flush()
    return 0


def _delivery(session: Session, corner: Corner, channel: Channel) -> Delivery:
    row = license(session, corner)
    assert row.expires_on is not None
    reminder = Reminder(
        license_id=row.id,
        date_kind=DateKind.MAIN,
        expires_on=row.expires_on,
        stage=Stage.FIRST,
        due_on=clock.civil_date(corner.now),
        state=ReminderState.OPEN,
        created_at=corner.now,
    )
    delivery = Delivery(
        purpose=Purpose.REMINDER,
        channel=channel,
        contact_id=row.contact_id if channel is Channel.PHONE else None,
        holder_id=row.holder_id if channel is Channel.LETTER else None,
        follower_id=builders.follower(session).id if channel is Channel.WECHAT else None,
        recipient_hash=f"{channel}-{row.id}",
        for_day=clock.civil_date(corner.now),
        state=DeliveryState.READY,
        next_at=corner.now,
        created_at=corner.now,
    )
    session.add_all([reminder, delivery])
    session.flush()
    item = DeliveryItem(
        delivery_id=delivery.id, reminder_id=reminder.id, channel=channel, recipient_ref=f"r{row.id}"
    )
    session.add(item)
    session.flush()
    return delivery


def _correction(session: Session, corner: Corner, channel: Channel = Channel.PHONE) -> tuple[int, int]:
    """A correction of one wrong message, and the call in which it is to be told."""
    told, call_again = (_delivery(session, corner, channel) for _ in range(2))
    told.state, told.final_at, call_again.purpose = DeliveryState.DELIVERED, corner.now, Purpose.CORRECTION
    entry = session.get_one(CatalogueEntry, corner.entry_id)
    row = Correction(
        batch=BatchKind.DAY,
        on_day=clock.civil_date(corner.now),
        catalogue_entry_id=entry.id,
        department_id=entry.department_id,
        sentence="日期写错了",
        stops_waiting=False,
        people=1,
        messages=1,
        stopped=0,
        created_by="staff:1",
        created_at=corner.now,
    )
    session.add(row)
    session.flush()
    wrong = session.execute(select(DeliveryItem).where(DeliveryItem.delivery_id == told.id)).scalar_one()
    again = session.execute(
        select(DeliveryItem).where(DeliveryItem.delivery_id == call_again.id)
    ).scalar_one()
    session.delete(again)
    session.add(
        CorrectionItem(
            correction_id=row.id,
            told_delivery_id=told.id,
            reminder_id=wrong.reminder_id,
            delivery_id=call_again.id,
        )
    )
    session.flush()
    return row.id, call_again.id


def _newest(session: Session, table: str) -> int:
    return int(
        session.execute(select(License.metadata.tables[table].c.id).order_by("id")).scalars().all()[-1]
    )


def no_template(session: Session, corner: Corner) -> int:
    """Nothing was ever saved of the kind that the matrix writes."""
    session.execute(delete(TemplateVersion))
    return 0


def proposed_template(session: Session, corner: Corner) -> int:
    """A new opening of a call that waits for a second person."""
    no_template(session, corner)
    return proposed_template_over(session, corner)


def proposed_template_over(session: Session, corner: Corner) -> int:
    """The same over what is there."""
    call = FIRST[TemplateKind.CALL]
    wording = replace(call, parts={**call.parts, "opening": "您好。{greeting}"})
    return message_templates.propose(session, wording, "短一些", actor=corner.writer(session), now=corner.now)


def old_template(session: Session, corner: Corner) -> int:
    number = proposed_template(session, corner)
    writer = builders.actor(builders.staff(session))
    message_templates.turn_down(session, number, "先不改", actor=writer, now=corner.now)
    return number


def entry_in_force(session: Session, corner: Corner) -> int:
    """With nothing of an earlier change left."""
    row = session.get_one(CatalogueEntry, corner.entry_id)
    session.execute(delete(CatalogueVersion).where(CatalogueVersion.entry_id == row.id))
    row.is_active, row.paused_at, row.materials = True, None, "申请表"
    session.flush()
    return row.id


def paused_entry(session: Session, corner: Corner) -> int:
    number = entry_in_force(session, corner)
    session.get_one(CatalogueEntry, number).paused_at = corner.now
    return number


def retired_entry(session: Session, corner: Corner) -> int:
    number = entry_in_force(session, corner)
    session.get_one(CatalogueEntry, number).is_active = False
    return number


def coming_version(session: Session, corner: Corner) -> int:
    """It holds from next month on."""
    number = entry_in_force(session, corner)
    fields = replace(fields_of(session.get_one(CatalogueEntry, number)), materials="申请表；原件")
    later = clock.civil_date(corner.now) + timedelta(days=30)
    return catalogue_desk.save(
        session, number, fields, later, "修订", actor=corner.writer(session), now=corner.now
    )


def department_id(session: Session, corner: Corner) -> int:
    row = session.get_one(Department, session.get_one(CatalogueEntry, corner.entry_id).department_id)
    row.is_sample = True
    return row.id
