"""Writes the ledger as offices know it: the form of Annex 2, with who was reminded when filled in."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import IO, Any

from sqlalchemy import ColumnElement, Row, Select, select
from sqlalchemy.orm import Session

from reminders import audit, clock, last_said, ledger_filters, spreadsheet, windows
from reminders.crypto import Vault
from reminders.db import vault_of
from reminders.errors import Forbidden, NotFound
from reminders.ledger_filters import Filters
from reminders.rules.lifecycle import Expiry, LicenseState
from reminders.rules.permissions import Actor, department_scope
from reminders.rules.sheet_shape import Field
from reminders.rules.status import StatusKey
from reminders.spreadsheet import Column
from reminders.tables.catalogue import CatalogueEntry
from reminders.tables.holders import Contact, Holder
from reminders.tables.ledger import License
from reminders.tables.staff import Department

TITLE = "威海市行政审批服务局证照到期提醒台账"
# Annex 2 in its order, then what makes the file importable again without loss.
COLUMNS = (
    Column(Field.POSITION, 6),
    Column(Field.HOLDER, 36),
    Column(Field.LICENSE, 28),
    Column(Field.EXPIRES_ON, 12),
    Column(Field.CONTACT, 12),
    Column(Field.PHONE, 16, is_text=True),
    Column(Field.REMINDED_ON, 12),
    Column(Field.REMINDED_BY, 14),
    Column(Field.NUMBER, 24, is_text=True),
    Column(Field.CREDIT_CODE, 22, is_text=True),
    Column(Field.ISSUED_ON, 12),
)
FOREVER = "长期"
BATCH = 2_000
MOST_NAMED = 500
NEXT_MONTHS = Filters(within_months=3)  # what the plan asks for


def export(
    session: Session,
    target: str | IO[bytes],
    *,
    department: str = "",
    filters: Filters = NEXT_MONTHS,
    mark: str = "",
    actor: Actor,
    now: datetime,
) -> int:
    """Writes the rows that `filters` choose; returns how many.

    Cancelled licenses are left out unless they are asked for. Raises NotFound for a department that does not
    exist, Forbidden for another one's rows. `mark` stands behind the title. 联系方式 is written in full,
    because a masked phone could not come back: the audit keeps who took how many.
    """
    chosen, heading = _department(session, department, filters, actor)
    today = clock.civil_date(now)
    chosen += ledger_filters.conditions(filters, vault_of(session), actor=actor, today=today)
    if filters.status is not StatusKey.CANCELLED:
        chosen.append(License.state != LicenseState.CANCELLED)
    kept: list[int] = []
    count = _write(target, heading, mark, _rows(session, _lines().where(*chosen), kept))
    audit.record(
        session,
        "ledger.export",
        f"department:{heading or 'all'}",
        {"rows": count, **_told(filters), **_named(filters, kept)},
        actor=actor,
        now=now,
    )
    return count


def blank(session: Session, target: str | IO[bytes], *, mark: str = "", actor: Actor) -> None:
    """Writes the form without a row, for who has no sheet yet; filled in, it is imported as it is."""
    _, heading = _department(session, "", Filters(), actor)
    _write(target, heading, mark, ())


def _write(
    target: str | IO[bytes], heading: str, mark: str, rows: Iterable[Sequence[str | int | date | None]]
) -> int:
    return spreadsheet.write_table(
        target,
        sheet_name="台账",
        lines_above=(TITLE + mark, f"科室：{heading}"),
        columns=COLUMNS,
        rows=rows,
    )


def _department(
    session: Session, name: str, filters: Filters, actor: Actor
) -> tuple[list[ColumnElement[bool]], str]:
    """The condition, and the name that stands above the table."""
    scope = department_scope(actor)
    asked = filters.department_id or scope
    if not name and asked is None:
        return [], ""
    wanted = Department.name == name if name else Department.id == asked
    found = session.execute(select(Department).where(wanted)).scalar_one_or_none()
    if found is None:
        raise NotFound(f"没有“{name}”这个科室，请核对名称")
    if scope not in (None, found.id):
        raise Forbidden("您只能导出本科室的台账")
    return [CatalogueEntry.department_id == found.id], found.name


def _told(filters: Filters) -> dict[str, str | int | bool]:
    """What was asked for, as the audit keeps it; what was searched may be a person's name and stays out."""
    asked: dict[str, str | int | bool | None] = {
        "entry": filters.entry_id,
        "status": filters.status,
        "channel": filters.channel or None,
        "is_bound": filters.is_bound,
        "within_months": filters.within_months,
        "from": _iso(filters.expires_from),
        "to": _iso(filters.expires_to),
        "is_searched": True if filters.search else None,
    }
    return {name: value for name, value in asked.items() if value is not None}


def _named(filters: Filters, license_ids: Sequence[int]) -> dict[str, list[int]]:
    """Which rows, where what was asked for does not tell it later: holders may read who took their number."""
    by_days_only = Filters(
        entry_id=filters.entry_id,
        department_id=filters.department_id,
        within_months=filters.within_months,
        expires_from=filters.expires_from,
        expires_to=filters.expires_to,
    )
    if filters == by_days_only or len(license_ids) > MOST_NAMED:
        return {}
    return {"licenses": list(license_ids)}


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _lines() -> Select[*tuple[Any, ...]]:
    said = last_said.each()
    columns: Select[*tuple[Any, ...]] = select(
        License.id,
        Holder.name.label("holder_name"),
        CatalogueEntry.license_name,
        License.expiry,
        License.expires_on,
        Contact.name.label("contact_name"),
        Contact.phone_cipher,
        said.c.at,
        said.c.channel,
        said.c.closed_by,
        License.license_no,
        Holder.credit_code,
        License.issued_on,
    )
    return windows.with_window(
        columns.join(Holder, Holder.id == License.holder_id)
        .join(CatalogueEntry, CatalogueEntry.id == License.catalogue_entry_id)
        .outerjoin(Contact, Contact.id == License.contact_id)
        .outerjoin(said, (said.c.license_id == License.id) & (said.c.newest == 1))
    ).order_by(License.expires_on.is_(None), License.expires_on, License.id)


def _rows(
    session: Session, statement: Select[*tuple[Any, ...]], kept: list[int]
) -> Iterator[Sequence[str | int | date | None]]:
    vault = vault_of(session)
    names = last_said.staff_names(session)
    found = session.execute(statement.execution_options(yield_per=BATCH))
    for position, record in enumerate(found, start=1):
        kept.append(record.id)
        yield _row(position, record, names, vault)


def _row(
    position: int, record: Row[*tuple[Any, ...]], names: Mapping[str, str], vault: Vault
) -> Sequence[str | int | date | None]:
    return (
        position,
        record.holder_name,
        record.license_name,
        FOREVER if record.expiry is Expiry.NONE else record.expires_on,
        record.contact_name,
        vault.open(record.phone_cipher) if record.phone_cipher else None,
        clock.civil_date(record.at) if record.at else None,
        last_said.by(record.channel, record.closed_by, names) if record.channel else None,
        record.license_no,
        record.credit_code,
        record.issued_on,
    )
