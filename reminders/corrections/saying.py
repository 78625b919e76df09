"""Loads what the messages of corrections say and to whom, as it stands at the moment of saying it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, func, literal, select
from sqlalchemy.orm import Session, aliased

from reminders import clock, told
from reminders.db import vault_of
from reminders.rules import check_code
from reminders.rules.correction_text import WrongLine
from reminders.rules.facts import MAIN_DATE
from reminders.rules.lifecycle import DateKind, Language, LicenseState
from reminders.tables.bindings import Follower
from reminders.tables.catalogue import CatalogueEntry
from reminders.tables.corrections import Correction, CorrectionItem
from reminders.tables.deliveries import Delivery, Reminder
from reminders.tables.holders import Contact, Holder
from reminders.tables.ledger import License
from reminders.tables.staff import Department
from reminders.tables.windows import RenewalWindow

WRONG = aliased(Delivery, name="wrong")


@dataclass(frozen=True)
class CorrectionContent:
    """Personal: lives in the sender's memory only. `openid` or `phone` is empty where there is none.

    `numbers` are those of the lines, in order, empty where the ledger has none.
    """

    openid: str
    phone: str
    department: str
    sentence: str
    lines: tuple[WrongLine, ...]
    numbers: tuple[str, ...]
    check_code: str


def contents(session: Session, delivery_ids: Sequence[int]) -> dict[int, CorrectionContent]:
    """Delivery id → what to say; of a date told twice the last telling counts. One query for all."""
    vault = vault_of(session)
    heads: dict[int, tuple[str, str, str, str]] = {}
    lines: dict[int, dict[tuple[int, DateKind], tuple[WrongLine, str]]] = {}
    for row in session.execute(_lines_of(delivery_ids)):
        delivery_id, openid, phone, department, sentence, kind, number, at = row[:8]
        head = (openid or "", vault.open(phone) if phone else "", department, sentence)
        heads.setdefault(delivery_id, head)
        facts: tuple[Any, ...] = tuple(row[8:])
        line = WrongLine(clock.civil_date(at), *facts)
        lines.setdefault(delivery_id, {})[line.license_id, kind] = (line, number or "")
    return {
        key: CorrectionContent(
            *heads[key],
            tuple(line for line, _ in found.values()),
            tuple(number for _, number in found.values()),
            check_code.encode(key, vault.blind),
        )
        for key, found in lines.items()
    }


def _lines_of(delivery_ids: Sequence[int]) -> Select[*tuple[Any, ...]]:
    is_main = Reminder.date_kind == DateKind.MAIN
    date_name = case((is_main, MAIN_DATE), else_=CatalogueEntry.companion_name)
    return (
        select(
            CorrectionItem.delivery_id,
            Follower.openid,
            Contact.phone_cipher,
            Department.name,
            Correction.sentence,
            Reminder.date_kind,
            License.license_no,
            told.told_at(WRONG),
            License.id,
            CatalogueEntry.license_name,
            Holder.name,
            Holder.kind,
            date_name,
            Reminder.expires_on,
            _right_date(),
            RenewalWindow.apply_by,
            Department.service_phone,
            func.coalesce(Follower.language, literal(Language.ZH, Follower.language.type)),
        )
        .join(Delivery, Delivery.id == CorrectionItem.delivery_id)
        .join(Correction, Correction.id == CorrectionItem.correction_id)
        .join(WRONG, WRONG.id == CorrectionItem.told_delivery_id)
        .join(Reminder, Reminder.id == CorrectionItem.reminder_id)
        .join(License, License.id == Reminder.license_id)
        .join(Holder, Holder.id == License.holder_id)
        .join(CatalogueEntry, CatalogueEntry.id == License.catalogue_entry_id)
        .join(Department, Department.id == CatalogueEntry.department_id)
        .outerjoin(Follower, Follower.id == Delivery.follower_id)
        .outerjoin(Contact, Contact.id == Delivery.contact_id)
        .outerjoin(RenewalWindow, _its_window())
        .where(CorrectionItem.delivery_id.in_(delivery_ids), CorrectionItem.dropped_reason == "")
        .order_by(CorrectionItem.told_delivery_id, CorrectionItem.id)
    )


def _its_window() -> ColumnElement[bool]:
    return and_(
        RenewalWindow.catalogue_entry_id == License.catalogue_entry_id,
        RenewalWindow.date_kind == Reminder.date_kind,
        RenewalWindow.expires_on == _right_date(),
    )


def _right_date() -> ColumnElement[Any]:
    """What the ledger has now; nothing for a license that was cancelled."""
    return case(
        (License.state == LicenseState.CANCELLED, None),
        (Reminder.date_kind == DateKind.MAIN, License.expires_on),
        else_=License.companion_on,
    )
