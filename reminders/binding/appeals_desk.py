"""Appeals as officers see them: who asks for which license, and what came of calling them."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, func, or_, select, update
from sqlalchemy.orm import Session

from reminders import audit, clock
from reminders.binding import bonds, leaving
from reminders.db import vault_of
from reminders.errors import Conflict, Invalid, NotFound
from reminders.rules.identity import mask_phone
from reminders.rules.lifecycle import BindHow, LicenseState
from reminders.rules.permissions import Actor, department_scope
from reminders.rules.service_words import AppealClosing, AppealKind
from reminders.tables.appeals import IS_OPEN, Appeal
from reminders.tables.bindings import Binding
from reminders.tables.catalogue import CatalogueEntry
from reminders.tables.holders import Contact, Holder
from reminders.tables.ledger import License

PAGE = 50
NOTE_LENGTH = 500
NOT_HERE = "没有找到这条申诉，可能不属于您的科室。"
CLOSED = "这条申诉已经处理过了，请刷新清单。"
NEEDS_NOTE = "请写明核对的结果，例如“电话核对，来人不是该单位人员”。"
NOTHING_NAMED = "这条申诉没有对上台账里的证照，请查到后用“微信绑定”开绑定码，再在这里写明并办结。"


@dataclass(frozen=True)
class Case:
    """`phone` is the one the person gave to be called back, in full; the ledger's is masked."""

    appeal_id: int
    kind: AppealKind
    identifier: str
    name: str
    phone: str
    note: str
    license_id: int | None
    license_name: str
    license_no: str
    holder_name: str
    ledger_contact: str
    ledger_phone: str
    created_at: datetime
    promised_on: date
    is_overdue: bool


def appeals(session: Session, *, actor: Actor, now: datetime) -> tuple[Case, ...]:
    """Open ones of the actor's departments, and those that named nothing; the most urgent first."""
    columns: tuple[Any, ...] = (
        CatalogueEntry.license_name,
        License.license_no,
        Holder.name,
        Contact.name,
        Contact.phone_cipher,
    )
    chosen = _seen(select(Appeal, *columns), actor).order_by(Appeal.promised_on, Appeal.id).limit(PAGE)
    rows = session.execute(chosen).all()
    vault, today = vault_of(session), clock.civil_date(now)
    cases = []
    for appeal, license_name, license_no, holder_name, contact, sealed in rows:
        typed = json.loads(vault.open(appeal.typed_cipher))
        cases.append(
            Case(
                appeal_id=appeal.id,
                kind=appeal.kind,
                identifier=typed["identifier"],
                name=typed["name"],
                phone=typed["phone"],
                note=typed["note"],
                license_id=appeal.license_id,
                license_name=license_name or "",
                license_no=license_no or "",
                holder_name=holder_name or "",
                ledger_contact=contact or "",
                ledger_phone=mask_phone(vault.open(sealed)) if sealed else "",
                created_at=appeal.created_at,
                promised_on=appeal.promised_on,
                is_overdue=appeal.promised_on < today,
            )
        )
    return tuple(cases)


def read_appeals(session: Session, *, actor: Actor, now: datetime) -> tuple[Case, ...]:
    """For a person to call: they hold phones in full, so the audit keeps who looked."""
    found = appeals(session, actor=actor, now=now)
    if found:
        subject = f"department:{actor.department_id or 'all'}"
        audit.record(session, "appeal.read", subject, {"cases": len(found)}, actor=actor, now=now)
    return found


def close_appeal(
    session: Session,
    appeal_id: int,
    closing: AppealClosing,
    note: str,
    *,
    phone_is_dead: bool = False,
    actor: Actor,
    now: datetime,
) -> None:
    """VERIFIED binds who asked to what the department has of this holder, or ends the stranger's bindings.

    `phone_is_dead`: the ledger's number is not used any more until the ledger names another. Raises NotFound,
    Conflict when it was closed before or named nothing, Invalid without a note.
    """
    words = note.strip()[:NOTE_LENGTH]
    if not words:
        raise Invalid(NEEDS_NOTE)
    seen = _seen(select(Appeal.id), actor, is_open=False).where(Appeal.id == appeal_id)
    if session.execute(seen).first() is None:
        raise NotFound(NOT_HERE)
    found = session.get_one(Appeal, appeal_id, with_for_update=True, populate_existing=True)
    if found.closed_at is not None:
        raise Conflict(CLOSED)
    license_ids: Sequence[int] = ()
    if closing is AppealClosing.VERIFIED:
        license_ids = _carry_out(session, found, actor, now)
        if phone_is_dead:
            _end_phone(session, license_ids, now)
    found.closed_at, found.closed_by, found.closing = now, actor.ref, closing
    found.close_note_cipher = vault_of(session).seal(words)
    session.flush()
    detail = {"kind": found.kind, "closing": closing, "license_ids": list(license_ids)}
    audit.record(session, "appeal.close", f"appeal:{appeal_id}", detail, actor=actor, now=now)


def _carry_out(session: Session, found: Appeal, actor: Actor, now: datetime) -> Sequence[int]:
    if found.license_id is None:
        raise Conflict(NOTHING_NAMED)
    license_ids = _of_the_holder(session, found.license_id, actor)
    if found.kind is AppealKind.WRONG_PHONE:
        bonds.bind(session, found.follower_id, license_ids, BindHow.APPEAL, now=now)
        return license_ids
    typed = json.loads(vault_of(session).open(found.typed_cipher))
    stranger = session.get_one(Binding, int(typed["binding"]))
    leaving.leave(session, stranger.follower_id, license_ids, now=now)
    return license_ids


def _of_the_holder(session: Session, license_id: int, actor: Actor) -> tuple[int, ...]:
    """In the departments whose officer vouches for it."""
    holder = select(License.holder_id).where(License.id == license_id).scalar_subquery()
    chosen = (
        select(License.id)
        .join(CatalogueEntry, CatalogueEntry.id == License.catalogue_entry_id)
        .where(License.holder_id == holder, License.state != LicenseState.CANCELLED)
        .order_by(License.id)
        .limit(500)
    )
    scope = department_scope(actor)
    if scope is not None:
        chosen = chosen.where(CatalogueEntry.department_id == scope)
    return tuple(session.execute(chosen).scalars())


def _end_phone(session: Session, license_ids: Sequence[int], now: datetime) -> None:
    theirs = select(License.contact_id).where(License.id.in_(license_ids), License.contact_id.is_not(None))
    session.execute(
        update(Contact)
        .where(Contact.id.in_(theirs), Contact.wrong_at.is_(None))
        .values(wrong_at=now)
        .execution_options(synchronize_session=False)
    )


def count_open(session: Session, *, actor: Actor) -> int:
    counted = _seen(select(func.count(Appeal.id)), actor)
    return int(session.execute(counted).scalar_one())


def _seen(query: Select[*tuple[Any, ...]], actor: Actor, *, is_open: bool = True) -> Select[*tuple[Any, ...]]:
    joined = (
        query.select_from(Appeal)
        .outerjoin(License, License.id == Appeal.license_id)
        .outerjoin(CatalogueEntry, CatalogueEntry.id == License.catalogue_entry_id)
        .outerjoin(Holder, Holder.id == License.holder_id)
        .outerjoin(Contact, Contact.id == License.contact_id)
    )
    conditions: list[ColumnElement[bool]] = []
    scope = department_scope(actor)
    if scope is not None:
        conditions.append(or_(Appeal.license_id.is_(None), CatalogueEntry.department_id == scope))
    return joined.where(IS_OPEN, *conditions) if is_open else joined.where(*conditions)
