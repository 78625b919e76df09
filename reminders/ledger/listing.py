"""Lists the ledger for staff: their department's rows, soonest expiry first, phones masked."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, or_, select
from sqlalchemy.orm import Session

from reminders.crypto import Vault
from reminders.db import vault_of
from reminders.errors import Invalid
from reminders.rules.identity import mask_phone, name_key, number_key
from reminders.rules.lifecycle import DateKind, Expiry, LicenseState
from reminders.rules.permissions import Actor, department_scope
from reminders.tables.catalogue import CatalogueEntry
from reminders.tables.holders import Contact, Holder
from reminders.tables.ledger import License
from reminders.tables.windows import RenewalWindow

NO_DAY = "none"


@dataclass(frozen=True)
class Filters:
    """What a person asked for; None and "" leave a filter out. `after` is the cursor of the page before."""

    entry_id: int | None = None
    expires_from: date | None = None
    expires_to: date | None = None
    search: str = ""  # part of a holder's name, or the beginning of a license number
    after: str = ""
    limit: int = 50


@dataclass(frozen=True)
class Line:
    license_id: int
    holder_id: int
    entry_id: int
    license_name: str
    holder_name: str
    license_no: str | None
    state: LicenseState
    expiry: Expiry
    expires_on: date | None
    opens_on: date | None
    apply_by: date | None
    is_estimate: bool
    contact_name: str
    phone: str  # masked


@dataclass(frozen=True)
class Page:
    lines: tuple[Line, ...]
    after: str | None  # cursor of the next page, None on the last


def rows(session: Session, filters: Filters, *, actor: Actor) -> Page:
    """One page; licenses without an expiry date come last. Raises Invalid for a cursor nobody gave out."""
    statement = _lines().where(*_conditions(filters, actor), *_behind(filters.after))
    found = session.execute(
        statement.order_by(License.expires_on.is_(None), License.expires_on, License.id).limit(
            filters.limit + 1
        )
    ).all()
    lines = tuple(_line(record, vault_of(session)) for record in found[: filters.limit])
    return Page(lines, _cursor(lines[-1]) if len(found) > filters.limit else None)


def _lines() -> Select[*tuple[Any, ...]]:
    return (
        select(
            License.id,
            License.holder_id,
            License.catalogue_entry_id,
            CatalogueEntry.license_name,
            Holder.name.label("holder_name"),
            License.license_no,
            License.state,
            License.expiry,
            License.expires_on,
            RenewalWindow.opens_on,
            RenewalWindow.apply_by,
            RenewalWindow.is_estimate,
            Contact.name.label("contact_name"),
            Contact.phone_cipher,
        )
        .join(CatalogueEntry, CatalogueEntry.id == License.catalogue_entry_id)
        .join(Holder, Holder.id == License.holder_id)
        .outerjoin(Contact, Contact.id == License.contact_id)
        .outerjoin(
            RenewalWindow,
            and_(
                RenewalWindow.catalogue_entry_id == License.catalogue_entry_id,
                RenewalWindow.date_kind == DateKind.MAIN,
                RenewalWindow.expires_on == License.expires_on,
            ),
        )
    )


def _conditions(filters: Filters, actor: Actor) -> list[ColumnElement[bool]]:
    scope = department_scope(actor)
    asked: list[ColumnElement[bool]] = []
    if scope is not None:
        own = select(CatalogueEntry.id).where(CatalogueEntry.department_id == scope)
        asked.append(License.catalogue_entry_id.in_(own))
    if filters.entry_id is not None:
        asked.append(License.catalogue_entry_id == filters.entry_id)
    if filters.expires_from:
        asked.append(License.expires_on >= filters.expires_from)
    if filters.expires_to:
        asked.append(License.expires_on <= filters.expires_to)
    name, number = name_key(filters.search), number_key(filters.search)
    if name:
        by_name = Holder.name_key.contains(name, autoescape=True)
        asked.append(
            or_(by_name, License.number_key.startswith(number, autoescape=True)) if number else by_name
        )
    return asked


def _behind(cursor: str) -> list[ColumnElement[bool]]:
    if not cursor:
        return []
    day, _, last_id = cursor.partition("_")
    try:
        after_id = int(last_id)
        on = None if day == NO_DAY else date.fromisoformat(day)
    except ValueError:
        raise Invalid("页码不对，请从第一页重新打开") from None
    if on is None:
        return [License.expires_on.is_(None), License.id > after_id]
    same_day = and_(License.expires_on == on, License.id > after_id)
    return [or_(License.expires_on > on, same_day, License.expires_on.is_(None))]


def _cursor(line: Line) -> str:
    return f"{line.expires_on.isoformat() if line.expires_on else NO_DAY}_{line.license_id}"


def _line(record: Row[*tuple[Any, ...]], vault: Vault) -> Line:
    return Line(
        license_id=record.id,
        holder_id=record.holder_id,
        entry_id=record.catalogue_entry_id,
        license_name=record.license_name,
        holder_name=record.holder_name,
        license_no=record.license_no,
        state=record.state,
        expiry=record.expiry,
        expires_on=record.expires_on,
        opens_on=record.opens_on,
        apply_by=record.apply_by,
        is_estimate=bool(record.is_estimate),
        contact_name=record.contact_name or "",
        phone=mask_phone(vault.open(record.phone_cipher)) if record.phone_cipher else "",
    )
