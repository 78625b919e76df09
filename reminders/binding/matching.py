"""Finds the phone that a code goes to, with the same questions for a hit and a miss."""

from dataclasses import dataclass

from sqlalchemy import or_, select, union
from sqlalchemy.orm import Session

from reminders.errors import Invalid
from reminders.rules import identity
from reminders.rules.lifecycle import LicenseState
from reminders.tables.holders import Contact, Holder
from reminders.tables.ledger import License


@dataclass(frozen=True)
class Match:
    """The licenses that one phone can prove, and where the code goes."""

    contact_id: int
    phone_hash: str
    license_ids: tuple[int, ...]


def find(session: Session, identifier: str) -> Match | None:
    """What this identifier lets one phone prove; None when nothing, or when it is not clear whose phone."""
    number_key, name_key = identity.number_key(identifier), identity.name_key(identifier)
    try:
        credit_code = identity.credit_code(identifier)
    except Invalid:
        credit_code = None
    named = (
        select(License.holder_id, Contact.id.label("contact_id"), Contact.phone_hash)
        .join(Holder, Holder.id == License.holder_id)
        .join(Contact, Contact.id == License.contact_id)
        .where(License.state != LicenseState.CANCELLED)
        .order_by(License.id.desc())
        .limit(200)
    )
    # Two look-ups by index, then a filter; one OR over both tables would read the whole ledger.
    candidates = union(
        select(Holder.id).where(Holder.credit_code == (credit_code or "-")),
        select(Holder.id).where(Holder.name_key == name_key),
    )
    is_named = or_(Holder.credit_code == (credit_code or "-"), License.license_no.is_(None))
    by_number = session.execute(named.where(License.number_key == number_key)).all()
    by_holder = session.execute(named.where(License.holder_id.in_(candidates), is_named)).all()
    found = by_number or by_holder
    if not found or len({row.holder_id for row in found}) > 1:
        _provable(session, 0, "nobody")  # the same questions for a miss
        return None
    phones = [row.phone_hash for row in found]
    phone_hash = max(dict.fromkeys(phones), key=phones.count)
    holder_id, contact_id, _ = next(row for row in found if row.phone_hash == phone_hash)
    return Match(contact_id, phone_hash, _provable(session, holder_id, phone_hash))


def phone_of(session: Session, license_id: int) -> Match | None:
    found = session.execute(
        select(License.holder_id, Contact.id, Contact.phone_hash)
        .join(Contact, Contact.id == License.contact_id)
        .where(License.id == license_id, License.state != LicenseState.CANCELLED)
    ).one_or_none()
    if found is None:
        _provable(session, 0, "nobody")  # the same questions for a miss
        return None
    holder_id, contact_id, phone_hash = found
    return Match(contact_id, phone_hash, _provable(session, holder_id, phone_hash))


def _provable(session: Session, holder_id: int, phone_hash: str) -> tuple[int, ...]:
    """Every license of the holder whose contact has this phone."""
    same = (
        select(License.id)
        .join(Contact, Contact.id == License.contact_id)
        .where(License.holder_id == holder_id, Contact.phone_hash == phone_hash)
        .where(License.state != LicenseState.CANCELLED)
        .order_by(License.id)
    )
    return tuple(session.execute(same).scalars())
