"""Loads what claimed messages tell and whom they go to, as it stands at the moment of sending."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, SQLColumnExpression, and_, case, func, literal, select
from sqlalchemy.orm import Session

from reminders.db import vault_of
from reminders.outbox import SPOKEN
from reminders.rules import check_code
from reminders.rules.facts import MAIN_DATE, FiveFacts, material_list
from reminders.rules.lifecycle import DateKind, Language
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
class SmsContent:
    """Personal: lives in the sender's memory only."""

    phone: str
    lines: tuple[Line, ...]
    check_code: str


@dataclass(frozen=True)
class PromptContent:
    """What a business system shows when the holder signs in; `numbers` are those of the lines, in order."""

    department: str
    lines: tuple[Line, ...]
    numbers: tuple[str, ...]
    check_code: str
    facts: tuple[FiveFacts, ...]


@dataclass(frozen=True)
class CodeContent:
    """Personal and secret: lives in the sender's memory only."""

    phone: str
    code: str
    is_spoken: bool = False


def reminder_contents(session: Session, delivery_ids: Sequence[int]) -> dict[int, ReminderContent]:
    """Delivery id → what to say to whom, one query for the whole batch; lines in the order of their items."""
    found = session.execute(_lines_of(delivery_ids, Follower.openid))
    openids, lines = _gathered(found)
    blind = vault_of(session).blind
    return {
        key: ReminderContent(openids[key], tuple(value), check_code.encode(key, blind))
        for key, value in lines.items()
    }


def sms_contents(session: Session, delivery_ids: Sequence[int]) -> dict[int, SmsContent]:
    """The same for reminders by SMS; codes have their own."""
    phones, lines = _gathered(session.execute(_lines_of(delivery_ids, Contact.phone_cipher)))
    vault = vault_of(session)
    return {
        key: SmsContent(vault.open(phones[key]), tuple(value), check_code.encode(key, vault.blind))
        for key, value in lines.items()
    }


def prompt_contents(session: Session, delivery_ids: Sequence[int]) -> dict[int, PromptContent]:
    """For the business system, which knows the holder by the numbers of the licenses."""
    _, lines = _gathered(session.execute(_lines_of(delivery_ids, Department.name)))
    told = _gathered_facts(session, delivery_ids, lines)
    blind = vault_of(session).blind
    return {
        key: PromptContent(
            told[key][0].department,
            tuple(value),
            tuple(one.license_no or "" for one in told[key]),
            check_code.encode(key, blind),
            tuple(told[key]),
        )
        for key, value in lines.items()
    }


def code_contents(session: Session, delivery_ids: Sequence[int]) -> dict[int, CodeContent]:
    found = session.execute(
        select(Delivery.id, Contact.phone_cipher, Delivery.payload_cipher)
        .join(Contact, Contact.id == Delivery.contact_id)
        .where(Delivery.id.in_(delivery_ids), Delivery.payload_cipher.is_not(None))
    )
    vault = vault_of(session)
    opened = {
        delivery_id: (vault.open(phone), vault.open(code))
        for delivery_id, phone, code in found
        if code is not None
    }
    return {
        delivery_id: CodeContent(phone, code.removeprefix(SPOKEN), is_spoken=code.startswith(SPOKEN))
        for delivery_id, (phone, code) in opened.items()
    }


def _gathered(found: Iterable[Any]) -> tuple[dict[int, Any], dict[int, list[Line]]]:
    """Delivery id → its address, and its lines."""
    addresses: dict[int, Any] = {}
    lines: dict[int, list[Line]] = {}
    for delivery_id, address, *facts in found:
        addresses[delivery_id] = address
        lines.setdefault(delivery_id, []).append(Line(*facts))
    return addresses, lines


def _gathered_facts(
    session: Session, delivery_ids: Sequence[int], lines: Mapping[int, Sequence[Line]]
) -> dict[int, list[FiveFacts]]:
    """Delivery id → the five facts of each of its lines, in their order."""
    is_estimate = select(RenewalWindow.is_estimate).where(
        RenewalWindow.catalogue_entry_id == License.catalogue_entry_id,
        RenewalWindow.date_kind == Reminder.date_kind,
        RenewalWindow.expires_on == Reminder.expires_on,
    )
    estimated = is_estimate.correlate(License, Reminder).scalar_subquery()
    found = session.execute(
        select(DeliveryItem.delivery_id, License.license_no, CatalogueEntry, Department, estimated)
        .join(Reminder, Reminder.id == DeliveryItem.reminder_id)
        .join(License, License.id == Reminder.license_id)
        .join(CatalogueEntry, CatalogueEntry.id == License.catalogue_entry_id)
        .join(Department, Department.id == CatalogueEntry.department_id)
        .where(DeliveryItem.delivery_id.in_(delivery_ids), DeliveryItem.dropped_reason == "")
        .order_by(DeliveryItem.id)
    )
    facts: dict[int, list[FiveFacts]] = {}
    for delivery_id, number, entry, department, is_estimated in found:
        mine = facts.setdefault(delivery_id, [])
        line = lines[delivery_id][len(mine)]
        mine.append(_facts(line, number, entry, department, is_estimate=bool(is_estimated)))
    return facts


def _facts(
    line: Line, number: str | None, entry: CatalogueEntry, department: Department, *, is_estimate: bool
) -> FiveFacts:
    return FiveFacts(
        license_name=line.license_name,
        holder_name=line.holder_name,
        license_no=number,
        date_name=line.date_name,
        expires_on=line.expires_on,
        opens_on=line.opens_on,
        apply_by=line.apply_by,
        is_estimate=is_estimate,
        confidence=entry.confidence,
        counter=department.counter,
        counter_hours=department.counter_hours,
        service_phone=department.service_phone,
        materials=material_list(entry.materials),
        department=department.name,
        basis=entry.basis,
        basis_article=entry.basis_article,
    )


def _lines_of(delivery_ids: Sequence[int], address: SQLColumnExpression[Any]) -> Select[Any]:
    return (
        select(
            DeliveryItem.delivery_id,
            address,
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
            func.coalesce(Follower.language, literal(Language.ZH, Follower.language.type)),
        )
        .join(Delivery, Delivery.id == DeliveryItem.delivery_id)
        .outerjoin(Follower, Follower.id == Delivery.follower_id)
        .outerjoin(Contact, Contact.id == Delivery.contact_id)
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
