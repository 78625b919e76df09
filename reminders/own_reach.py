"""Where a colleague is reached themselves: the WeChat account and the phone they proved."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from reminders import audit
from reminders.db import vault_of
from reminders.rules.identity import mask_phone
from reminders.rules.permissions import Actor
from reminders.tables.bindings import Follower
from reminders.tables.own_messages import OwnMessage, StaffReach
from reminders.tables.passes import BindPass
from reminders.tables.staff import Staff


@dataclass(frozen=True)
class OwnReach:
    """What is known, shown to the colleague alone; `phone` is masked."""

    has_wechat: bool
    follows: bool
    wechat_since: datetime | None
    phone: str
    phone_since: datetime | None


def reach_of(session: Session, staff_id: int) -> OwnReach:
    found = session.execute(
        select(StaffReach, Follower.unfollowed_at)
        .outerjoin(Follower, Follower.id == StaffReach.follower_id)
        .where(StaffReach.staff_id == staff_id)
    ).one_or_none()
    if found is None:
        return OwnReach(False, False, None, "", None)
    row, unfollowed_at = found
    phone = mask_phone(vault_of(session).open(row.phone_cipher)) if row.phone_cipher else ""
    has_wechat = row.follower_id is not None
    return OwnReach(
        has_wechat, has_wechat and unfollowed_at is None, row.follower_since, phone, row.phone_since
    )


def link_wechat(session: Session, staff_id: int, follower_id: int, *, now: datetime) -> bool:
    """False where the account was closed, or another colleague has this WeChat account already."""
    staff = session.get(Staff, staff_id, with_for_update=True)
    taken = select(StaffReach.staff_id).where(
        StaffReach.follower_id == follower_id, StaffReach.staff_id != staff_id
    )
    if staff is None or not staff.is_active or session.execute(taken).first():
        return False
    row = _row(session, staff_id)
    row.follower_id, row.follower_since = follower_id, now
    session.flush()
    actor = Actor(ref=f"staff:{staff_id}", name=staff.name, role=staff.role, staff_id=staff_id)
    audit.record(session, "staff.link_wechat", actor.ref, actor=actor, now=now)
    return True


def keep_phone(session: Session, phone: str, *, actor: Actor, now: datetime) -> None:
    """The phone was proved by a code."""
    row = _row(session, actor.staff_id or 0)
    row.phone_cipher, row.phone_since = vault_of(session).seal(phone), now
    session.flush()
    audit.record(session, "staff.prove_phone", actor.ref, actor=actor, now=now)


def forget_wechat(session: Session, *, actor: Actor, now: datetime) -> None:
    _forget(session, actor.staff_id or 0, follower_id=None, follower_since=None)
    audit.record(session, "staff.unlink_wechat", actor.ref, actor=actor, now=now)


def forget_phone(session: Session, *, actor: Actor, now: datetime) -> None:
    _forget(session, actor.staff_id or 0, phone_cipher=None, phone_since=None)
    audit.record(session, "staff.forget_phone", actor.ref, actor=actor, now=now)


def forget_all(session: Session, staff_id: int, *, now: datetime) -> None:
    """Of an account that is closed: nothing of the person stays behind."""
    session.execute(delete(StaffReach).where(StaffReach.staff_id == staff_id))
    session.execute(delete(OwnMessage).where(OwnMessage.staff_id == staff_id))
    session.execute(
        update(BindPass)
        .where(BindPass.staff_id == staff_id, BindPass.ended_at.is_(None))
        .values(ended_at=now, scene_cipher=None, qr_cipher=None, qr_next_at=None)
    )


def _forget(session: Session, staff_id: int, **values: None) -> None:
    session.execute(update(StaffReach).where(StaffReach.staff_id == staff_id).values(**values))


def _row(session: Session, staff_id: int) -> StaffReach:
    row = session.get(StaffReach, staff_id)
    if row is None:
        row = StaffReach(staff_id=staff_id)
        session.add(row)
    return row
