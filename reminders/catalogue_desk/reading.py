"""Reads one entry with its versions, and the windows that nobody confirmed yet."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from reminders.errors import NotFound
from reminders.rules.catalogue_entry import (
    EntryFields,
    VersionState,
    changed,
    main_rule,
    thawed,
)
from reminders.rules.lifecycle import Confidence, LicenseState
from reminders.rules.permissions import Actor, department_scope
from reminders.rules.window import describe
from reminders.tables.catalogue import CatalogueEntry
from reminders.tables.catalogue_versions import CatalogueVersion
from reminders.tables.ledger import License
from reminders.tables.staff import Department

NOT_YOURS = "目录里没有这个事项，或者它不归您的科室。请从“目录”里重新打开。"


@dataclass(frozen=True)
class VersionLine:
    """`changes` names the fields that differ from the version before it."""

    id: int
    number: int
    effective_on: date
    state: VersionState
    fields: EntryFields
    window_text: str
    changes: tuple[str, ...]
    reason: str
    made_by_name: str
    made_at: datetime
    in_force_at: datetime | None


@dataclass(frozen=True)
class EntryDesk:
    """`fields` are those in force; `versions` newest first, empty while only the files spoke."""

    id: int
    item_name: str
    fields: EntryFields
    department: str
    companion_name: str
    window_text: str
    licenses: int
    is_active: bool
    paused_at: datetime | None
    rest_reason: str
    versions: tuple[VersionLine, ...]


@dataclass(frozen=True)
class Unconfirmed:
    """A kind whose window nobody confirmed; `licenses` hang on it."""

    id: int
    license_name: str
    department: str
    window_text: str
    basis: str
    basis_article: str
    confidence: Confidence
    licenses: int


@dataclass(frozen=True)
class Resting:
    """`next_on`: the day on which its next version comes into force."""

    id: int
    license_name: str
    is_active: bool
    is_paused: bool
    rest_reason: str
    next_on: date | None


def entry(session: Session, entry_id: int) -> EntryDesk:
    """Raises NotFound."""
    row = session.get(CatalogueEntry, entry_id)
    if row is None:
        raise NotFound(NOT_YOURS)
    versions = session.execute(
        select(CatalogueVersion)
        .where(CatalogueVersion.entry_id == entry_id)
        .order_by(CatalogueVersion.number)
    )
    fields = fields_of(row)
    department = session.get_one(Department, row.department_id).name
    return EntryDesk(
        id=row.id,
        item_name=row.item_name,
        fields=fields,
        department=department,
        companion_name=row.companion_name,
        window_text=describe(main_rule(fields)),
        licenses=_licenses(session).get(row.id, 0),
        is_active=row.is_active,
        paused_at=row.paused_at,
        rest_reason=row.rest_reason,
        versions=_lines(list(versions.scalars())),
    )


def in_reach(session: Session, entry_id: int, *, actor: Actor, to_change: bool = False) -> CatalogueEntry:
    """The row, for somebody who may change it. Raises NotFound outside the actor's department."""
    query = select(CatalogueEntry).where(CatalogueEntry.id == entry_id)
    scope = department_scope(actor)
    if scope is not None:
        query = query.where(CatalogueEntry.department_id == scope)
    query = query.with_for_update() if to_change else query
    row = session.execute(query.execution_options(populate_existing=True)).scalar_one_or_none()
    if row is None:
        raise NotFound(NOT_YOURS)
    return row


def unconfirmed(session: Session) -> tuple[Unconfirmed, ...]:
    """Kinds in force whose window is not confirmed, those with most licenses first."""
    found = session.execute(
        select(CatalogueEntry, Department.name)
        .join(Department, Department.id == CatalogueEntry.department_id)
        .where(CatalogueEntry.is_active.is_(True), CatalogueEntry.confidence != Confidence.CONFIRMED)
    )
    counts = _licenses(session)
    lines = [
        Unconfirmed(
            row.id,
            row.license_name,
            department,
            describe(main_rule(fields_of(row))),
            row.basis,
            row.basis_article,
            row.confidence,
            counts.get(row.id, 0),
        )
        for row, department in found
    ]
    return tuple(sorted(lines, key=lambda line: (-line.licenses, line.id)))


def fields_of(row: CatalogueEntry) -> EntryFields:
    return EntryFields(**{name: getattr(row, name) for name in EntryFields.__dataclass_fields__})


def _lines(rows: list[CatalogueVersion]) -> tuple[VersionLine, ...]:
    found, before = [], None
    for row in rows:
        fields = thawed(row.content)
        found.append(
            VersionLine(
                row.id,
                row.number,
                row.effective_on,
                row.state,
                fields,
                describe(main_rule(fields)),
                changed(before, fields) if before else (),
                row.reason,
                row.made_by_name,
                row.made_at,
                row.in_force_at,
            )
        )
        before = fields if row.state is not VersionState.CALLED_OFF else before
    return tuple(reversed(found))


def _licenses(session: Session) -> dict[int, int]:
    """Living licenses of each entry."""
    found = session.execute(
        select(License.catalogue_entry_id, func.count())
        .where(License.state != LicenseState.CANCELLED)
        .group_by(License.catalogue_entry_id)
    )
    return {row[0]: row[1] for row in found}


def resting(session: Session) -> tuple[Resting, ...]:
    """Entries that are paused or retired, and entries with a version that waits for its day."""
    coming = (
        select(CatalogueVersion.entry_id, func.min(CatalogueVersion.effective_on).label("next_on"))
        .where(CatalogueVersion.state == VersionState.COMING)
        .group_by(CatalogueVersion.entry_id)
        .subquery()
    )
    found = session.execute(
        select(CatalogueEntry, coming.c.next_on)
        .outerjoin(coming, coming.c.entry_id == CatalogueEntry.id)
        .where(
            or_(
                CatalogueEntry.is_active.is_(False),
                CatalogueEntry.paused_at.is_not(None),
                coming.c.next_on.is_not(None),
            )
        )
        .order_by(CatalogueEntry.id)
    )
    return tuple(
        Resting(row.id, row.license_name, row.is_active, row.paused_at is not None, row.rest_reason, next_on)
        for row, next_on in found
    )
