"""Offers what else a phone proves that just proved itself: one person may look after many holders."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Select, func, select, true, update
from sqlalchemy.orm import Session

from reminders.binding import bonds
from reminders.binding.phone_code import Outcome
from reminders.errors import Conflict
from reminders.rules.identity import mask_holder
from reminders.rules.lifecycle import BindHow, BindRole, LicenseState
from reminders.tables.bindings import Binding, BindRequest
from reminders.tables.catalogue import CatalogueEntry
from reminders.tables.holders import Contact, Holder
from reminders.tables.ledger import License

PROOF_LASTS = timedelta(minutes=30)
MOST_AT_ONCE = 500
TOO_LATE = "核对手机已经超过 30 分钟。请回复“绑定”，重新用验证码核对一次。"


@dataclass(frozen=True)
class Offered:
    """One license that the phone proves and that is not bound yet; the name of a person is masked."""

    license_id: int
    license_name: str
    license_no: str | None
    holder_id: int
    holder_name: str
    expires_on: date | None


@dataclass(frozen=True)
class More:
    """How much more the phone proves: licenses, and the holders they belong to."""

    licenses: int
    holders: int


def more(session: Session, follower_id: int, *, now: datetime) -> More:
    """Nothing for somebody whose phone did not prove itself lately."""
    phone_hash = _proved_phone(session, follower_id, now)
    if phone_hash is None:
        return More(0, 0)
    counted = _unbound(
        select(func.count(License.id), func.count(License.holder_id.distinct())), follower_id, phone_hash
    )
    return More(*session.execute(counted).one())


def offered(session: Session, follower_id: int, *, now: datetime) -> tuple[Offered, ...]:
    """At most MOST_AT_ONCE, holder by holder."""
    phone_hash = _proved_phone(session, follower_id, now)
    if phone_hash is None:
        return ()
    columns = (
        License.id,
        CatalogueEntry.license_name,
        License.license_no,
        Holder.id,
        Holder.name,
        License.expires_on,
        Holder.kind,
    )
    chosen = (
        _unbound(select(*columns), follower_id, phone_hash)
        .join(CatalogueEntry, CatalogueEntry.id == License.catalogue_entry_id)
        .join(Holder, Holder.id == License.holder_id)
        .order_by(Holder.id, License.id)
        .limit(MOST_AT_ONCE)
    )
    return tuple(
        Offered(license_id, name, number, holder_id, mask_holder(holder, kind), on)
        for license_id, name, number, holder_id, holder, on, kind in session.execute(chosen)
    )


def take(
    session: Session, follower_id: int, license_ids: Collection[int] | None, *, now: datetime
) -> tuple[int, ...]:
    """Binds what of these the phone proves, all of it where None; the ledger counts as it is now.

    Raises Conflict when the proof is too old, Forbidden without consent.
    """
    phone_hash = _proved_phone(session, follower_id, now)
    if phone_hash is None:
        raise Conflict(TOO_LATE)
    chosen = _unbound(select(License.id), follower_id, phone_hash).order_by(License.id).limit(MOST_AT_ONCE)
    if license_ids is not None:
        chosen = chosen.where(License.id.in_(license_ids))
    found = tuple(session.execute(chosen).scalars())
    return bonds.bind(session, follower_id, found, BindHow.PHONE_CODE, now=now) if found else ()


def set_role(session: Session, follower_id: int, role: BindRole, *, everything: bool = False) -> int:
    """What they are to the holders of what has no role yet, or of everything; returns how many."""
    mine = (Binding.follower_id == follower_id, Binding.unbound_at.is_(None))
    changed = session.execute(
        update(Binding)
        .where(*mine, true() if everything else Binding.role.is_(None))
        .values(role=role)
        .returning(Binding.id)
        .execution_options(synchronize_session=False)
    ).all()
    return len(changed)


def _proved_phone(session: Session, follower_id: int, now: datetime) -> str | None:
    newest = (
        select(BindRequest.phone_hash)
        .where(BindRequest.follower_id == follower_id, BindRequest.outcome == Outcome.BOUND)
        .where(BindRequest.closed_at > now - PROOF_LASTS, BindRequest.phone_hash.is_not(None))
        .order_by(BindRequest.id.desc())
        .limit(1)
    )
    return session.execute(newest).scalar_one_or_none()


def _unbound(query: Select[*tuple[Any, ...]], follower_id: int, phone_hash: str) -> Select[*tuple[Any, ...]]:
    mine = select(Binding.license_id).where(Binding.follower_id == follower_id, Binding.unbound_at.is_(None))
    return (
        query.join(Contact, Contact.id == License.contact_id)
        .where(Contact.phone_hash == phone_hash, License.state != LicenseState.CANCELLED)
        .where(License.id.not_in(mine))
    )
