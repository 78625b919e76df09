"""Loads what claimed messages tell and whom they go to, as it stands at the moment of sending."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, and_, case, select
from sqlalchemy.orm import Session

from reminders.db import vault_of
from reminders.rules import check_code
from reminders.rules.facts import MAIN_DATE
from reminders.rules.lifecycle import DateKind
from reminders.rules.wording import Line
from reminders.tables.bindings import Follower
from reminders.tables.catalogue import CatalogueEntry
from reminders.tables.deliveries import Delivery, DeliveryItem, Reminder
from reminders.tables.holders import Contact, Holder
from reminders.tables.ledger import License
from reminders.tables.staff import Department
from reminders.tables.windows import RenewalWindow


@dataclass(frozen=True)
class ReminderContent:
    """Personal: lives in the sender's memory only."""

    openid: str
    lines: tuple[Line, ...]
    check_code: str


@dataclass(frozen=True)
class CodeContent:
    """Personal and secret: lives in the sender's memory only."""

    phone: str
    code: str


def reminder_contents(session: Session, delivery_ids: Sequence[int]) -> dict[int, ReminderContent]:
    """Delivery id → what to say to whom, one query for the whole batch; lines in the order of their items."""
    found = session.execute(_lines_of(delivery_ids))
    openids: dict[int, str] = {}
    lines: dict[int, list[Line]] = {}
    for delivery_id, openid, *facts in found:
        openids[delivery_id] = openid
        lines.setdefault(delivery_id, []).append(Line(*facts))
    blind = vault_of(session).blind
    return {
        key: ReminderContent(openids[key], tuple(value), check_code.encode(key, blind))
        for key, value in lines.items()
    }


def code_contents(session: Session, delivery_ids: Sequence[int]) -> dict[int, CodeContent]:
    found = session.execute(
        select(Delivery.id, Contact.phone_cipher, Delivery.payload_cipher)
        .join(Contact, Contact.id == Delivery.contact_id)
        .where(Delivery.id.in_(delivery_ids), Delivery.payload_cipher.is_not(None))
    )
    vault = vault_of(session)
    return {
        delivery_id: CodeContent(vault.open(phone), vault.open(code))
        for delivery_id, phone, code in found
        if code is not None
    }


def _lines_of(delivery_ids: Sequence[int]) -> Select[Any]:
    return (
        select(
            DeliveryItem.delivery_id,
            Follower.openid,
            License.id,
            CatalogueEntry.license_name,
            Holder.name,
            Holder.kind,
            case((Reminder.date_kind == DateKind.MAIN, MAIN_DATE), else_=CatalogueEntry.companion_name).label(
                "date_name"
            ),
            Reminder.expires_on,
            RenewalWindow.opens_on,
            RenewalWindow.apply_by,
            Department.service_phone,
        )
        .join(Delivery, Delivery.id == DeliveryItem.delivery_id)
        .join(Follower, Follower.id == Delivery.follower_id)
        .join(Reminder, Reminder.id == DeliveryItem.reminder_id)
        .join(License, License.id == Reminder.license_id)
        .join(Holder, Holder.id == License.holder_id)
        .join(CatalogueEntry, CatalogueEntry.id == License.catalogue_entry_id)
        .join(Department, Department.id == CatalogueEntry.department_id)
        .outerjoin(
            RenewalWindow,
            and_(
                RenewalWindow.catalogue_entry_id == License.catalogue_entry_id,
                RenewalWindow.date_kind == Reminder.date_kind,
                RenewalWindow.expires_on == Reminder.expires_on,
            ),
        )
        .where(DeliveryItem.delivery_id.in_(delivery_ids), DeliveryItem.dropped_reason == "")
        .order_by(DeliveryItem.id)
    )
