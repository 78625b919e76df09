"""Who may come in by the city's single sign-on: only somebody invited here, linked to one subject there."""

from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from reminders import audit
from reminders.db import vault_of
from reminders.errors import Conflict, Invalid, NotFound
from reminders.rules.identity import clean
from reminders.rules.permissions import Actor
from reminders.staff import second_factor
from reminders.staff.accounts import another
from reminders.staff.invitations import find_open
from reminders.staff.signing_in import HalfIn, SignedIn, enter, record_failure
from reminders.tables.staff import Invitation, Staff, StaffLink

UNKNOWN = (
    "统一身份认证通过了，但这个身份还没有和工作台账号关联。第一次使用请凭邀请码关联，或请安全管理员关联。"
)


def person_of(session: Session, issuer: str, subject: str, address: str, *, now: datetime) -> HalfIn | None:
    """The colleague behind a proven subject; None, written down, when nobody active is linked to it."""
    staff = session.execute(
        select(Staff)
        .join(StaffLink, StaffLink.staff_id == Staff.id)
        .where(StaffLink.issuer == issuer, StaffLink.subject == subject, Staff.is_active)
    ).scalar_one_or_none()
    if staff is None:
        told = vault_of(session).blind(f"subject:{issuer}:{subject}")[:16]
        record_failure(session, f"login:{told}", address, "unknown_subject", now)
        return None
    if staff.totp_since is None:
        second_factor.offer(session, staff)
    return HalfIn(staff.id, staff.session_epoch, staff.totp_since is not None)


def enter_linked(session: Session, half: HalfIn, address: str, *, now: datetime) -> SignedIn:
    """Signs in where the provider asked for the second factor. Raises NotFound when closed meanwhile."""
    staff = session.get(Staff, half.staff_id, with_for_update=True)
    if staff is None or not staff.is_active or staff.session_epoch != half.epoch:
        raise NotFound("这个账号刚刚被停用或改动，请重新登录。")
    return enter(session, staff, address, "single_sign_on", now)


def invited(session: Session, login: str, code: str, *, now: datetime) -> int:
    """The id of the open invitation, which stays open until it is known who brings it. Raises Invalid."""
    return find_open(session, login, code, now=now)[0].id


def link_invited(session: Session, invitation_id: int, issuer: str, subject: str, *, now: datetime) -> None:
    """Uses the invitation up for whoever the provider vouched for. Raises Invalid, Conflict."""
    invitation = session.get(Invitation, invitation_id, with_for_update=True)
    if invitation is None or invitation.ended_at is not None or invitation.expires_at <= now:
        raise Invalid("邀请已经过期或用过，请安全管理员重新邀请。")
    staff = session.get_one(Staff, invitation.staff_id)
    if not staff.is_active:
        raise Invalid("这个账号已停用，请联系安全管理员。")
    invitation.ended_at = now
    actor = Actor(ref=f"staff:{staff.id}", name=staff.name)
    _link(session, staff, issuer, subject, "staff.link_self", actor, now)


def link(session: Session, staff_id: int, issuer: str, subject: str, *, actor: Actor, now: datetime) -> None:
    """By the security administrator, who was told the subject by the office that runs the single sign-on.

    Raises NotFound, Invalid for one's own account, Conflict.
    """
    staff, told = another(session, staff_id, actor=actor), clean(subject)
    if not told or len(told) > 255:
        raise Invalid("请填统一身份认证里的用户标识（sub），由认证平台的管理员提供。")
    _link(session, staff, issuer, told, "staff.link", actor, now)


def unlink(session: Session, staff_id: int, *, actor: Actor, now: datetime) -> None:
    """Ends running sessions too. Raises NotFound, Invalid for one's own account."""
    staff = another(session, staff_id, actor=actor)
    gone = session.execute(
        delete(StaffLink).where(StaffLink.staff_id == staff_id).returning(StaffLink.staff_id)
    )
    if gone.scalar_one_or_none() is None:
        raise NotFound("这个账号没有关联统一身份认证，请刷新页面。")
    staff.session_epoch += 1
    session.flush()
    audit.record(session, "staff.unlink", f"staff:{staff_id}", actor=actor, now=now)


def _link(
    session: Session, staff: Staff, issuer: str, subject: str, action: str, actor: Actor, now: datetime
) -> None:
    taken = session.execute(
        select(StaffLink.staff_id).where(StaffLink.issuer == issuer, StaffLink.subject == subject)
    ).scalar_one_or_none()
    if taken is not None and taken != staff.id:
        raise Conflict("这个统一身份认证用户已经关联了另一个账号。一个人只能有一个账号，请联系安全管理员。")
    session.execute(delete(StaffLink).where(StaffLink.staff_id == staff.id))
    session.add(StaffLink(staff_id=staff.id, issuer=issuer, subject=subject, linked_at=now))
    session.flush()
    audit.record(session, action, f"staff:{staff.id}", {"issuer": issuer}, actor=actor, now=now)
