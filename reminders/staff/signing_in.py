"""Signing in: the password first, then the second factor, each counted before it is looked at."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from reminders import audit, clock
from reminders.errors import Forbidden, LimitReached
from reminders.limits import Limit, forgive, span_start, spend
from reminders.rules.permissions import ADMINISTRATORS, Actor
from reminders.staff import second_factor
from reminders.staff.accounts import NO_PASSWORD, actor_of, another, is_password, login_key, nobodys_hash
from reminders.tables.staff import Staff

SPAN = timedelta(minutes=15)
LOGIN_LIMIT = Limit("sign_in_login", 10, SPAN)
ADDRESS_LIMIT = Limit("sign_in_address", 100, SPAN)
CODE_LIMIT = Limit("sign_in_code", 5, SPAN)
WRONG = "账号或密码不对，请核对后重试。忘记密码请联系安全管理员重新邀请。"
WRONG_CODE = "动态码不对，请等身份验证器显示下一个码再试，或改用一个恢复码。"
UNKNOWN_ACTOR = Actor(ref="system:sign-in", name="系统")


@dataclass(frozen=True)
class Attempt:
    """A counted try to sign in. `staff_id` is None for a login nobody has; checking it takes as long."""

    login: str
    staff_id: int | None
    password_hash: str


@dataclass(frozen=True)
class HalfIn:
    """Somebody whose password was right; the second factor is still to be shown, or to be set up."""

    staff_id: int
    epoch: int
    has_factor: bool


@dataclass(frozen=True)
class SignedIn:
    actor: Actor
    epoch: int


def begin_sign_in(session: Session, login: str, address: str, *, now: datetime) -> Attempt:
    """Counts the try before any password is looked at; commit it, then ask `password_matches`.

    Raises LimitReached with the time from which trying again makes sense.
    """
    login = login_key(login)[:64]
    for limit, subject in ((ADDRESS_LIMIT, address), (LOGIN_LIMIT, login)):
        _count(session, limit, subject, now)
    found = session.execute(
        select(Staff.id, Staff.password_hash).where(
            Staff.login == login, Staff.is_active, Staff.password_hash != NO_PASSWORD
        )
    ).one_or_none()
    if found is None:
        return Attempt(login, None, nobodys_hash())
    return Attempt(login, found[0], found[1])


def password_matches(attempt: Attempt, password: str) -> bool:
    """Slow on purpose (argon2id), so it is asked outside any transaction."""
    return is_password(attempt.password_hash, password) and attempt.staff_id is not None


def finish_password(
    session: Session,
    attempt: Attempt,
    address: str,
    *,
    matches: bool,
    is_for_administrators: bool = False,
    now: datetime,
) -> HalfIn | None:
    """Records a failed try; None then, alike for a wrong password and an unknown login.

    Who has no second factor yet is given a secret, to be shown once they prove that they hold it. Where
    passwords are for administrators alone, others are sent to the single sign-on (raises Forbidden).
    """
    staff = session.get(Staff, attempt.staff_id) if attempt.staff_id and matches else None
    if staff is None or not staff.is_active:
        record_failure(session, f"login:{attempt.login}"[:100], address, "password", now)
        return None
    if is_for_administrators and staff.role not in ADMINISTRATORS:
        raise Forbidden("您的账号请用统一身份认证登录，密码登录只留给管理员。")
    if staff.totp_since is None:
        second_factor.offer(session, staff)
    return HalfIn(staff.id, staff.session_epoch, staff.totp_since is not None)


def count_code(session: Session, half: HalfIn, *, now: datetime) -> None:
    """Counts a try of the second factor; commit it before the code is looked at. Raises LimitReached."""
    _count(session, CODE_LIMIT, str(half.staff_id), now)


def finish_sign_in(
    session: Session, half: HalfIn, code: str, address: str, *, now: datetime
) -> SignedIn | None:
    """By the code of the authenticator or by an unused recovery code; None when it is neither."""
    staff = session.get(Staff, half.staff_id, with_for_update=True)
    if staff is None or not staff.is_active or staff.session_epoch != half.epoch:
        return None
    if staff.totp_since is None:
        return None
    how = second_factor.take(session, staff, code, now=now)
    if not how:
        record_failure(session, f"staff:{staff.id}", address, "code", now)
        return None
    forgive(session, CODE_LIMIT, str(staff.id))
    return enter(session, staff, address, how, now)


def finish_enrolment(
    session: Session, half: HalfIn, code: str, address: str, *, now: datetime
) -> tuple[SignedIn, list[str]] | None:
    """Signs in whoever shows that they hold the secret; with recovery codes, seen only now."""
    staff = session.get(Staff, half.staff_id, with_for_update=True)
    if staff is None or not staff.is_active or staff.session_epoch != half.epoch or staff.totp_since:
        return None
    if not second_factor.take(session, staff, code, now=now):
        record_failure(session, f"staff:{staff.id}", address, "enrolment", now)
        return None
    staff.totp_since = now
    codes = second_factor.new_codes(session, staff)
    actor = actor_of(staff)
    audit.record(session, "staff.enrol", f"staff:{staff.id}", {"address": address}, actor=actor, now=now)
    return enter(session, staff, address, "totp", now), codes


def signed_in(session: Session, staff_id: int, epoch: int) -> Actor | None:
    """Who a session belongs to; None when the account was closed or signed out since."""
    staff = session.get(Staff, staff_id)
    if staff is None or not staff.is_active or staff.session_epoch != epoch:
        return None
    return actor_of(staff)


def sign_out(session: Session, *, actor: Actor, now: datetime) -> None:
    """Ends every session of this person, so that a copied cookie is worth nothing afterwards."""
    staff = session.get(Staff, actor.staff_id) if actor.staff_id else None
    if staff is None:
        return
    staff.session_epoch += 1
    session.flush()
    audit.record(session, "staff.sign_out", f"staff:{staff.id}", actor=actor, now=now)


def own_attempt(session: Session, *, actor: Actor, now: datetime) -> Attempt:
    """A counted look at the password of somebody who is signed in. Raises LimitReached."""
    staff = session.get_one(Staff, actor.staff_id)
    _count(session, LOGIN_LIMIT, staff.login, now)
    return Attempt(staff.login, staff.id, staff.password_hash)


def unlock(session: Session, staff_id: int, *, actor: Actor, now: datetime) -> None:
    """Forgets the failed tries of an account, so that its owner need not wait."""
    staff = another(session, staff_id, actor=actor)
    forgive(session, LOGIN_LIMIT, staff.login)
    forgive(session, CODE_LIMIT, str(staff.id))
    audit.record(session, "staff.unlock", f"staff:{staff_id}", actor=actor, now=now)


def enter(session: Session, staff: Staff, address: str, how: str, now: datetime) -> SignedIn:
    staff.last_sign_in_at = now
    actor = actor_of(staff)
    session.flush()
    detail = {"address": address, "by": how}
    audit.record(session, "staff.sign_in", f"staff:{staff.id}", detail, actor=actor, now=now)
    return SignedIn(actor, staff.session_epoch)


def _count(session: Session, limit: Limit, subject: str, now: datetime) -> None:
    if not spend(session, limit, subject, now=now):
        again = (span_start(limit, now) + limit.span).astimezone(clock.SHANGHAI)
        raise LimitReached(f"登录尝试次数过多，请在 {again:%H:%M} 之后再试，或联系安全管理员解除锁定。")


def record_failure(session: Session, subject: str, address: str, step: str, now: datetime) -> None:
    detail = {"address": address, "step": step}
    audit.record(session, "staff.sign_in_failed", subject, detail, actor=UNKNOWN_ACTOR, now=now)
