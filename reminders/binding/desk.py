"""What an officer does for a holder at the counter: sees who is bound, gives out passes, takes them back."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, exists, func, select
from sqlalchemy.orm import Session

from reminders import audit, passes
from reminders.errors import Conflict, Invalid, NotFound
from reminders.passes import Qr
from reminders.rules.lifecycle import BindHow, LicenseState
from reminders.rules.permissions import Actor, department_scope
from reminders.tables.bindings import Binding
from reminders.tables.catalogue import CatalogueEntry
from reminders.tables.holders import Holder
from reminders.tables.ledger import License
from reminders.tables.passes import BindPass, BindPassLicense

CODE_DAYS = (1, 3, 7, 15)  # how long a paper code may be good for
MOST = 200
NOT_HERE = "没有找到这本证照，或者它不属于您的科室。"
NOT_OPEN = "这张绑定凭证已经用过、过期或作废了，请重新开一张。"


@dataclass(frozen=True)
class HeldLicense:
    """One license of the holder; `people` is how many are bound to it now."""

    license_id: int
    license_name: str
    license_no: str | None
    expires_on: date | None
    people: int


@dataclass(frozen=True)
class BoundPerson:
    """Somebody bound to the license; who they are on WeChat is nobody's business here."""

    number: int
    how: BindHow
    bound_at: datetime


@dataclass(frozen=True)
class OpenPass:
    pass_id: int
    how: BindHow
    created_at: datetime
    expires_at: datetime
    has_qr: bool


@dataclass(frozen=True)
class Counter:
    """Everything about one license and its holder that this desk works with."""

    license_id: int
    holder_name: str
    licenses: tuple[HeldLicense, ...]
    people: tuple[BoundPerson, ...]
    passes: tuple[OpenPass, ...]


def counter(session: Session, license_id: int, *, actor: Actor, now: datetime) -> Counter:
    """Licenses of the same holder in the actor's departments, this one first. Raises NotFound."""
    holder_id, holder_name = _holder(session, license_id, actor)
    people = session.execute(
        select(Binding.how, Binding.bound_at)
        .where(Binding.license_id == license_id, Binding.unbound_at.is_(None))
        .order_by(Binding.id)
        .limit(MOST)
    ).all()
    standing = session.execute(
        select(BindPass)
        .join(BindPassLicense, BindPassLicense.pass_id == BindPass.id)
        .where(BindPassLicense.license_id == license_id, BindPass.ended_at.is_(None))
        .where(BindPass.expires_at > now)
        .order_by(BindPass.id.desc())
        .limit(MOST)
    ).scalars()
    return Counter(
        license_id,
        holder_name,
        _licenses(session, holder_id, license_id, actor),
        tuple(BoundPerson(place, row.how, row.bound_at) for place, row in enumerate(people, start=1)),
        tuple(
            OpenPass(one.id, one.how, one.created_at, one.expires_at, has_qr=_has_qr(one)) for one in standing
        ),
    )


def issue_receipt(session: Session, license_ids: Collection[int], *, actor: Actor, now: datetime) -> int:
    """A QR code to print on the counter receipt. Raises NotFound, Conflict when nothing is chosen."""
    _must_be_one_holder(session, license_ids, actor)
    return passes.issue_qr(session, BindHow.RECEIPT, license_ids, actor=actor, now=now)


def issue_paper_code(
    session: Session, license_ids: Collection[int], days: int, *, actor: Actor, now: datetime
) -> str:
    """A code to hand over on paper: shown this once. Raises NotFound, Conflict, Invalid."""
    if days not in CODE_DAYS:
        raise Invalid(f"有效期请选 {'、'.join(map(str, CODE_DAYS))} 天。")
    _must_be_one_holder(session, license_ids, actor)
    lifetime = timedelta(days=days)
    return passes.issue_code(session, BindHow.PAPER_CODE, license_ids, lifetime, actor=actor, now=now)


def receipt(
    session: Session, pass_id: int, *, actor: Actor, now: datetime
) -> tuple[Qr, str, tuple[HeldLicense, ...]]:
    """The QR code, the holder and the licenses it binds. Raises NotFound, Conflict when it cannot be used."""
    license_ids = _seen(session, pass_id, actor)
    holder_id, holder_name = _holder(session, license_ids[0], actor)
    found = passes.qr_of(session, pass_id, now=now)
    if found is None:
        raise Conflict(NOT_OPEN)
    held = _licenses(session, holder_id, license_ids[0], actor)
    return found, holder_name, tuple(one for one in held if one.license_id in license_ids)


def withdraw(session: Session, pass_id: int, *, actor: Actor, now: datetime) -> int:
    """Makes a pass worthless; returns one of its licenses. Raises NotFound, Conflict when it was used."""
    license_ids = _seen(session, pass_id, actor)
    found = session.get_one(BindPass, pass_id, with_for_update=True)
    if found.ended_at is not None:
        raise Conflict(NOT_OPEN)
    passes.end(session, pass_id, now=now)
    detail = {"how": found.how, "license_ids": list(license_ids)}
    audit.record(session, "pass.withdraw", f"pass:{pass_id}", detail, actor=actor, now=now)
    return license_ids[0]


def _has_qr(found: BindPass) -> bool:
    return found.qr_cipher is not None or found.scene_cipher is not None


def _seen(session: Session, pass_id: int, actor: Actor) -> tuple[int, ...]:
    """Those of its licenses that the actor may see; somebody who sees none knows of no such pass."""
    chosen = (
        _own(select(License.id), actor)
        .join(BindPassLicense, BindPassLicense.license_id == License.id)
        .where(BindPassLicense.pass_id == pass_id)
        .order_by(License.id)
    )
    license_ids = tuple(session.execute(chosen).scalars())
    if not license_ids:
        raise NotFound(NOT_OPEN)
    return license_ids


def _holder(session: Session, license_id: int, actor: Actor) -> tuple[int, str]:
    chosen = _own(select(Holder.id, Holder.name).join(License, License.holder_id == Holder.id), actor)
    found = session.execute(chosen.where(License.id == license_id)).first()
    if found is None:
        raise NotFound(NOT_HERE)
    return found.id, found.name


def _must_be_one_holder(session: Session, license_ids: Collection[int], actor: Actor) -> None:
    chosen = _own(select(License.id, License.holder_id), actor)
    found = session.execute(
        chosen.where(License.id.in_(license_ids), License.state != LicenseState.CANCELLED)
    ).all()
    if len(found) != len(set(license_ids)) or len({row.holder_id for row in found}) > 1:
        raise NotFound(NOT_HERE)


def _licenses(session: Session, holder_id: int, first: int, actor: Actor) -> tuple[HeldLicense, ...]:
    people = (
        select(func.count(Binding.id))
        .where(Binding.license_id == License.id, Binding.unbound_at.is_(None))
        .scalar_subquery()
    )
    columns = (License.id, CatalogueEntry.license_name, License.license_no, License.expires_on)
    chosen = (
        _own(select(*columns, people.label("people")), actor)
        .join(CatalogueEntry, CatalogueEntry.id == License.catalogue_entry_id)
        .where(License.holder_id == holder_id, License.state != LicenseState.CANCELLED)
        .order_by(License.id != first, License.id)
        .limit(MOST)
    )
    return tuple(HeldLicense(*row) for row in session.execute(chosen))


def _own(query: Select[*tuple[Any, ...]], actor: Actor) -> Select[*tuple[Any, ...]]:
    """Rows of License in the departments the actor works for."""
    scope = department_scope(actor)
    return query if scope is None else query.where(_of_department(scope))


def _of_department(scope: int) -> ColumnElement[bool]:
    entry = select(CatalogueEntry.id).where(
        CatalogueEntry.id == License.catalogue_entry_id, CatalogueEntry.department_id == scope
    )
    return exists(entry.correlate(License))
