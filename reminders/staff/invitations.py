"""Invitations: instead of a password somebody else knows, a code with which a person chooses their own."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from reminders import audit
from reminders.db import vault_of
from reminders.errors import Invalid
from reminders.limits import Limit, spend
from reminders.rules.permissions import Actor
from reminders.staff import second_factor
from reminders.staff.accounts import NO_PASSWORD, another, login_key
from reminders.tables.staff import Invitation, Staff, StaffLink

LASTS = timedelta(days=3)
TRIES = Limit("invitation", 30, timedelta(minutes=15))
WRONG = "账号或邀请码不对，或者邀请已经过期、用过。请核对，或请安全管理员重新邀请。"


@dataclass(frozen=True)
class Invited:
    """`code` can never be read again: it is given to the person on paper or by phone."""

    login: str
    name: str
    code: str
    expires_at: datetime


def invite(session: Session, staff_id: int, *, actor: Actor, now: datetime) -> Invited:
    """Also for a lost password or phone: the old ones count no more, and the person is signed out.

    An earlier invitation ends. Raises NotFound, Invalid for one's own account.
    """
    staff = another(session, staff_id, actor=actor)
    if not staff.is_active:
        raise Invalid("这个账号已停用，请先启用。")
    staff.password_hash, staff.session_epoch = NO_PASSWORD, staff.session_epoch + 1
    second_factor.forget(session, staff)
    session.execute(delete(StaffLink).where(StaffLink.staff_id == staff_id))
    session.execute(
        update(Invitation)
        .where(Invitation.staff_id == staff_id, Invitation.ended_at.is_(None))
        .values(ended_at=now)
    )
    code = "".join(secrets.choice(second_factor.SIGNS) for _ in range(16))
    session.add(
        Invitation(
            staff_id=staff_id,
            digest=_digest(session, code),
            expires_at=now + LASTS,
            created_by=actor.ref[:64],
            created_at=now,
        )
    )
    session.flush()
    audit.record(session, "staff.invite", f"staff:{staff_id}", actor=actor, now=now)
    return Invited(
        staff.login, staff.name, "-".join(code[at : at + 4] for at in range(0, 16, 4)), now + LASTS
    )


def count_try(session: Session, address: str, *, now: datetime) -> bool:
    """Counts a look at an invitation; False when this address tried too often. Commit it before."""
    return spend(session, TRIES, address, now=now)


def accept(session: Session, login: str, code: str, hashed: str, *, now: datetime) -> None:
    """Uses the invitation up and sets the password. Raises Invalid, alike for whatever does not fit."""
    invitation, staff = find_open(session, login, code, now=now)
    invitation.ended_at = now
    staff.password_hash, staff.password_changed_at = hashed, now
    session.flush()
    actor = Actor(ref=f"staff:{staff.id}", name=staff.name)
    audit.record(session, "staff.accept_invitation", f"staff:{staff.id}", actor=actor, now=now)


def find_open(session: Session, login: str, code: str, *, now: datetime) -> tuple[Invitation, Staff]:
    """Locked until it is used up. Raises Invalid, alike for whatever does not fit."""
    told = "".join(code.split()).replace("-", "").upper()
    found = session.execute(
        select(Invitation, Staff)
        .join(Staff, Staff.id == Invitation.staff_id)
        .where(Invitation.digest == _digest(session, told), Invitation.ended_at.is_(None))
        .where(Invitation.expires_at > now, Staff.login == login_key(login), Staff.is_active)
        .with_for_update()
    ).one_or_none()
    if found is None:
        raise Invalid(WRONG)
    return found[0], found[1]


def _digest(session: Session, code: str) -> str:
    return vault_of(session).blind(f"invitation:{code}")
