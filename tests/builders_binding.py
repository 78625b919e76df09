"""Builders for binding: a holder with licenses under two phones, people, officers of a department."""

from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from reminders import consents, holders
from reminders.db import Database
from reminders.rules.lifecycle import Purpose, Role
from reminders.rules.permissions import Actor
from reminders.tables.bindings import Binding
from reminders.tables.deliveries import Delivery
from tests import builders
from tests.builders import NOW

TODAY = NOW.date()
CREDIT_CODE = "91371000MA3C00001Q"
NUMBERS = ("鲁DA631000001", "鲁示例0002", "鲁示例0003", "鲁示例0004")


@dataclass(frozen=True)
class Firm:
    """Two licenses under one phone, then one under another, one without any; all of one department."""

    holder_id: int
    department_id: int
    license_ids: tuple[int, ...]
    phone: str = "13800000001"


def firm(session: Session, *, on: date = TODAY, credit_code: str = CREDIT_CODE) -> Firm:
    department = builders.department(session)
    entry = builders.entry(session, department_id=department.id)
    holder = builders.holder(session, credit_code=credit_code)
    mine = builders.contact(session, holder_id=holder.id, phone="13800000001").id
    other = builders.contact(session, holder_id=holder.id, phone="13800000002").id
    made = tuple(
        builders.license(
            session,
            entry_id=entry.id,
            expires_on=on + timedelta(days=300),
            holder_id=holder.id,
            contact_id=contact_id,
            license_no=number,
        ).id
        for number, contact_id in zip(NUMBERS, (mine, mine, other, None), strict=True)
    )
    return Firm(holder.id, department.id, made)


def officer(session: Session, department_id: int) -> Actor:
    return builders.actor(builders.staff(session, role=Role.OFFICER, department_id=department_id))


def person(database: Database, openid: str = "oExample-one", *, has_agreed: bool = True) -> int:
    with database.begin() as session:
        me = holders.heard_from(session, openid, now=NOW)
        if has_agreed:
            consents.give(session, me, now=NOW)
        return me


def bound(database: Database) -> set[tuple[int, int]]:
    with database.read() as session:
        active = select(Binding.follower_id, Binding.license_id).where(Binding.unbound_at.is_(None))
        return {(row.follower_id, row.license_id) for row in session.execute(active)}


def codes(database: Database) -> list[str]:
    """Every code queued so far, as the phone would show them."""
    queued = select(Delivery.payload_cipher).where(Delivery.purpose == Purpose.CODE).order_by(Delivery.id)
    with database.read() as session:
        return [database.vault.open(sealed) for sealed in session.execute(queued).scalars() if sealed]
