"""Reads from the audit who of the staff saw, called with, printed or exported what concerns one follower."""

import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, CompoundSelect, String, cast, literal, select, union_all
from sqlalchemy.orm import Session

from reminders import clock
from reminders.rules import sighting_words
from reminders.rules.dates import minus_months
from reminders.rules.lifecycle import Role
from reminders.tables.answers import Answer
from reminders.tables.appeals import Appeal
from reminders.tables.audit import AuditEntry
from reminders.tables.bindings import Binding
from reminders.tables.catalogue import CatalogueEntry
from reminders.tables.corrections import CorrectionItem
from reminders.tables.deliveries import DeliveryItem, Reminder
from reminders.tables.feedback import Feedback
from reminders.tables.ledger import License
from reminders.tables.letters import LetterPaper
from reminders.tables.staff import Department, Staff

MOST = 100
ALL = "department:all"
LAST_DAY = "9999-12-31"


@dataclass(frozen=True)
class Sighting:
    """Chinese words; who it was is a department ("" for one of no department) and a role, never a name."""

    at: datetime
    department: str
    role: str
    what: str
    why: str


@dataclass(frozen=True)
class _Mine:
    license_id: int
    entry_id: int
    expires_on: date | None


def of(session: Session, follower_id: int) -> list[Sighting]:
    """The newest first: about licenses bound to them now, and about what they wrote to us themselves."""
    rows = [*_about(session, follower_id), *_exports(session, follower_id)]
    newest = sorted(rows, key=lambda row: -row.id)[:MOST]
    people = _people(session, {row.actor for row in newest})
    return [_told(row, people) for row in newest]


def _about(session: Session, follower_id: int) -> list[Any]:
    named = [action for action in sighting_words.ACTIONS if action != sighting_words.EXPORT]
    return _entries(session, AuditEntry.subject.in_(_subjects(follower_id)), named)


def _subjects(follower_id: int) -> CompoundSelect[tuple[str]]:
    """Names in the audit of everything about them: contacts, messages, letters, and their own words."""
    licenses = _bound(follower_id)
    told = (
        select(DeliveryItem.delivery_id)
        .join(Reminder, Reminder.id == DeliveryItem.reminder_id)
        .where(Reminder.license_id.in_(licenses))
    )
    corrected = (
        select(CorrectionItem.delivery_id)
        .join(Reminder, Reminder.id == CorrectionItem.reminder_id)
        .where(Reminder.license_id.in_(licenses))
    )
    return union_all(
        select(_named("contact", License.contact_id)).where(License.id.in_(licenses)),
        select(_named("delivery", told.subquery().c.delivery_id)),
        select(_named("delivery", corrected.subquery().c.delivery_id)),
        select(_named("letter_batch", LetterPaper.batch_id)).where(LetterPaper.delivery_id.in_(told)),
        select(_named("answer", Answer.id)).where(Answer.follower_id == follower_id),
        select(_named("appeal", Appeal.id)).where(Appeal.follower_id == follower_id),
        select(_named("feedback", Feedback.id)).where(Feedback.follower_id == follower_id),
    )


def _exports(session: Session, follower_id: int) -> list[Any]:
    """Exports of a department, or of all, that held one of their licenses by its expiry day of now."""
    mine = session.execute(
        select(Department.name, License.id, License.catalogue_entry_id, License.expires_on)
        .join(CatalogueEntry, CatalogueEntry.department_id == Department.id)
        .join(License, License.catalogue_entry_id == CatalogueEntry.id)
        .where(License.id.in_(_bound(follower_id)))
    ).all()
    by_subject: dict[str, list[_Mine]] = {}
    for name, license_id, entry_id, expires_on in mine:
        for subject in (f"department:{name}", ALL):
            by_subject.setdefault(subject, []).append(_Mine(license_id, entry_id, expires_on))
    taken = _entries(session, AuditEntry.subject.in_(list(by_subject)), [sighting_words.EXPORT])
    return [row for row in taken if _held(row, by_subject[row.subject])]


def _held(row: Any, mine: list[_Mine]) -> bool:
    """By the rows where they were few enough to be kept one by one, else by what was asked for."""
    asked = json.loads(row.detail)
    if "licenses" in asked:
        return any(one.license_id in asked["licenses"] for one in mine)
    first, last, on = asked.get("from", ""), asked.get("to", ""), clock.civil_date(row.at)
    if (months := asked.get("within_months")) is not None:
        first, last = max(first, f"{on}"), min(last or LAST_DAY, f"{minus_months(on, -months)}")
    return any(
        asked.get("entry") in (None, one.entry_id)
        and (not (first or last) or first <= f"{one.expires_on or ''}" <= (last or LAST_DAY))
        for one in mine
    )


def _entries(session: Session, condition: ColumnElement[bool], actions: Collection[str]) -> list[Any]:
    chosen = (
        select(
            AuditEntry.id,
            AuditEntry.at,
            AuditEntry.actor,
            AuditEntry.action,
            AuditEntry.subject,
            AuditEntry.detail,
        )
        .where(condition, AuditEntry.action.in_(actions))
        .order_by(AuditEntry.id.desc())
        .limit(MOST)
    )
    return list(session.execute(chosen).all())


def _people(session: Session, actors: Collection[str]) -> dict[str, tuple[Role, str]]:
    ids = [int(actor.partition(":")[2]) for actor in actors if actor.startswith("staff:")]
    found = session.execute(
        select(Staff.id, Staff.role, Department.name)
        .join(Department, Department.id == Staff.department_id, isouter=True)
        .where(Staff.id.in_(ids))
    )
    return {f"staff:{staff_id}": (role, name or "") for staff_id, role, name in found}


def _told(row: Any, people: dict[str, tuple[Role, str]]) -> Sighting:
    role, department = people.get(row.actor, (None, ""))
    given = str(json.loads(row.detail).get("reason", ""))
    return Sighting(
        at=row.at,
        department=department,
        role=sighting_words.ROLES[role] if role else sighting_words.OPERATOR,
        what=sighting_words.ACTIONS[row.action][0],
        why=sighting_words.why(row.action, given),
    )


def _bound(follower_id: int) -> Any:
    return select(Binding.license_id).where(Binding.follower_id == follower_id, Binding.unbound_at.is_(None))


def _named(table: str, column: Any) -> ColumnElement[str]:
    return literal(f"{table}:").concat(cast(cast(column, BigInteger), String))
