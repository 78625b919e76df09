"""Binds whoever brings a pass: it must be new, in time and theirs to use, and they must have agreed."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import delete, select, true
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from reminders import agreement, limits, own_reach, passes
from reminders.binding import bonds, leaving
from reminders.limits import Limit
from reminders.rules import pass_code
from reminders.rules.lifecycle import LicenseState
from reminders.tables.bindings import Binding
from reminders.tables.ledger import License
from reminders.tables.passes import BindPass, BindPassLicense, HeldPass

TRIES = (Limit("pass-hour", 10, timedelta(hours=1)), Limit("pass-day", 30, timedelta(days=1)))
HELD_FOR = timedelta(minutes=30)


class PassOutcome(StrEnum):
    """How bringing a pass ended. GONE is one answer for a pass that never was, was used, or ran out."""

    BOUND = "bound"
    AGREE_FIRST = "agree_first"
    STAFF_LINKED = "staff_linked"  # no license: a colleague's own account
    GONE = "gone"
    TOO_OFTEN = "too_often"


@dataclass(frozen=True)
class PassResult:
    """`license_ids` are those the pass stands for, `next_due_on` the day of the next reminder among them."""

    outcome: PassOutcome
    license_ids: tuple[int, ...] = ()
    next_due_on: date | None = None


def bring(session: Session, follower_id: int, secret: str, *, now: datetime) -> PassResult:
    """Uses a pass up; `secret` is what a QR code carries, or a code as `pass_code.tidy` leaves it.

    Whoever has not agreed yet keeps it in hand, and `bring_held` ends what was begun."""
    within = [limits.spend(session, limit, str(follower_id), now=now) for limit in TRIES]
    if not all(within):
        return PassResult(PassOutcome.TOO_OFTEN)
    wanted = select(BindPass).where(BindPass.secret_hash == passes.secret_hash(session, secret))
    found = session.execute(wanted.with_for_update()).scalar_one_or_none()
    if found is not None and found.staff_id is not None:
        return _link_staff(session, follower_id, found, now)
    if found is None or not _is_good(session, found, now):
        return PassResult(PassOutcome.GONE)
    if not agreement.has_agreed(session, follower_id):
        _hold(session, follower_id, found.id, now)
        return PassResult(PassOutcome.AGREE_FIRST)
    return _use(session, follower_id, found, now)


def bring_held(session: Session, follower_id: int, *, now: datetime) -> PassResult | None:
    """What somebody brought before they agreed; None when there was nothing, or not lately."""
    held = session.get(HeldPass, follower_id)
    if held is None or held.held_at <= now - HELD_FOR:
        return None
    wanted = select(BindPass).where(BindPass.id == held.pass_id).with_for_update()
    found = session.execute(wanted).scalar_one()
    if not _is_good(session, found, now):
        return PassResult(PassOutcome.GONE)
    return _use(session, follower_id, found, now)


def is_given_out(session: Session, text: str) -> bool:
    """Whether this was ever the code of a pass: a license number may look like one."""
    code = pass_code.tidy(text)
    if code is None:
        return False
    given = select(BindPass.id).where(BindPass.secret_hash == passes.secret_hash(session, code))
    return session.execute(given).first() is not None


def _link_staff(session: Session, follower_id: int, found: BindPass, now: datetime) -> PassResult:
    """No consent is asked: nothing of a holder is bound, and the colleague ends it in the console."""
    if found.staff_id is None or found.ended_at is not None or now >= found.expires_at:
        return PassResult(PassOutcome.GONE)
    if not own_reach.link_wechat(session, found.staff_id, follower_id, now=now):
        return PassResult(PassOutcome.GONE)
    passes.end(session, found.id, used_by=follower_id, now=now)
    return PassResult(PassOutcome.STAFF_LINKED)


def _use(session: Session, follower_id: int, found: BindPass, now: datetime) -> PassResult:
    """Somebody who has all of it already leaves the pass for another."""
    license_ids = _alive(session, found)
    if not _has_all(session, follower_id, license_ids):
        bonds.bind(session, follower_id, license_ids, found.how, now=now)
        passes.end(session, found.id, used_by=follower_id, now=now)
        if found.inviter_id is not None and found.hands_over:
            leaving.leave(session, found.inviter_id, license_ids, now=now)
    session.execute(delete(HeldPass).where(HeldPass.follower_id == follower_id))
    return PassResult(PassOutcome.BOUND, license_ids, bonds.next_due(session, license_ids))


def _is_good(session: Session, found: BindPass, now: datetime) -> bool:
    return found.ended_at is None and now < found.expires_at and bool(_alive(session, found))


def _alive(session: Session, found: BindPass) -> tuple[int, ...]:
    """Its licenses that are not cancelled; of an invitation, those that are still bound to who invites."""
    theirs = select(Binding.license_id).where(
        Binding.follower_id == found.inviter_id, Binding.unbound_at.is_(None)
    )
    chosen = (
        select(License.id)
        .join(BindPassLicense, BindPassLicense.license_id == License.id)
        .where(BindPassLicense.pass_id == found.id, License.state != LicenseState.CANCELLED)
        .where(true() if found.inviter_id is None else License.id.in_(theirs))
        .order_by(License.id)
    )
    return tuple(session.execute(chosen).scalars())


def _has_all(session: Session, follower_id: int, license_ids: Collection[int]) -> bool:
    mine = select(Binding.license_id).where(
        Binding.follower_id == follower_id,
        Binding.unbound_at.is_(None),
        Binding.license_id.in_(license_ids),
    )
    return set(session.execute(mine).scalars()) == set(license_ids)


def _hold(session: Session, follower_id: int, pass_id: int, now: datetime) -> None:
    insert: Any = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    held = {"pass_id": pass_id, "held_at": now}
    session.execute(
        insert(HeldPass.__table__)
        .values(follower_id=follower_id, **held)
        .on_conflict_do_update(index_elements=["follower_id"], set_=held)
    )
