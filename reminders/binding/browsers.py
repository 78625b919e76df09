"""People outside of WeChat: a browser asks for the code, and whoever types it is known by the phone."""

import secrets
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, exists, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from reminders import agreement, audit, limits
from reminders.binding import bonds, phone_code
from reminders.binding.phone_code import CodeResult, Outcome
from reminders.db import vault_of
from reminders.errors import LimitReached
from reminders.limits import Limit
from reminders.rules import permissions
from reminders.rules.consent import CURRENT
from reminders.rules.lifecycle import BindHow
from reminders.tables.bindings import Binding, BindRequest, Consent, Follower
from reminders.tables.holders import Contact
from reminders.tables.ledger import License

BY_ADDRESS = (
    Limit("bind-address-hour", 30, timedelta(hours=1)),
    Limit("bind-address-day", 100, timedelta(days=1)),
)
NO_PUSH = "by_phone"
VISITOR = "visitor-"
PERSON = "phone-"
FORGOTTEN_AFTER = timedelta(days=2)
TOO_MANY = "从这个网络试的次数太多，请过一小时再试，或拨打咨询电话。"


def spend_address(session: Session, address: str, *, now: datetime) -> None:
    """Counts a try of this address, whatever becomes of it. Raises LimitReached.

    Commit it by itself: a refused try would take its count back.
    """
    within = [limits.spend(session, limit, address, now=now) for limit in BY_ADDRESS]
    if not all(within):
        raise LimitReached(TOO_MANY)


def address_is_used_up(session: Session, address: str, *, now: datetime) -> bool:
    """Spares the writer a try that will be refused."""
    return any(limits.spent(session, limit, address, now=now) >= limit.most for limit in BY_ADDRESS)


def visitor(session: Session, openid: str, *, now: datetime) -> tuple[int, str]:
    """A browser that agreed to the privacy notice and may ask for a code; `openid` is from its last visit."""
    found = _known(session, openid) if openid.startswith(VISITOR) else None
    follower_id, name = found or _new(session, VISITOR + secrets.token_hex(16), now)
    _agree(session, follower_id, now)
    return follower_id, name


def is_by_phone(openid: str) -> bool:
    """Somebody whom no account of WeChat vouches for."""
    return openid.startswith((VISITOR, PERSON))


def known_visitor(session: Session, openid: str) -> int | None:
    found = _known(session, openid) if openid.startswith(VISITOR) else None
    return found[0] if found else None


def confirm_in_browser(
    session: Session, visitor_id: int, code: str, *, now: datetime
) -> tuple[CodeResult, str]:
    """As `phone_code.confirm`, but binds the person of this phone, whose openid is "" where it was wrong.

    What that person was bound to and the phone does not prove any more ends.
    """
    result = phone_code.check(session, visitor_id, code, now=now)
    if result.outcome is not Outcome.BOUND:
        return result, ""
    request = session.execute(
        select(BindRequest)
        .where(BindRequest.follower_id == visitor_id)
        .order_by(BindRequest.id.desc())
        .limit(1)
    ).scalar_one()
    openid = PERSON + vault_of(session).blind(f"person:{request.phone_hash}")[:48]
    person_id, _ = _known(session, openid) or _new(session, openid, now)
    request.follower_id = person_id  # the proof is theirs
    _agree(session, person_id, now)
    _end_unproved(session, person_id, request.phone_hash or "", now)
    bonds.bind(session, person_id, result.license_ids, BindHow.PHONE_CODE, now=now)
    return result, openid


def forget_visitors(session: Session, *, now: datetime) -> int:
    """Browsers whose code never came back leave nothing behind."""
    chosen = (
        select(Follower.id)
        .where(Follower.by_phone, Follower.openid.startswith(VISITOR))
        .where(Follower.created_at < now - FORGOTTEN_AFTER)
        .where(~exists().where(Binding.follower_id == Follower.id).correlate(Follower))
        .limit(5000)
    )
    ids = list(session.execute(chosen).scalars())
    for table in (BindRequest, Consent):
        session.execute(delete(table).where(table.follower_id.in_(ids)))
    session.execute(delete(Follower).where(Follower.id.in_(ids)))
    return len(ids)


def _known(session: Session, openid: str) -> tuple[int, str] | None:
    mine = select(Follower.id, Follower.openid).where(
        Follower.openid_hash == _hash(session, openid), Follower.by_phone
    )
    found = session.execute(mine).first()
    return (found.id, found.openid) if found else None


def _new(session: Session, openid: str, now: datetime) -> tuple[int, str]:
    insert: Any = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    row = insert(Follower.__table__).values(
        openid=openid,
        openid_hash=_hash(session, openid),
        by_phone=True,
        push_stopped_at=now,
        push_stopped_reason=NO_PUSH,
        wechat_off_at=now,
        created_at=now,
    )
    session.execute(row.on_conflict_do_nothing())
    mine = select(Follower.id).where(Follower.openid_hash == _hash(session, openid))
    return session.execute(mine).scalar_one(), openid


def _hash(session: Session, openid: str) -> str:
    return vault_of(session).blind(f"openid:{openid}")


def _end_unproved(session: Session, person_id: int, phone_hash: str, now: datetime) -> None:
    """The ledger may name another phone by now for what this one proved before."""
    proved = (
        select(License.id)
        .join(Contact, Contact.id == License.contact_id)
        .where(License.id == Binding.license_id, Contact.phone_hash == phone_hash)
    )
    session.execute(
        update(Binding)
        .where(Binding.follower_id == person_id, Binding.unbound_at.is_(None), ~exists(proved))
        .values(unbound_at=now)
        .execution_options(synchronize_session=False)
    )


def _agree(session: Session, follower_id: int, now: datetime) -> None:
    if agreement.has_agreed(session, follower_id):
        return
    session.add(Consent(follower_id=follower_id, version=CURRENT, given_at=now))
    ended = update(Follower).where(Follower.id == follower_id).values(consent_ended_at=None)
    session.execute(ended.execution_options(synchronize_session=False))
    session.flush()
    actor = permissions.follower(follower_id)
    audit.record(session, "consent.give", actor.ref, {"version": CURRENT}, actor=actor, now=now)
