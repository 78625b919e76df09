"""Checks the ledger against what an SMS platform takes, before anything is sent."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, and_, exists, select
from sqlalchemy.orm import Session

from reminders.db import vault_of
from reminders.rules import identity, sms_text
from reminders.rules.lifecycle import Channel, Expiry, LicenseState, SmsFault
from reminders.rules.permissions import Actor, department_scope
from reminders.tables.answers import BLOCKS, Answer
from reminders.tables.catalogue import CatalogueEntry
from reminders.tables.holders import Contact, Holder, SmsRefusal
from reminders.tables.ledger import License
from reminders.tables.staff import Department

PAGE = 100
READ_AT_ONCE = 1000


@dataclass(frozen=True)
class SmsFaultLine:
    """One row of the ledger to which no SMS can go; `phone` is masked, empty where there is none."""

    license_id: int
    license_no: str | None
    license_name: str
    holder_name: str
    department: str
    phone: str
    fault: SmsFault


@dataclass(frozen=True)
class SmsFaultPage:
    """`after` is the key of the next page, None on the last one."""

    lines: tuple[SmsFaultLine, ...]
    after: int | None


def faults(session: Session, *, actor: Actor, after: int = 0, limit: int = PAGE) -> SmsFaultPage:
    """Rows of departments that remind by SMS, in the order in which they came into the ledger."""
    found: list[SmsFaultLine] = []
    while True:
        rows = session.execute(_rows(actor, after)).all()
        for row in rows:
            after = row[0].id
            line = _looked_at(session, *row)
            if line is not None:
                found.append(line)
            if len(found) == limit:
                return SmsFaultPage(tuple(found), after)
        if len(rows) < READ_AT_ONCE:
            return SmsFaultPage(tuple(found), None)


def _rows(actor: Actor, after: int) -> Select[Any]:
    refused = exists().where(SmsRefusal.phone_hash == Contact.phone_hash).correlate_except(SmsRefusal)
    blocked = exists().where(BLOCKS, Answer.contact_id == Contact.id).correlate_except(Answer)
    query = (
        select(License, CatalogueEntry.license_name, Holder.name, Department.name, Contact)
        .add_columns(and_(Contact.id.is_not(None), refused), and_(Contact.id.is_not(None), blocked))
        .join(CatalogueEntry, CatalogueEntry.id == License.catalogue_entry_id)
        .join(Department, Department.id == CatalogueEntry.department_id)
        .join(Holder, Holder.id == License.holder_id)
        .outerjoin(Contact, Contact.id == License.contact_id)
        .where(Department.method == Channel.SMS, License.id > after)
        .where(License.state == LicenseState.ACTIVE, License.expiry == Expiry.DATED)
        .order_by(License.id)
        .limit(READ_AT_ONCE)
    )
    scope = department_scope(actor)
    return query if scope is None else query.where(CatalogueEntry.department_id == scope)


def _looked_at(
    session: Session,
    license: License,
    license_name: str,
    holder_name: str,
    department: str,
    contact: Contact | None,
    is_refused: object,
    is_blocked: object,
) -> SmsFaultLine | None:
    phone = vault_of(session).open(contact.phone_cipher) if contact is not None else ""
    fault = _fault(license_name, phone, contact, is_refused=bool(is_refused), is_blocked=bool(is_blocked))
    if fault is None:
        return None
    masked = identity.mask_phone(phone) if phone else ""
    return SmsFaultLine(license.id, license.license_no, license_name, holder_name, department, masked, fault)


def _fault(
    license_name: str, phone: str, contact: Contact | None, *, is_refused: bool, is_blocked: bool
) -> SmsFault | None:
    if contact is None:
        return SmsFault.NO_PHONE
    if contact.wrong_at is not None or is_blocked:
        return SmsFault.WRONG_NUMBER
    if not identity.is_mobile(phone):
        return SmsFault.NOT_MOBILE
    if is_refused:
        return SmsFault.REFUSED
    if not contact.is_mobile:
        return SmsFault.NOT_TAKEN
    if len(license_name) > sms_text.LONGEST_PARAM - len("《》"):
        return SmsFault.NAME_TOO_LONG
    return None
