"""Keeps the computed calendar, and the due days of licenses in step with it."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Any, cast

from sqlalchemy import ColumnElement, CursorResult, Select, and_, case, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from reminders.rules.dates import Workdays
from reminders.rules.lifecycle import DateKind, Expiry, LicenseState
from reminders.rules.stages import ladder
from reminders.rules.window import Unit, WindowRule, renewal_window
from reminders.tables.base import Base
from reminders.tables.catalogue import CatalogueEntry, Workday, WorkdayYear
from reminders.tables.ledger import License, LicenseBefore
from reminders.tables.ledger_writing import ImportWrite
from reminders.tables.windows import LadderStep, RenewalWindow

BATCH = 5_000
Combination = tuple[int, DateKind, date]
Row = type[License] | type[LicenseBefore] | type[ImportWrite]


def load_workdays(session: Session) -> Workdays:
    """The working calendar as of now: imported notices over the library's years over the estimate."""
    days = session.execute(select(Workday.on, Workday.is_workday))
    years = session.execute(select(WorkdayYear.year)).scalars()
    return Workdays(dict(days.all()), frozenset(years))


def of_expiry() -> ColumnElement[bool]:
    """Joins a license with the computed window of its expiry day."""
    return and_(
        RenewalWindow.catalogue_entry_id == License.catalogue_entry_id,
        RenewalWindow.date_kind == DateKind.MAIN,
        RenewalWindow.expires_on == License.expires_on,
    )


def with_window(statement: Select[*tuple[Any, ...]]) -> Select[*tuple[Any, ...]]:
    """The statement with that window, where there is one."""
    return statement.outerjoin(RenewalWindow, of_expiry())


def rule_of(entry: CatalogueEntry, kind: DateKind) -> WindowRule:
    """The renewal rule of one of an entry's two dates; `latest` None where it is not known."""
    if kind is DateKind.COMPANION:
        return WindowRule(None, entry.companion_latest, Unit(entry.companion_unit or Unit.DAY))
    return WindowRule(
        earliest=entry.renewal_earliest,
        latest=entry.renewal_latest,
        unit=Unit(entry.unit),
        also_latest=entry.also_latest,
        also_unit=Unit(entry.also_unit) if entry.also_unit else None,
    )


def ensure(session: Session, wanted: Iterable[Combination]) -> None:
    """Computes and stores what is missing of these windows and ladders; the rest stays as it is.

    Raises KeyError for an entry that is not in the catalogue.
    """
    missing = _missing(session, set(wanted))
    if not missing:
        return
    workdays = load_workdays(session)
    ids = {entry_id for entry_id, _ in missing}
    entries = session.execute(select(CatalogueEntry).where(CatalogueEntry.id.in_(ids))).scalars()
    by_id = {entry.id: entry for entry in entries}
    windows: list[dict[str, Any]] = []
    steps: list[dict[str, Any]] = []
    for (entry_id, kind), days in missing.items():
        rule = rule_of(by_id[entry_id], kind)
        for expires_on in days:
            key = {"catalogue_entry_id": entry_id, "date_kind": kind, "expires_on": expires_on}
            window = renewal_window(expires_on, rule, workdays)
            windows.append(
                key
                | {
                    "opens_on": window.opens_on,
                    "apply_by": window.apply_by,
                    "legal_last_day": window.legal_last_day,
                    "is_estimate": window.is_estimate,
                }
            )
            for position, step in enumerate(ladder(expires_on, window, workdays)):
                steps.append(key | {"position": position, "stage": step.stage, "due_on": step.due_on})
    _insert(session, RenewalWindow, windows)
    _insert(session, LadderStep, steps)


def set_first_due(session: Session, *, license_ids: Iterable[int] | None = None) -> None:
    """Sets the due days of these licenses (all, without a choice) to the first step of their ladders.

    A license that is not active, has no such date, or whose kind left the catalogue gets none.
    """
    if license_ids is None:
        _reset_due(session, [])
        return
    for some in _batches(license_ids):
        _reset_due(session, [License.id.in_(some)])


def first_due(row: Row) -> dict[str, ColumnElement[date | None]]:
    """The due days of a license as this row has it: the first steps of its ladders, which must be stored."""
    in_catalogue = row.catalogue_entry_id.in_(
        select(CatalogueEntry.id).where(CatalogueEntry.is_active.is_(True))
    )
    alive = (row.state == LicenseState.ACTIVE) & in_catalogue
    main = _first_day(row, DateKind.MAIN, row.expires_on)
    return {
        "next_due_on": case((alive & (row.expiry == Expiry.DATED), main)),
        "companion_due_on": case((alive, _first_day(row, DateKind.COMPANION, row.companion_on))),
    }


def recompute(session: Session, entry_ids: Iterable[int] | None) -> int:
    """Rebuilds windows and ladders of these entries (None: all) after a rule or the working calendar changed.

    Keeps exactly the days that licenses use, resets their due days to the first step, and returns how
    many licenses that touched.
    """
    ids = None if entry_ids is None else list(entry_ids)
    for table in (LadderStep, RenewalWindow):
        session.execute(delete(table).where(*_of_entries(table.catalogue_entry_id, ids)))
    ensure(session, _in_use(session, ids))
    return _reset_due(session, _of_entries(License.catalogue_entry_id, ids))


def _missing(session: Session, wanted: set[Combination]) -> Mapping[tuple[int, DateKind], set[date]]:
    asked: dict[tuple[int, DateKind], set[date]] = defaultdict(set)
    for entry_id, kind, expires_on in wanted:
        asked[entry_id, kind].add(expires_on)
    for (entry_id, kind), days in asked.items():
        stored = session.execute(
            select(RenewalWindow.expires_on).where(
                RenewalWindow.catalogue_entry_id == entry_id,
                RenewalWindow.date_kind == kind,
                RenewalWindow.expires_on.between(min(days), max(days)),
            )
        ).scalars()
        days.difference_update(stored)
    return {key: days for key, days in asked.items() if days}


def _in_use(session: Session, entry_ids: list[int] | None) -> Iterator[Combination]:
    for kind, day in ((DateKind.MAIN, License.expires_on), (DateKind.COMPANION, License.companion_on)):
        chosen = _of_entries(License.catalogue_entry_id, entry_ids)
        used = select(License.catalogue_entry_id, day).where(day.is_not(None), *chosen).distinct()
        for entry_id, expires_on in session.execute(used):
            if expires_on is not None:
                yield entry_id, kind, expires_on


def _reset_due(session: Session, chosen: list[ColumnElement[bool]]) -> int:
    statement = (
        update(License).where(*chosen).values(first_due(License)).execution_options(synchronize_session=False)
    )
    session.flush()
    result = cast(CursorResult[Any], session.execute(statement))
    for loaded in session.identity_map.values():
        if isinstance(loaded, License):
            session.expire(loaded, ["next_due_on", "companion_due_on"])
    return result.rowcount


def _first_day(row: Row, kind: DateKind, day: Any) -> ColumnElement[date]:
    first = select(LadderStep.due_on).where(
        LadderStep.catalogue_entry_id == row.catalogue_entry_id,
        LadderStep.date_kind == kind,
        LadderStep.expires_on == day,
        LadderStep.position == 0,
    )
    return first.correlate(row).scalar_subquery()


def _of_entries(column: Any, entry_ids: list[int] | None) -> list[ColumnElement[bool]]:
    return [] if entry_ids is None else [column.in_(entry_ids)]


def _insert(session: Session, table: type[Base], rows: list[dict[str, Any]]) -> None:
    insert: Any = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    for some in _batches(rows):
        session.execute(insert(table.__table__).on_conflict_do_nothing(), some)


def _batches(items: Iterable[Any]) -> Iterator[list[Any]]:
    whole = list(items)
    for start in range(0, len(whole), BATCH):
        yield whole[start : start + BATCH]
