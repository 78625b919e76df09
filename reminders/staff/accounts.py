"""Accounts of staff: who they are, where they work, what they chose as a password."""

import secrets
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError
from sqlalchemy import select
from sqlalchemy.orm import Session

from reminders import audit, clock, own_reach
from reminders.errors import Conflict, Invalid, NotFound
from reminders.rules import identity
from reminders.rules.lifecycle import Role
from reminders.rules.permissions import ADMINISTRATORS, NEEDS_DEPARTMENT, Actor
from reminders.staff import officers
from reminders.tables.staff import Department, Staff, StaffLink

SHORTEST_PASSWORD = 10
LONGEST_PASSWORD = 200
NO_PASSWORD = "!"  # noqa: S105 - the hash of none: nobody gets in with it


@dataclass(frozen=True)
class StaffLine:
    id: int
    login: str
    name: str
    role: Role
    department: str
    is_active: bool
    has_password: bool
    has_factor: bool
    is_linked: bool  # to the city's single sign-on
    last_sign_in_at: datetime | None


def add_staff(
    session: Session,
    login: str,
    name: str,
    role: Role,
    department: str,
    password: str | None,
    *,
    person_no: str = "",
    actor: Actor,
    now: datetime,
) -> int:
    """A new account's id. `department` is its name; an officer and a lead need one.

    Without a password the account waits for an invitation. `person_no` is the person's number in the
    bureau. An administrator needs one: the database allows one account per number, so that nobody is
    administrator of two kinds, or one beside other work.
    """
    login, name = login_key(login), identity.clean(name)
    if not login or not name or not login.isascii() or len(login) > 64 or len(name) > 64:
        raise Invalid("账号只能用英文字母、数字和符号，账号和姓名都不能为空，最长 64 个字。")
    hashed = NO_PASSWORD if password is None else hash_password(password)
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
        password_hash=hashed,
        created_at=now,
    )
    session.add(staff)
    session.flush()
    detail = {"login": login, "role": str(role), "department_id": department_id}
    audit.record(session, "staff.add", f"staff:{staff.id}", detail, actor=actor, now=now)
    return staff.id


def list_staff(session: Session) -> list[StaffLine]:
    found = session.execute(
        select(Staff, Department.name, StaffLink.staff_id)
        .outerjoin(Department, Department.id == Staff.department_id)
        .outerjoin(StaffLink, StaffLink.staff_id == Staff.id)
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
            has_password=one.password_hash != NO_PASSWORD,
            has_factor=one.totp_since is not None,
            is_linked=linked is not None,
            last_sign_in_at=one.last_sign_in_at,
        )
        for one, department, linked in found
    ]


def departments(session: Session) -> list[str]:
    return list(session.execute(select(Department.name).order_by(Department.name)).scalars())


def set_active(session: Session, staff_id: int, *, is_active: bool, actor: Actor, now: datetime) -> None:
    """Closes an account at once, also where it is signed in; or opens it again. Never one's own.

    Raises Conflict where a department that calls, writes or texts would have no officer any more.
    """
    staff = another(session, staff_id, actor=actor)
    guarded = None if is_active else officers.guard(session, staff, clock.civil_date(now))
    staff.is_active = is_active
    staff.session_epoch += 1
    session.flush()
    if guarded is not None:
        guarded.must_hold(session, officers.CLOSING)
        own_reach.forget_all(session, staff_id, now=now)
    action = "staff.open" if is_active else "staff.close"
    audit.record(session, action, f"staff:{staff_id}", actor=actor, now=now)


def change_password(session: Session, hashed: str, *, actor: Actor, now: datetime) -> int:
    """The new session epoch: everywhere else the person is signed out. Check the old one before."""
    staff = session.get_one(Staff, actor.staff_id)
    staff.password_hash, staff.password_changed_at = hashed, now
    staff.session_epoch += 1
    session.flush()
    audit.record(session, "staff.change_password", f"staff:{staff.id}", actor=actor, now=now)
    return staff.session_epoch


def by_login(session: Session, login: str) -> Actor:
    """The person behind a login, for commands that act in their name."""
    staff = session.execute(
        select(Staff).where(Staff.login == login_key(login), Staff.is_active)
    ).scalar_one_or_none()
    if staff is None:
        raise NotFound(f"没有账号 {login}。用 reminders staff list 查看现有账号。")
    return actor_of(staff)


def another(session: Session, staff_id: int, *, actor: Actor) -> Staff:
    """Somebody else's account. Raises NotFound, Invalid for one's own."""
    staff = session.get(Staff, staff_id)
    if staff is None:
        raise NotFound("没有这个账号，请刷新页面。")
    if staff.id == actor.staff_id:
        raise Invalid("不能这样处理自己的账号，请由另一位安全管理员操作。")
    return staff


def login_key(login: str) -> str:
    return identity.clean(login).lower()


def actor_of(staff: Staff) -> Actor:
    return Actor(
        ref=f"staff:{staff.id}",
        name=staff.name,
        role=staff.role,
        staff_id=staff.id,
        department_id=staff.department_id,
    )


def hash_password(password: str) -> str:
    """Slow on purpose (argon2id). Raises Invalid for one that is too short or too long."""
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        raise Invalid(f"密码要有 {SHORTEST_PASSWORD} 至 {LONGEST_PASSWORD} 个字符，请换一个更长的。")
    return PasswordHasher().hash(password)


def is_password(hashed: str, password: str) -> bool:
    """Slow on purpose, so it is asked outside any transaction."""
    try:
        return PasswordHasher().verify(hashed, password[:LONGEST_PASSWORD])
    except (VerifyMismatchError, InvalidHashError):
        return False


@cache
def nobodys_hash() -> str:
    """Checked when the login is unknown, so that the answer takes as long as for a known one."""
    return PasswordHasher().hash(secrets.token_urlsafe(32))


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
