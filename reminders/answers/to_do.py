"""Lists the answers that a member of staff must look at, in the departments they work for."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, exists, select, tuple_
from sqlalchemy.orm import Session

from reminders import clock, resting
from reminders.crypto import Vault
from reminders.db import vault_of
from reminders.rules.answers import HELP
from reminders.rules.identity import mask_phone
from reminders.rules.lifecycle import AnswerKind
from reminders.rules.permissions import Actor, department_scope
from reminders.tables.answers import Answer
from reminders.tables.catalogue import CatalogueEntry
from reminders.tables.holders import Contact, Holder
from reminders.tables.ledger import License
from reminders.tables.staff import Department
from reminders.tables.windows import RenewalWindow

PAGE = 50
Key = tuple[date, int]


class Group(StrEnum):
    """The two queues of the first page: what is true or not, and who wants help or a date."""

    CHECK = "check"
    HELP = "help"


@dataclass(frozen=True)
class Task:
    """One answer to look at. `phone` and the `other_phone` left with it are masked; `note` are own words."""

    answer_id: int
    license_id: int
    holder_id: int
    kind: AnswerKind
    holder_name: str
    license_name: str
    license_no: str | None
    department: str
    expires_on: date
    apply_by: date | None
    contact_name: str
    phone: str
    other_phone: str
    note: str
    given_at: datetime
    look_on: date
    promised_on: date | None
    is_overdue: bool


@dataclass(frozen=True)
class TaskPage:
    """`after` is the key of the next page, None on the last one."""

    tasks: tuple[Task, ...]
    after: Key | None


def to_do(
    session: Session,
    group: Group | None = None,
    *,
    actor: Actor,
    now: datetime,
    after: Key | None = None,
    limit: int = PAGE,
) -> TaskPage:
    """Longest waiting first, of both groups or one.

    Answers about a date the ledger no longer has are settled by themselves.
    """
    today = clock.civil_date(now)
    query = _waiting(actor, today).limit(limit + 1)
    if group is not None:
        helps = Answer.kind.in_(HELP)
        query = query.where(helps if group is Group.HELP else ~helps)
    if after is not None:
        query = query.where(tuple_(Answer.look_on, Answer.id) > after)
    rows = session.execute(query).all()
    tasks = [_task(row, vault_of(session), today) for row in rows[:limit]]
    last = tasks[-1] if len(rows) > limit else None
    return TaskPage(tuple(tasks), (last.look_on, last.answer_id) if last else None)


def concerns(actor: Actor) -> list[ColumnElement[bool]]:
    scope = department_scope(actor)
    if scope is None:
        return []
    own = exists().where(
        License.id == Answer.license_id,
        CatalogueEntry.id == License.catalogue_entry_id,
        CatalogueEntry.department_id == scope,
    )
    return [own.correlate(Answer)]


def _task(row: Row[*tuple[Any, ...]], vault: Vault, today: date) -> Task:
    answer, license_no, license_name, holder_id, holder_name, department, contact, sealed, apply_by = row
    return Task(
        answer_id=answer.id,
        license_id=answer.license_id,
        holder_id=holder_id,
        kind=answer.kind,
        holder_name=holder_name,
        license_name=license_name,
        license_no=license_no,
        department=department,
        expires_on=answer.expires_on,
        apply_by=apply_by,
        contact_name=contact or "",
        phone=mask_phone(vault.open(sealed)) if sealed else "",
        other_phone=mask_phone(vault.open(answer.phone_cipher)) if answer.phone_cipher else "",
        note=vault.open(answer.note_cipher) if answer.note_cipher else "",
        given_at=answer.given_at,
        look_on=answer.look_on,
        promised_on=answer.promised_on,
        is_overdue=(answer.promised_on or answer.look_on) < today,
    )


def _waiting(actor: Actor, today: date) -> Select[*tuple[Any, ...]]:
    columns = (License.license_no, CatalogueEntry.license_name, Holder.id, Holder.name, Department.name)
    window = and_(
        RenewalWindow.catalogue_entry_id == License.catalogue_entry_id,
        RenewalWindow.date_kind == Answer.date_kind,
        RenewalWindow.expires_on == Answer.expires_on,
    )
    query: Select[*tuple[Any, ...]] = select(
        Answer, *columns, Contact.name, Contact.phone_cipher, RenewalWindow.apply_by
    )
    return (
        _chosen(query, actor, today)
        .join(CatalogueEntry, CatalogueEntry.id == License.catalogue_entry_id)
        .join(Department, Department.id == CatalogueEntry.department_id)
        .join(Holder, Holder.id == License.holder_id)
        .outerjoin(Contact, Contact.id == License.contact_id)
        .outerjoin(RenewalWindow, window)
    )


def _chosen(query: Select[*tuple[Any, ...]], actor: Actor, today: date) -> Select[*tuple[Any, ...]]:
    return (
        query.join(License, License.id == Answer.license_id)
        .where(*resting.awaits_staff(today), *concerns(actor))
        .order_by(Answer.look_on, Answer.id)
    )
