"""Tells what waits for a person today, in the departments they may see."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import Select, exists, func, select
from sqlalchemy.orm import Session

from reminders import calls, clock, resting, righting
from reminders.rules.answers import HELP
from reminders.rules.lifecycle import (
    Channel,
    DeliveryState,
    ImportState,
    NoticeState,
    PublicationState,
    Purpose,
)
from reminders.rules.permissions import Actor, department_scope
from reminders.rules.service_words import AppointmentState
from reminders.rules.wordings import TemplateState
from reminders.tables.answers import Answer
from reminders.tables.appointments import Appointment, CounterHour
from reminders.tables.audit import AuditEntry
from reminders.tables.catalogue import CatalogueEntry
from reminders.tables.deliveries import UNTOLD, Delivery, DeliveryItem, Reminder, SmsReply
from reminders.tables.holders import Contact
from reminders.tables.ledger import LedgerImport, License
from reminders.tables.letters import LetterBatch
from reminders.tables.notices import Notice, Publication
from reminders.tables.supervision import RectificationOrder
from reminders.tables.wordings import TemplateVersion

RECENT = 30
SETTLES = (  # one piece of the day's work each
    "answer.close",
    "appeal.close",
    "call.record",
    "correction.record",
    "feedback.close",
    "ledger.accept",
    "letter.post",
    "letter.receive",
    "letter.return",
    "letter_batch.issue",
    "notice.submit",
    "notice.publish",
    "order.answer",
    "order.close",
    "page_report.close",
    "review.decide",
    "sms.read_reply",
    "template.approve",
    "template.turn_down",
)
MOST = 1_000  # counting stops here, so that the page stays quick; it is shown as 999+


@dataclass(frozen=True)
class Waiting:
    imports: int
    calls: int
    calls_overdue: int
    letters: int
    answers: int
    answers_overdue: int
    visits: int
    assistance: int
    assistance_overdue: int
    to_remind: int
    to_remind_overdue: int
    replies: int
    done: int
    corrections: int
    notices: int
    failed_messages: int
    failed_publications: int


@dataclass(frozen=True)
class Decisions:
    """What waits for a word of this person; what they wrote themselves is for somebody else to decide."""

    letters: int
    wordings: int
    orders: int
    orders_overdue: int
    replies_to_orders: int
    untold: int


@dataclass(frozen=True)
class ImportLine:
    id: int
    file_name: str
    state: ImportState
    created_at: datetime
    accepted_at: datetime | None


def waiting(session: Session, *, actor: Actor, now: datetime) -> Waiting:
    scope, today = department_scope(actor), clock.civil_date(now)
    morning = clock.civil_moment(today, time.min)
    helps = Answer.kind.in_(HELP)
    late = func.coalesce(Answer.promised_on, Answer.look_on) < today
    to_call = (
        Delivery.channel == Channel.PHONE,
        Delivery.state == DeliveryState.READY,
        Delivery.purpose == Purpose.REMINDER,
        Delivery.next_at <= now,
    )
    to_write = (*to_call[1:3], Delivery.channel == Channel.LETTER)
    failed = (Delivery.state.in_((DeliveryState.REVIEW, DeliveryState.BLOCKED)),)
    return Waiting(
        imports=_count(session, _imports(scope)),
        calls=_count(session, _deliveries(scope).where(*to_call)),
        calls_overdue=_count(session, _deliveries(scope).where(*to_call, Delivery.next_at < morning)),
        letters=_count(session, _deliveries(scope).where(*to_write)),
        answers=_count(session, _answers(scope, today).where(~helps)),
        answers_overdue=_count(session, _answers(scope, today).where(~helps, late)),
        visits=_count(session, _visits(scope, today)),
        assistance=_count(session, _answers(scope, today).where(helps)),
        assistance_overdue=_count(session, _answers(scope, today).where(helps, late)),
        to_remind=_count(session, _due(scope, today)),
        to_remind_overdue=_count(session, _due(scope, today - timedelta(days=1))),
        replies=_count(session, _replies(scope)),
        done=_count(session, _done(actor, morning)),
        corrections=_count(
            session, select(Delivery.id).where(*righting.waits_for_a_person(scope), Delivery.next_at <= now)
        ),
        notices=_count(session, _notices(scope).where(Notice.state == NoticeState.SUBMITTED)),
        failed_messages=_count(session, _deliveries(scope).where(*failed))
        + _count(
            session, select(Delivery.id).where(righting.IN_DELIVERY, *failed, *righting.concerns(scope))
        ),
        failed_publications=_count(session, _failed_publications(scope)),
    )


def decisions(session: Session, *, actor: Actor, now: datetime) -> Decisions:
    scope, today = department_scope(actor), clock.civil_date(now)
    letters = select(LetterBatch.id).where(LetterBatch.issued_at.is_(None), LetterBatch.made_by != actor.ref)
    wordings = select(TemplateVersion.id).where(
        TemplateVersion.state == TemplateState.PROPOSED, TemplateVersion.made_by != actor.ref
    )
    orders = select(RectificationOrder.id).where(RectificationOrder.closed_at.is_(None))
    if scope is not None:
        letters = letters.where(LetterBatch.department_id == scope)
        orders = orders.where(RectificationOrder.department_id == scope)
    asked = orders.where(RectificationOrder.replied_at.is_(None))
    return Decisions(
        letters=_count(session, letters),
        wordings=_count(session, wordings),
        orders=_count(session, asked),
        orders_overdue=_count(session, asked.where(RectificationOrder.deadline_on < today)),
        replies_to_orders=_count(session, orders.where(RectificationOrder.replied_at.is_not(None))),
        untold=_count(session, _untold(scope)),
    )


def imports(session: Session, *, actor: Actor) -> list[ImportLine]:
    """The newest sheets this person may see."""
    scope = department_scope(actor)
    query = select(
        LedgerImport.id,
        LedgerImport.file_name,
        LedgerImport.state,
        LedgerImport.created_at,
        LedgerImport.accepted_at,
    )
    if scope is not None:
        query = query.where(LedgerImport.department_id == scope)
    found = session.execute(query.order_by(LedgerImport.id.desc()).limit(RECENT))
    return [ImportLine(*row) for row in found]


def _due(scope: int | None, until: date) -> Select[Any]:
    """Licenses the planner has not passed yet although their day is reached."""
    query = select(License.id).where(License.next_due_on <= until)
    if scope is None:
        return query
    own = CatalogueEntry.id == License.catalogue_entry_id
    return query.join(CatalogueEntry, own).where(CatalogueEntry.department_id == scope)


def _untold(scope: int | None) -> Select[Any]:
    query = select(Reminder.id).join(License, License.id == Reminder.license_id)
    query = query.where(UNTOLD, calls.is_worth_saying())
    if scope is None:
        return query
    own = CatalogueEntry.id == License.catalogue_entry_id
    return query.join(CatalogueEntry, own).where(CatalogueEntry.department_id == scope)


def _replies(scope: int | None) -> Select[Any]:
    query = select(SmsReply.id).where(SmsReply.read_at.is_(None))
    if scope is None:
        return query
    return query.where(
        exists().where(
            Contact.phone_hash == SmsReply.phone_hash,
            License.contact_id == Contact.id,
            CatalogueEntry.id == License.catalogue_entry_id,
            CatalogueEntry.department_id == scope,
        )
    )


def _done(actor: Actor, morning: datetime) -> Select[Any]:
    """What this person settled since the morning, by the audit."""
    mine = (AuditEntry.at >= morning, AuditEntry.actor == actor.ref, AuditEntry.action.in_(SETTLES))
    return select(AuditEntry.id).where(*mine)


def _visits(scope: int | None, today: date) -> Select[Any]:
    """Who is still expected at the counter."""
    query = select(Appointment.id).join(CounterHour, CounterHour.id == Appointment.counter_hour_id)
    query = query.where(Appointment.on == today, Appointment.state == AppointmentState.BOOKED)
    return query if scope is None else query.where(CounterHour.department_id == scope)


def _imports(scope: int | None) -> Select[Any]:
    query = select(LedgerImport.id).where(LedgerImport.state == ImportState.PREVIEW)
    return query if scope is None else query.where(LedgerImport.department_id == scope)


def _answers(scope: int | None, today: date) -> Select[Any]:
    query = select(Answer.id).join(License, License.id == Answer.license_id)
    query = query.where(*resting.awaits_staff(today))
    if scope is None:
        return query
    own = CatalogueEntry.id == License.catalogue_entry_id
    return query.join(CatalogueEntry, own).where(CatalogueEntry.department_id == scope)


def _notices(scope: int | None) -> Select[Any]:
    query = select(Notice.id)
    return query if scope is None else query.where(Notice.department_id == scope)


def _failed_publications(scope: int | None) -> Select[Any]:
    found = _notices(scope).join(Publication, Publication.notice_id == Notice.id)
    return found.where(Publication.state == PublicationState.FAILED)


def _deliveries(scope: int | None) -> Select[Any]:
    """Deliveries that still have something to say, to anybody or about one department's licenses."""
    concerned = (
        exists()
        .where(DeliveryItem.delivery_id == Delivery.id, DeliveryItem.dropped_reason == "")
        .where(Reminder.id == DeliveryItem.reminder_id, License.id == Reminder.license_id)
        .where(calls.is_worth_saying())
    )
    if scope is not None:
        concerned = concerned.where(
            CatalogueEntry.id == License.catalogue_entry_id, CatalogueEntry.department_id == scope
        )
    return select(Delivery.id).where(concerned)


def _messages(scope: int | None) -> list[Select[Any]]:
    """The same, and the messages of corrections."""
    return [_deliveries(scope), select(Delivery.id).where(righting.IN_DELIVERY, *righting.concerns(scope))]


def _count(session: Session, query: Select[Any]) -> int:
    return session.execute(select(func.count()).select_from(query.limit(MOST).subquery())).scalar_one()
