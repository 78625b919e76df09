"""Lists the ledger for staff: their department's rows in the columns of Annex 2, soonest expiry first."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, exists, select, tuple_
from sqlalchemy.orm import Session

from reminders import last_said, ledger_filters, windows
from reminders.crypto import Vault
from reminders.db import vault_of
from reminders.errors import Invalid
from reminders.last_said import Said
from reminders.ledger_filters import Filters
from reminders.rules.identity import mask_phone
from reminders.rules.lifecycle import Expiry, LicenseState
from reminders.rules.permissions import Actor
from reminders.tables.bindings import Binding
from reminders.tables.catalogue import CatalogueEntry
from reminders.tables.holders import Contact, Holder
from reminders.tables.ledger import License
from reminders.tables.windows import RenewalWindow

NO_DAY = "none"


@dataclass(frozen=True)
class Line:
    """One row; `position` is its 序号 in the list as asked for, `said` is None before the first reminder."""

    position: int
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
    is_bound: bool
    said: Said | None


@dataclass(frozen=True)
class Page:
    lines: tuple[Line, ...]
    after: str | None  # cursor of the next page, None on the last


@dataclass(frozen=True)
class _Place:
    """Behind which row a page begins: its expiry day (None: it has none), its id, its position."""

    on: date | None = None
    license_id: int = 0
    position: int = 0


def rows(session: Session, filters: Filters, *, actor: Actor, today: date) -> Page:
    """One page; licenses without an expiry date come last. Raises Invalid for a cursor nobody gave out."""
    vault, behind = vault_of(session), _place(filters.after)
    wanted = _lines().where(*ledger_filters.conditions(filters, vault, actor=actor, today=today))
    found: list[Row[*tuple[Any, ...]]] = []
    if behind is None or behind.on is not None:
        found += session.execute(_dated(wanted, behind).limit(filters.limit + 1)).all()
    if len(found) <= filters.limit:
        undated = _undated(wanted, behind).limit(filters.limit + 1 - len(found))
        found += session.execute(undated).all()
    shown = found[: filters.limit]
    said = last_said.of_licenses(session, [record.id for record in shown])
    before = behind.position if behind else 0
    lines = tuple(_line(before + number, record, said, vault) for number, record in enumerate(shown, start=1))
    return Page(lines, _cursor(lines[-1]) if len(found) > filters.limit else None)


def _lines() -> Select[*tuple[Any, ...]]:
    bound = exists().where(Binding.license_id == License.id, Binding.unbound_at.is_(None))
    columns: Select[*tuple[Any, ...]] = select(
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
        bound.label("is_bound"),
    )
    return windows.with_window(
        columns.join(CatalogueEntry, CatalogueEntry.id == License.catalogue_entry_id)
        .join(Holder, Holder.id == License.holder_id)
        .outerjoin(Contact, Contact.id == License.contact_id)
    )


def _dated(wanted: Select[*tuple[Any, ...]], behind: _Place | None) -> Select[*tuple[Any, ...]]:
    """In the order of an index, so that a page costs its rows and not the whole ledger."""
    later: list[ColumnElement[bool]] = []
    if behind:
        later.append(tuple_(License.expires_on, License.id) > (behind.on, behind.license_id))
    dated = wanted.where(License.expires_on.is_not(None), *later)
    return dated.order_by(License.expires_on, License.id)


def _undated(wanted: Select[*tuple[Any, ...]], behind: _Place | None) -> Select[*tuple[Any, ...]]:
    after_id = behind.license_id if behind and behind.on is None else 0
    return wanted.where(License.expires_on.is_(None), License.id > after_id).order_by(License.id)


def _place(cursor: str) -> _Place | None:
    if not cursor:
        return None
    try:
        day, last_id, position = cursor.split("_")
        on = None if day == NO_DAY else date.fromisoformat(day)
        return _Place(on, int(last_id), int(position))
    except ValueError:
        raise Invalid("页码不对，请从第一页重新打开") from None


def _cursor(line: Line) -> str:
    day = line.expires_on.isoformat() if line.expires_on else NO_DAY
    return f"{day}_{line.license_id}_{line.position}"


def _line(position: int, record: Row[*tuple[Any, ...]], said: Mapping[int, Said], vault: Vault) -> Line:
    return Line(
        position=position,
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
        is_bound=bool(record.is_bound),
        said=said.get(record.id),
    )
