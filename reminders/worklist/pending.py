"""Lists the calls that wait, each with its script."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Select, and_, case, exists, select, tuple_
from sqlalchemy.orm import Session

from reminders import calls, clock
from reminders.db import vault_of
from reminders.rules.call_script import script
from reminders.rules.facts import MAIN_DATE, FiveFacts, material_list
from reminders.rules.identity import mask_phone
from reminders.rules.lifecycle import CallOutcome, DateKind, Stage
from reminders.rules.permissions import Actor, department_scope
from reminders.tables.catalogue import CatalogueEntry
from reminders.tables.deliveries import Delivery, DeliveryItem, Reminder
from reminders.tables.holders import Contact, Holder
from reminders.tables.ledger import License
from reminders.tables.staff import Department
from reminders.tables.windows import RenewalWindow
from reminders.worklist import access

PAGE = 50
Key = tuple[datetime, int]


@dataclass(frozen=True)
class CallItem:
    """One date of one license to speak about."""

    reminder_id: int
    license_id: int
    stage: Stage
    facts: FiveFacts


@dataclass(frozen=True)
class Call:
    """One person to call, about everything of theirs that is due; the phone is masked, see `reveal_phone`.

    `phone` is empty when the ledger has none for this person. `reason` says why a call is needed.
    """

    delivery_id: int
    contact_name: str
    phone: str
    for_day: date
    next_at: datetime
    tries: int
    last_outcome: CallOutcome | None
    note: str
    reason: str
    items: tuple[CallItem, ...]
    script: str


@dataclass(frozen=True)
class CallPage:
    """`after` is the key of the next page, None on the last one."""

    calls: tuple[Call, ...]
    after: Key | None


def pending(
    session: Session,
    *,
    actor: Actor,
    now: datetime | None = None,
    after: Key | None = None,
    limit: int = PAGE,
) -> CallPage:
    """Calls in which the actor's department has a part, the longest waiting first.

    A call tells a person everything at once, so it shows other departments' licenses of that person too.
    With `now`, calls put off to a later moment are left out.
    """
    rows = session.execute(_waiting(department_scope(actor), now, after).limit(limit + 1)).all()
    shown = rows[:limit]
    items = _items(session, [delivery.id for delivery, *_ in shown])
    today = clock.civil_date(now) if now else None
    return CallPage(
        tuple(
            _call(session, delivery, contact_name or "", phone_cipher, items[delivery.id], today)
            for delivery, contact_name, phone_cipher in shown
        ),
        (shown[-1][0].next_at, shown[-1][0].id) if len(rows) > limit else None,
    )


def _waiting(scope: int | None, now: datetime | None, after: Key | None) -> Select[Delivery, str, bytes]:
    worth = (
        exists()
        .where(DeliveryItem.delivery_id == Delivery.id, DeliveryItem.dropped_reason == "")
        .where(Reminder.id == DeliveryItem.reminder_id, License.id == Reminder.license_id)
        .where(calls.is_worth_saying())
    )
    query = (
        select(Delivery, Contact.name, Contact.phone_cipher)
        .outerjoin(Contact, Contact.id == Delivery.contact_id)
        .where(*access.open_calls(), worth, *access.concerns(scope))
        .order_by(Delivery.next_at, Delivery.id)
    )
    if now is not None:
        query = query.where(Delivery.next_at <= now)
    return query if after is None else query.where(tuple_(Delivery.next_at, Delivery.id) > after)


def _items(session: Session, delivery_ids: Sequence[int]) -> dict[int, list[CallItem]]:
    """In the order of the last day to apply."""
    window = and_(
        RenewalWindow.catalogue_entry_id == License.catalogue_entry_id,
        RenewalWindow.date_kind == Reminder.date_kind,
        RenewalWindow.expires_on == Reminder.expires_on,
    )
    date_name = case((Reminder.date_kind == DateKind.MAIN, MAIN_DATE), else_=CatalogueEntry.companion_name)
    found = session.execute(
        select(DeliveryItem.delivery_id, Reminder, License, CatalogueEntry, Department, Holder.name)
        .add_columns(RenewalWindow, date_name)
        .join(Reminder, Reminder.id == DeliveryItem.reminder_id)
        .join(License, License.id == Reminder.license_id)
        .join(CatalogueEntry, CatalogueEntry.id == License.catalogue_entry_id)
        .join(Department, Department.id == CatalogueEntry.department_id)
        .join(Holder, Holder.id == License.holder_id)
        .outerjoin(RenewalWindow, window)
        .where(DeliveryItem.delivery_id.in_(delivery_ids), DeliveryItem.dropped_reason == "")
        .where(calls.is_worth_saying())
        .order_by(RenewalWindow.apply_by, DeliveryItem.id)
    )
    items: dict[int, list[CallItem]] = {delivery_id: [] for delivery_id in delivery_ids}
    for delivery_id, reminder, license_, entry, department, holder_name, window_row, name in found:
        facts = _facts(reminder, license_, entry, department, holder_name, window_row, name)
        items[delivery_id].append(CallItem(reminder.id, license_.id, reminder.stage, facts))
    return items


def _facts(
    reminder: Reminder,
    license_: License,
    entry: CatalogueEntry,
    department: Department,
    holder_name: str,
    window: RenewalWindow | None,
    date_name: str,
) -> FiveFacts:
    return FiveFacts(
        license_name=entry.license_name,
        holder_name=holder_name,
        license_no=license_.license_no,
        date_name=date_name,
        expires_on=reminder.expires_on,
        opens_on=window.opens_on if window else None,
        apply_by=window.apply_by if window else None,
        is_estimate=window.is_estimate if window else False,
        confidence=entry.confidence,
        counter=department.counter,
        counter_hours=department.counter_hours,
        service_phone=department.service_phone,
        materials=material_list(entry.materials),
        department=department.name,
        basis=entry.basis,
        basis_article=entry.basis_article,
    )


def _call(
    session: Session,
    delivery: Delivery,
    contact_name: str,
    phone_cipher: bytes | None,
    items: Sequence[CallItem],
    today: date | None,
) -> Call:
    return Call(
        delivery_id=delivery.id,
        contact_name=contact_name,
        phone=mask_phone(vault_of(session).open(phone_cipher)) if phone_cipher else "",
        for_day=delivery.for_day,
        next_at=delivery.next_at,
        tries=delivery.attempt,
        last_outcome=delivery.outcome,
        note=delivery.outcome_note,
        reason=delivery.state_reason,
        items=tuple(items),
        script=script([item.facts for item in items], contact_name, today or delivery.for_day),
    )
