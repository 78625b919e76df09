"""What else the holders of somebody's licenses hold, under phones that they did not prove yet."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from reminders.binding import phone_code
from reminders.errors import NotFound
from reminders.rules.identity import mask_holder
from reminders.rules.lifecycle import LicenseState
from reminders.tables.bindings import Binding, Follower
from reminders.tables.catalogue import CatalogueEntry
from reminders.tables.holders import Contact, Holder
from reminders.tables.ledger import License

MOST = 50
NOT_HERE = "没有找到这本证照，可能已经绑定了。请刷新页面。"


@dataclass(frozen=True)
class Elsewhere:
    """One license by its kind only; number, dates and phone are told to whoever proves it theirs."""

    license_id: int
    license_name: str
    holder_id: int
    holder_name: str
    has_phone: bool


def count_elsewhere(session: Session, follower_id: int) -> int:
    counted = _others(select(func.count(License.id.distinct())), follower_id)
    return int(session.execute(counted).scalar_one())


def elsewhere(session: Session, follower_id: int) -> tuple[Elsewhere, ...]:
    """At most MOST, holder by holder. Nothing for somebody known by a phone only."""
    columns = (
        License.id,
        CatalogueEntry.license_name,
        Holder.id,
        Holder.name,
        Holder.kind,
        Contact.id.is_not(None),
    )
    found = session.execute(
        _others(select(*columns), follower_id)
        .join(CatalogueEntry, CatalogueEntry.id == License.catalogue_entry_id)
        .join(Holder, Holder.id == License.holder_id)
        .outerjoin(Contact, Contact.id == License.contact_id)
        .order_by(Holder.id, License.id)
        .limit(MOST)
    )
    return tuple(
        Elsewhere(license_id, name, holder_id, mask_holder(holder, kind), bool(has_phone))
        for license_id, name, holder_id, holder, kind, has_phone in found
    )


def start_elsewhere(session: Session, follower_id: int, license_id: int, *, now: datetime) -> datetime | None:
    """Sends a code to the phone of one of these; otherwise as `start`. Raises NotFound for any other."""
    mine = _others(select(License.id), follower_id).where(License.id == license_id)
    if session.execute(mine).first() is None:
        raise NotFound(NOT_HERE)
    return phone_code.start_at(session, follower_id, license_id, now=now)


def _others(query: Select[*tuple[Any, ...]], follower_id: int) -> Select[*tuple[Any, ...]]:
    bound = (
        select(Binding.license_id)
        .join(Follower, Follower.id == Binding.follower_id)
        .where(Binding.follower_id == follower_id, Binding.unbound_at.is_(None), ~Follower.by_phone)
    )
    holders = select(License.holder_id).where(License.id.in_(bound)).scalar_subquery()
    return query.where(
        License.holder_id.in_(holders), License.id.not_in(bound), License.state != LicenseState.CANCELLED
    )
