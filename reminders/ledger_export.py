"""Writes the ledger as offices know it: the form of Annex 2, with who was reminded when filled in."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import IO, Any

from sqlalchemy import ColumnElement, Row, Select, func, select
from sqlalchemy.orm import Session

from reminders import audit, clock, spreadsheet
from reminders.crypto import Vault
from reminders.db import vault_of
from reminders.errors import Forbidden, NotFound
from reminders.rules.dates import minus_months
from reminders.rules.lifecycle import Channel, DeliveryState, Expiry, LicenseState, Purpose
from reminders.rules.permissions import Actor, department_scope
from reminders.rules.sheet_shape import Field
from reminders.spreadsheet import Column
from reminders.tables.catalogue import CatalogueEntry
from reminders.tables.deliveries import Delivery, DeliveryItem, Reminder
from reminders.tables.holders import Contact, Holder
from reminders.tables.ledger import License
from reminders.tables.staff import Department, Staff

TITLE = "威海市行政审批服务局证照到期提醒台账"
# Annex 2 in its order, then what makes the file importable again without loss.
COLUMNS = (
    Column(Field.POSITION, 6),
    Column(Field.HOLDER, 36),
    Column(Field.LICENSE, 28),
    Column(Field.EXPIRES_ON, 12),
    Column(Field.CONTACT, 12),
    Column(Field.PHONE, 16),
    Column(Field.REMINDED_ON, 12),
    Column(Field.REMINDED_BY, 14),
    Column(Field.NUMBER, 24),
    Column(Field.CREDIT_CODE, 22),
    Column(Field.ISSUED_ON, 12),
)
FOREVER = "长期"
SAID = (DeliveryState.ACCEPTED, DeliveryState.DELIVERED, DeliveryState.UNCONFIRMED)
BY_SYSTEM = {
    Channel.WECHAT: "系统（微信）",
    Channel.SUBSCRIPTION: "系统（微信订阅通知）",
    Channel.SMS: "系统（短信）",
    Channel.BUSINESS_SYSTEM: "系统（业务系统）",
    Channel.PHONE: "电话",
    Channel.LETTER: "函告",
}
BATCH = 2_000


def export(
    session: Session,
    target: str | IO[bytes],
    *,
    department: str = "",
    within_months: int | None = 3,
    mark: str = "",
    actor: Actor,
    now: datetime,
) -> int:
    """Writes what expires from today on within so many months (None: the whole stock); returns how many rows.

    Cancelled licenses are left out. Raises NotFound for a department that does not exist, Forbidden for
    another one's rows. `mark` stands behind the title. The file holds phones in full: the audit keeps who
    took it.
    """
    chosen, heading = _department(session, department, actor)
    today = clock.civil_date(now)
    if within_months is not None:
        chosen.append(License.expires_on.between(today, minus_months(today, -within_months)))
    statement = _lines().where(License.state != LicenseState.CANCELLED, *chosen)
    count = spreadsheet.write_table(
        target,
        sheet_name="台账",
        lines_above=(TITLE + mark, f"科室：{heading}"),
        columns=COLUMNS,
        rows=_rows(session, statement),
    )
    audit.record(
        session,
        "ledger.export",
        f"department:{heading or 'all'}",
        {"rows": count, "within_months": within_months},
        actor=actor,
        now=now,
    )
    return count


def _department(session: Session, name: str, actor: Actor) -> tuple[list[ColumnElement[bool]], str]:
    """The condition, and the name that stands above the table."""
    scope = department_scope(actor)
    if not name and scope is None:
        return [], ""
    wanted = Department.name == name if name else Department.id == scope
    found = session.execute(select(Department).where(wanted)).scalar_one_or_none()
    if found is None:
        raise NotFound(f"没有“{name}”这个科室，请核对名称")
    if scope not in (None, found.id):
        raise Forbidden("您只能导出本科室的台账")
    return [CatalogueEntry.department_id == found.id], found.name


def _lines() -> Select[*tuple[Any, ...]]:
    said = _last_said()
    return (
        select(
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
        .join(Holder, Holder.id == License.holder_id)
        .join(CatalogueEntry, CatalogueEntry.id == License.catalogue_entry_id)
        .outerjoin(Contact, Contact.id == License.contact_id)
        .outerjoin(said, (said.c.license_id == License.id) & (said.c.newest == 1))
        .order_by(License.expires_on.is_(None), License.expires_on, License.id)
    )


def _last_said() -> Any:
    """Per license the newest message or call that said something about one of its present dates."""
    at = func.coalesce(Delivery.accepted_at, Delivery.final_at, type_=Delivery.accepted_at.type)
    return (
        select(
            Reminder.license_id,
            at.label("at"),
            Delivery.channel,
            Delivery.closed_by,
            func.row_number()
            .over(partition_by=Reminder.license_id, order_by=(at.desc(), Delivery.id.desc()))
            .label("newest"),
        )
        .join(DeliveryItem, DeliveryItem.reminder_id == Reminder.id)
        .join(Delivery, Delivery.id == DeliveryItem.delivery_id)
        .join(License, License.id == Reminder.license_id)
        .where(
            Delivery.purpose == Purpose.REMINDER,
            Delivery.state.in_(SAID),
            DeliveryItem.dropped_reason == "",
            (Reminder.expires_on == License.expires_on) | (Reminder.expires_on == License.companion_on),
        )
        .subquery()
    )


def _rows(
    session: Session, statement: Select[*tuple[Any, ...]]
) -> Iterator[Sequence[str | int | date | None]]:
    vault = vault_of(session)
    names = _staff_names(session)
    found = session.execute(statement.execution_options(yield_per=BATCH))
    for position, record in enumerate(found, start=1):
        yield _row(position, record, names, vault)


def _row(
    position: int, record: Row[*tuple[Any, ...]], names: Mapping[str, str], vault: Vault
) -> Sequence[str | int | date | None]:
    by_person = names.get(record.closed_by or "")
    return (
        position,
        record.holder_name,
        record.license_name,
        FOREVER if record.expiry is Expiry.NONE else record.expires_on,
        record.contact_name,
        vault.open(record.phone_cipher) if record.phone_cipher else None,
        clock.civil_date(record.at) if record.at else None,
        (by_person or BY_SYSTEM[record.channel]) if record.channel else None,
        record.license_no,
        record.credit_code,
        record.issued_on,
    )


def _staff_names(session: Session) -> Mapping[str, str]:
    """Names by the way the deliveries and the audit write a person: `staff:3`."""
    return {f"staff:{id_}": name for id_, name in session.execute(select(Staff.id, Staff.name))}
