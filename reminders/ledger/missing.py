"""Tells which licenses a sheet should have had and has not; they are reported, never removed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from reminders.ledger.content import day_of
from reminders.ledger.sheets import SheetRow
from reminders.rules.lifecycle import LicenseState
from reminders.tables.catalogue import CatalogueEntry
from reminders.tables.holders import Holder
from reminders.tables.ledger import ImportRow, License


@dataclass(frozen=True)
class Span:
    """What a sheet speaks about: its kinds, from its first to its last expiry day.

    An extract of three months says nothing about the years after it, so those are not missing.
    """

    entry_ids: tuple[int, ...]
    first: str  # ISO
    last: str


@dataclass(frozen=True)
class Missing:
    license_id: int
    holder_id: int
    holder_name: str
    license_name: str
    license_no: str
    expires_on: date | None


def span_of(rows: Sequence[SheetRow]) -> Span | None:
    entries = {entry.row.entry_id for entry in rows if entry.row}
    days: list[date] = [entry.row.expires_on for entry in rows if entry.row and entry.row.expires_on]
    if not entries or not days:
        return None
    return Span(tuple(sorted(entries)), min(days).isoformat(), max(days).isoformat())


def count(session: Session, import_id: int, span: Span | None) -> int:
    if span is None:
        return 0
    return session.execute(select(func.count()).where(*_conditions(import_id, span))).scalar_one()


def listed(session: Session, import_id: int, span: Span | None, limit: int) -> tuple[Missing, ...]:
    """The first of them, soonest expiry first."""
    if span is None:
        return ()
    found = session.execute(
        select(
            License.id,
            Holder.id,
            Holder.name,
            CatalogueEntry.license_name,
            License.license_no,
            License.expires_on,
        )
        .join(Holder, Holder.id == License.holder_id)
        .join(CatalogueEntry, CatalogueEntry.id == License.catalogue_entry_id)
        .where(*_conditions(import_id, span))
        .order_by(License.expires_on, License.id)
        .limit(limit)
    )
    return tuple(
        Missing(id_, holder_id, holder, name, number or "", day)
        for id_, holder_id, holder, name, number, day in found
    )


def _conditions(import_id: int, span: Span) -> list[ColumnElement[bool]]:
    met = select(ImportRow.license_id).where(
        ImportRow.import_id == import_id, ImportRow.license_id.is_not(None)
    )
    return [
        License.catalogue_entry_id.in_(span.entry_ids),
        License.expires_on.between(day_of(span.first), day_of(span.last)),
        License.state != LicenseState.CANCELLED,
        License.id.not_in(met),
    ]
