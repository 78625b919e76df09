"""The catalogue of license kinds: loads it from its files, shows it, and imports working calendars."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from datetime import date, datetime
from typing import Any, TypeVar

from sqlalchemy import Select, delete, select
from sqlalchemy.orm import Session

from reminders import audit, windows
from reminders.errors import Invalid, NotFound
from reminders.rules import catalogue_sheet, workday_sheet
from reminders.rules.catalogue_entry import NEED_AN_OFFICER, NO_OFFICER
from reminders.rules.dates import Workdays, minus_days, minus_months
from reminders.rules.facts import material_list, missing_service_facts
from reminders.rules.lifecycle import Channel, Confidence, DateKind, Role
from reminders.rules.permissions import Actor
from reminders.rules.stages import first_day
from reminders.rules.window import WindowRule, describe, renewal_window
from reminders.tables.catalogue import CatalogueEntry, Workday, WorkdayYear
from reminders.tables.staff import Department, Staff

WINDOW_FIELDS = {
    *("renewal_earliest", "renewal_latest", "unit", "also_latest", "also_unit"),
    *("companion_latest", "companion_unit", "is_active"),
}
T = TypeVar("T", Department, CatalogueEntry)
EXAMPLE_MONTHS = (5, 9, 13)  # the last day of the month before: far enough that the window is still to come
LATE_DECEMBER = (12, 25)  # these days may belong to the next year's notice


@dataclass(frozen=True)
class FieldChange:
    """One field of one department or entry that the files changed."""

    name: str
    field: str
    old: object
    new: object


@dataclass(frozen=True)
class CatalogueChanges:
    """What a load did; `licenses_recomputed` counts licenses whose dates were computed anew.

    `kept` are departments and entries that the files leave alone, because the console changed them since.
    """

    added: tuple[str, ...]
    changed: tuple[FieldChange, ...]
    licenses_recomputed: int
    kept: tuple[str, ...] = ()


@dataclass(frozen=True)
class WorkdayImport:
    years: tuple[int, ...]
    days: int
    licenses_recomputed: int


@dataclass(frozen=True)
class EntryView:
    """A license kind with what its department adds; with `missing_facts` nothing is sent from it."""

    id: int
    item_name: str
    license_name: str
    aliases: str
    department_id: int
    department: str
    validity_text: str
    validity_years_min: int | None
    validity_years_max: int | None
    holder_kind: str
    rule: WindowRule
    window_text: str
    companion_name: str
    companion_rule: WindowRule
    companion_text: str
    companion_basis: str
    basis: str
    basis_article: str
    confidence: Confidence
    materials: tuple[str, ...]
    counter: str
    counter_hours: str
    service_phone: str
    method: Channel
    is_sample: bool
    is_active: bool
    missing_facts: tuple[str, ...]


@dataclass(frozen=True)
class Example:
    """What the rule of a license kind gives for one day of expiry, and when its first reminder comes."""

    expires_on: date
    opens_on: date | None
    apply_by: date
    legal_last_day: date
    first_on: date
    is_estimate: bool


def load(
    session: Session, entries_csv: str, departments_csv: str, *, actor: Actor, now: datetime
) -> CatalogueChanges:
    """Makes the catalogue equal to the two files; loading the same files again changes nothing.

    An entry that is no longer in the file is retired, never deleted. Licenses of an entry whose window rule
    changed get new dates. Raises Invalid naming every fault of both files; then nothing is changed.
    """
    entry_rows, department_rows = catalogue_sheet.parse(entries_csv, departments_csv)
    writer = _Writer(session, actor, now)
    stored = {row.name: row for row in session.execute(select(Department)).scalars()}
    for row in department_rows:
        department = stored.get(row.name)
        if department is not None and department.edited_at is not None:
            writer.kept.append(row.name)
            continue
        if department is not None and department.method != row.method and row.method in NEED_AN_OFFICER:
            _insist_on_an_officer(session, department)
        stored[row.name] = writer.put(Department, department, row.name, asdict(row))
    session.flush()
    moved = _load_entries(session, entry_rows, {name: row.id for name, row in stored.items()}, writer)
    return CatalogueChanges(
        added=tuple(writer.added),
        changed=tuple(writer.changed),
        licenses_recomputed=windows.recompute(session, moved) if moved else 0,
        kept=tuple(writer.kept),
    )


def entries(session: Session) -> list[EntryView]:
    """The entries in force, in the order of Annex 1."""
    in_force = _entries().where(CatalogueEntry.is_active.is_(True)).order_by(CatalogueEntry.id)
    return [_view(*found) for found in session.execute(in_force)]


def entry(session: Session, entry_id: int) -> EntryView:
    """One entry, also a retired one. Raises NotFound."""
    found = session.execute(_entries().where(CatalogueEntry.id == entry_id)).one_or_none()
    if found is None:
        raise NotFound("目录中没有这个事项")
    return _view(*found)


def online(session: Session, entry_id: int) -> tuple[bool | None, str]:
    """Whether a kind can be applied for online, None where nobody has checked; and the address for it."""
    found = session.execute(
        select(CatalogueEntry.is_online, CatalogueEntry.online_url).where(CatalogueEntry.id == entry_id)
    ).one_or_none()
    if found is None:
        raise NotFound("目录中没有这个事项")
    return found[0], found[1]


def examples(session: Session, shown: EntryView, today: date) -> tuple[Example, ...]:
    """The rule on three days of expiry of the coming year; none where the rule is not known."""
    if shown.rule.latest is None:
        return ()
    workdays = windows.load_workdays(session)
    days = (minus_days(minus_months(today.replace(day=1), -months), 1) for months in EXAMPLE_MONTHS)
    return tuple(_example(day, shown.rule, workdays) for day in days)


def import_workdays(
    session: Session,
    csv_text: str,
    *,
    years: Mapping[int, str] | None = None,
    actor: Actor,
    now: datetime,
) -> WorkdayImport:
    """Takes over the holidays and make-up days of whole years, then computes every license's dates anew.

    `years` maps years the file does not name itself to the notice's number. Raises Invalid.
    """
    notice = workday_sheet.parse(csv_text, years or {})
    known = set(session.execute(select(WorkdayYear.year)).scalars()) | set(notice.years)
    for year, source in sorted(notice.years.items()):
        last = date(year, *LATE_DECEMBER) if year + 1 in known - set(notice.years) else date(year + 1, 1, 1)
        session.execute(delete(Workday).where(Workday.on >= date(year, 1, 1), Workday.on < last))
        session.merge(WorkdayYear(year=year, source=source, imported_at=now))
        audit.record(
            session, "workdays.import", f"workday_year:{year}", {"source": source}, actor=actor, now=now
        )
    for day in notice.days:
        session.merge(Workday(on=day.on, is_workday=day.is_workday, note=day.note))
    session.flush()
    touched = windows.recompute(session, None)
    return WorkdayImport(tuple(sorted(notice.years)), len(notice.days), touched)


class _Writer:
    """Puts rows in place field by field, notes what changed, and tells the audit."""

    def __init__(self, session: Session, actor: Actor, now: datetime) -> None:
        self.session, self.actor, self.now = session, actor, now
        self.added: list[str] = []
        self.changed: list[FieldChange] = []
        self.kept: list[str] = []

    def put(self, table: type[T], row: T | None, name: str, values: Mapping[str, object]) -> T:
        """Makes the row's fields equal to `values`; None makes a new row."""
        is_new = row is None
        row = table() if row is None else row
        old = {field: getattr(row, field) for field, value in values.items() if getattr(row, field) != value}
        if not old:
            return row
        for field in old:
            setattr(row, field, values[field])
        if isinstance(row, CatalogueEntry):
            row.updated_at = self.now
        self.session.add(row)
        self.session.flush()
        if is_new:
            self.added.append(name)
        else:
            self.changed += [FieldChange(name, field, was, values[field]) for field, was in old.items()]
        self._tell(row, {field: [was, values[field]] for field, was in old.items()}, is_new=is_new)
        return row

    def _tell(self, row: Department | CatalogueEntry, detail: Mapping[str, object], *, is_new: bool) -> None:
        action = f"{row.__tablename__}.{'add' if is_new else 'change'}"
        subject = f"{row.__tablename__}:{row.id}"
        audit.record(self.session, action, subject, detail, actor=self.actor, now=self.now)


def _insist_on_an_officer(session: Session, department: Department) -> None:
    named = select(Staff.id).where(Staff.department_id == department.id, Staff.role == Role.OFFICER)
    if session.execute(named.where(Staff.is_active).limit(1)).first() is None:
        raise Invalid(NO_OFFICER.format(name=department.name))


def _load_entries(
    session: Session,
    rows: Iterable[catalogue_sheet.EntryRow],
    department_ids: Mapping[str, int],
    writer: _Writer,
) -> list[int]:
    """Puts the entries in place; returns the ids of those whose licenses need new dates."""
    stored = {row.id: row for row in session.execute(select(CatalogueEntry)).scalars()}
    names = {row.id: row.license_name for row in stored.values()}
    edited = {row.id for row in stored.values() if row.edited_at is not None}
    writer.kept += [stored.pop(entry_id).license_name for entry_id in sorted(edited)]
    for row in rows:
        if row.id in edited:
            continue
        values = asdict(row) | {"department_id": department_ids[row.department], "is_active": True}
        values.pop("department")
        writer.put(CatalogueEntry, stored.pop(row.id, None), row.license_name, values)
        names[row.id] = row.license_name
    for gone in stored.values():
        writer.put(CatalogueEntry, gone, gone.license_name, {"is_active": False})
    moved = {change.name for change in writer.changed if change.field in WINDOW_FIELDS}
    return sorted(entry_id for entry_id, name in names.items() if name in moved)


def _example(expires_on: date, rule: WindowRule, workdays: Workdays) -> Example:
    window = renewal_window(expires_on, rule, workdays)
    assert window.apply_by is not None
    assert window.legal_last_day is not None
    return Example(
        expires_on=expires_on,
        opens_on=window.opens_on,
        apply_by=window.apply_by,
        legal_last_day=window.legal_last_day,
        first_on=first_day(expires_on, window),
        is_estimate=window.is_estimate,
    )


def _entries() -> Select[CatalogueEntry, Department]:
    return select(CatalogueEntry, Department).join(Department, Department.id == CatalogueEntry.department_id)


def _view(row: CatalogueEntry, department: Department) -> EntryView:
    rule, companion = (windows.rule_of(row, kind) for kind in (DateKind.MAIN, DateKind.COMPANION))
    materials = material_list(row.materials)
    own = {field.name for field in fields(EntryView)} & set(CatalogueEntry.__table__.columns.keys())
    values: dict[str, Any] = {name: getattr(row, name) for name in own} | {
        "department": department.name,
        "rule": rule,
        "window_text": describe(rule),
        "companion_rule": companion,
        "companion_text": describe(companion) if row.companion_name else "",
        "materials": materials,
        "counter": department.counter,
        "counter_hours": department.counter_hours,
        "service_phone": department.service_phone,
        "method": department.method,
        "is_sample": department.is_sample,
        "missing_facts": (() if rule.latest is not None else ("申请换证时限",))
        + missing_service_facts(department.counter, department.service_phone, materials),
    }
    return EntryView(**values)
