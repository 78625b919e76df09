"""Accounts of staff: who they are, how they sign in, and what waits for them today."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError
from sqlalchemy import select
from sqlalchemy.orm import Session

from reminders import audit, clock
from reminders.errors import Conflict, Invalid, LimitReached, NotFound
from reminders.limits import Limit, span_start, spend
from reminders.rules import identity
from reminders.rules.lifecycle import Role
from reminders.rules.permissions import ADMINISTRATORS, NEEDS_DEPARTMENT, Actor
from reminders.tables.staff import Department, Staff

SPAN = timedelta(minutes=15)
LOGIN_LIMIT = Limit("sign_in_login", 10, SPAN)
ADDRESS_LIMIT = Limit("sign_in_address", 100, SPAN)
SHORTEST_PASSWORD = 10
LONGEST_PASSWORD = 200
WRONG = "账号或密码不对，请核对后重试。忘记密码请联系系统管理员重设。"
UNKNOWN_ACTOR = Actor(ref="system:sign-in", name="系统")


@dataclass(frozen=True)
class StaffLine:
    id: int
    login: str
    name: str
    role: Role
    department: str
    is_active: bool
    last_sign_in_at: datetime | None


@dataclass(frozen=True)
class Attempt:
    """A counted try to sign in. `staff_id` is None for a login nobody has; checking it takes as long."""

    login: str
    staff_id: int | None
    password_hash: str


@dataclass(frozen=True)
class SignedIn:
    actor: Actor
    epoch: int


def add_staff(
    session: Session,
    login: str,
    name: str,
    role: Role,
    department: str,
    password: str,
    *,
    person_no: str = "",
    actor: Actor,
    now: datetime,
) -> int:
    """A new account's id. `department` is its name; an officer and a lead need one.

    `person_no` is the person's number in the bureau. An administrator needs one: the database allows one
    account per number, so that nobody is administrator of two kinds, or one beside other work.
    """
    login, name = login_key(login), identity.clean(name)
    if not login or not name or not login.isascii() or len(login) > 64 or len(name) > 64:
        raise Invalid("账号只能用英文字母、数字和符号，账号和姓名都不能为空，最长 64 个字。")
    _check_password(password)
    person_no = _person_no(session, role, person_no)
    department_id = _department_id(session, role, identity.clean(department))
    if session.execute(select(Staff.id).where(Staff.login == login)).first():
        raise Conflict(f"账号 {login} 已经有了，请换一个。")
    staff = Staff(
        login=login,
        name=name,
        role=role,
        department_id=department_id,
        person_no=person_no,
        password_hash=PasswordHasher().hash(password),
        created_at=now,
    )
    session.add(staff)
    session.flush()
    detail = {"login": login, "role": str(role), "department_id": department_id}
    audit.record(session, "staff.add", f"staff:{staff.id}", detail, actor=actor, now=now)
    return staff.id


def list_staff(session: Session) -> list[StaffLine]:
    found = session.execute(
        select(Staff, Department.name)
        .outerjoin(Department, Department.id == Staff.department_id)
        .order_by(Staff.login)
    )
    return [
        StaffLine(
            id=one.id,
            login=one.login,
            name=one.name,
            role=one.role,
            department=department or "",
            is_active=one.is_active,
            last_sign_in_at=one.last_sign_in_at,
        )
        for one, department in found
    ]


def begin_sign_in(session: Session, login: str, address: str, *, now: datetime) -> Attempt:
    """Counts the try before any password is looked at; commit it, then ask `password_matches`.

    Raises LimitReached with the time from which trying again makes sense.
    """
    login = login_key(login)[:64]
    for limit, subject in ((ADDRESS_LIMIT, address), (LOGIN_LIMIT, login)):
        if not spend(session, limit, subject, now=now):
            again = (span_start(limit, now) + limit.span).astimezone(clock.SHANGHAI)
            raise LimitReached(f"登录尝试次数过多，请在 {again:%H:%M} 之后再试，或联系系统管理员。")
    found = session.execute(
        select(Staff.id, Staff.password_hash).where(Staff.login == login, Staff.is_active)
    ).one_or_none()
    if found is None:
        return Attempt(login, None, _nobodys_hash())
    return Attempt(login, found[0], found[1])


def password_matches(attempt: Attempt, password: str) -> bool:
    """Slow on purpose (argon2id), so it is asked outside any transaction."""
    try:
        matches = PasswordHasher().verify(attempt.password_hash, password[:LONGEST_PASSWORD])
    except (VerifyMismatchError, InvalidHashError):
        return False
    return matches and attempt.staff_id is not None


def finish_sign_in(
    session: Session, attempt: Attempt, address: str, *, matches: bool, now: datetime
) -> SignedIn | None:
    """Records the try; None when it failed, alike for a wrong password and an unknown login."""
    staff = session.get(Staff, attempt.staff_id) if attempt.staff_id and matches else None
    if staff is None or not staff.is_active:
        audit.record(
            session,
            "staff.sign_in_failed",
            f"login:{attempt.login}"[:100],
            {"address": address},
            actor=UNKNOWN_ACTOR,
            now=now,
        )
        return None
    staff.last_sign_in_at = now
    actor = _actor(staff)
    session.flush()
    audit.record(session, "staff.sign_in", f"staff:{staff.id}", {"address": address}, actor=actor, now=now)
    return SignedIn(actor, staff.session_epoch)


def signed_in(session: Session, staff_id: int, epoch: int) -> Actor | None:
    """Who a session belongs to; None when the account was closed or signed out since."""
    staff = session.get(Staff, staff_id)
    if staff is None or not staff.is_active or staff.session_epoch != epoch:
        return None
    return _actor(staff)


def sign_out(session: Session, *, actor: Actor, now: datetime) -> None:
    """Ends every session of this person, so that a copied cookie is worth nothing afterwards."""
    staff = session.get(Staff, actor.staff_id) if actor.staff_id else None
    if staff is None:
        return
    staff.session_epoch += 1
    session.flush()
    audit.record(session, "staff.sign_out", f"staff:{staff.id}", actor=actor, now=now)


def by_login(session: Session, login: str) -> Actor:
    """The person behind a login, for commands that act in their name."""
    staff = session.execute(
        select(Staff).where(Staff.login == login_key(login), Staff.is_active)
    ).scalar_one_or_none()
    if staff is None:
        raise NotFound(f"没有账号 {login}。用 reminders staff list 查看现有账号。")
    return _actor(staff)


def new_password() -> str:
    return secrets.token_urlsafe(12)


def login_key(login: str) -> str:
    return identity.clean(login).lower()


def _actor(staff: Staff) -> Actor:
    return Actor(
        ref=f"staff:{staff.id}",
        name=staff.name,
        role=staff.role,
        staff_id=staff.id,
        department_id=staff.department_id,
    )


def _check_password(password: str) -> None:
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        raise Invalid(f"密码要有 {SHORTEST_PASSWORD} 至 {LONGEST_PASSWORD} 个字符，请换一个更长的。")


def _person_no(session: Session, role: Role, text: str) -> str:
    number = identity.clean(text)[:32]
    if not number and role in ADMINISTRATORS:
        raise Invalid("管理员账号要填工号：系统、安全、审计管理员必须由三个人分别担任，也不兼任其他岗位。")
    taken = select(Staff.login, Staff.role).where(Staff.person_no == number)
    found = session.execute(taken).one_or_none() if number else None
    if found is not None:
        raise Conflict(f"工号 {number} 已有账号 {found.login}。一个人只能有一个账号，管理员不得兼任。")
    return number


def _department_id(session: Session, role: Role, name: str) -> int | None:
    if not name:
        if role in NEEDS_DEPARTMENT:
            raise Invalid("专员和科室负责人要注明所在科室，例如 --department 市场准入二科。")
        return None
    found = session.execute(select(Department.id).where(Department.name == name)).scalar_one_or_none()
    if found is None:
        raise NotFound(f"没有名为“{name}”的科室。请先导入目录，或核对科室名称。")
    return found


@cache
def _nobodys_hash() -> str:
    """Checked when the login is unknown, so that the answer takes as long as for a known one."""
    return PasswordHasher().hash(secrets.token_urlsafe(32))
