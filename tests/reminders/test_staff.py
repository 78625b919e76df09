"""Accounts sign in with their password only, a limited number of times, and leave a trace."""

from datetime import timedelta

import pyotp
import pytest
from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError

from reminders import staff
from reminders.db import Database
from reminders.errors import Conflict, Invalid, LimitReached, NotFound
from reminders.rules.lifecycle import Role
from reminders.rules.permissions import ADMINISTRATORS, GRANTS, Permission
from reminders.staff import HalfIn, SignedIn
from reminders.tables.audit import AuditEntry
from reminders.tables.staff import Staff
from tests import builders
from tests.builders import CLOCK, NOW

PASSWORD = "correct-horse-1"
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


def add(database: Database, login: str = "wang", role: Role = Role.SUPERVISOR, department: str = "") -> int:
    with database.begin() as session:
        return staff.add_staff(session, login, "王示例", role, department, PASSWORD, actor=CLOCK, now=NOW)


def with_factor(database: Database, staff_id: int) -> None:
    with database.begin() as session:
        staff.set_secret(session, staff_id, SECRET, actor=CLOCK, now=NOW)


def code_at(minute: int = 0, step: int = 0) -> str:
    return pyotp.TOTP(SECRET).at(int((NOW + timedelta(minutes=minute)).timestamp()) + 30 * step)


def enter(database: Database, login: str, password: str, minute: int = 0) -> HalfIn | None:
    """The first half: the password."""
    now = NOW + timedelta(minutes=minute)
    with database.begin() as session:
        attempt = staff.begin_sign_in(session, login, "192.0.2.1", now=now)
    matches = staff.password_matches(attempt, password)
    with database.begin() as session:
        return staff.finish_password(session, attempt, "192.0.2.1", matches=matches, now=now)


def prove(database: Database, half: HalfIn, code: str, minute: int = 0) -> SignedIn | None:
    """The second half."""
    now = NOW + timedelta(minutes=minute)
    with database.begin() as session:
        staff.count_code(session, half, now=now)
    with database.begin() as session:
        return staff.finish_sign_in(session, half, code, "192.0.2.1", now=now)


def test_right_password_signs_in_and_is_stored_as_argon2id(database: Database) -> None:
    staff_id = add(database)
    with_factor(database, staff_id)
    half = enter(database, " WANG ", PASSWORD)
    assert half is not None
    signed = prove(database, half, code_at())
    assert signed is not None
    assert (signed.actor.staff_id, signed.actor.role) == (staff_id, Role.SUPERVISOR)
    with database.read() as session:
        assert session.get_one(Staff, staff_id).password_hash.startswith("$argon2id$")
        actions = list(session.execute(select(AuditEntry.action).order_by(AuditEntry.id)).scalars())
    assert actions == ["staff.add", "staff.set_factor", "staff.sign_in"]


def test_wrong_password_unknown_login_and_closed_account_look_alike(sqlite_database: Database) -> None:
    staff_id = add(sqlite_database)
    assert enter(sqlite_database, "wang", "wrong") is None
    assert enter(sqlite_database, "nobody", PASSWORD) is None
    with sqlite_database.begin() as session:
        session.get_one(Staff, staff_id).is_active = False
    assert enter(sqlite_database, "wang", PASSWORD) is None


def test_guessing_stops_and_says_until_when(sqlite_database: Database) -> None:
    add(sqlite_database)
    for _ in range(staff.LOGIN_LIMIT.most):
        assert enter(sqlite_database, "wang", "wrong") is None
    with pytest.raises(LimitReached, match="09:15"):
        enter(sqlite_database, "wang", PASSWORD)
    assert enter(sqlite_database, "wang", PASSWORD, minute=15) is not None


def test_one_address_cannot_try_every_login(sqlite_database: Database) -> None:
    with sqlite_database.begin() as session, pytest.raises(LimitReached):
        for number in range(staff.ADDRESS_LIMIT.most + 1):
            staff.begin_sign_in(session, f"login{number}", "192.0.2.1", now=NOW)


def test_signing_out_ends_every_session_of_the_person(sqlite_database: Database) -> None:
    with_factor(sqlite_database, add(sqlite_database))
    half = enter(sqlite_database, "wang", PASSWORD)
    assert half is not None
    signed = prove(sqlite_database, half, code_at())
    assert signed and signed.actor.staff_id
    with sqlite_database.begin() as session:
        assert staff.signed_in(session, signed.actor.staff_id, signed.epoch) == signed.actor
        staff.sign_out(session, actor=signed.actor, now=NOW)
        assert staff.signed_in(session, signed.actor.staff_id, signed.epoch) is None


def test_account_is_refused_when_something_is_wrong(sqlite_database: Database) -> None:
    add(sqlite_database)
    with sqlite_database.begin() as session:
        builders.department(session, name="示例科")
        for values, error in (
            (("wang", "王示例", Role.OFFICE, "", PASSWORD), Conflict),
            (("li", "李示例", Role.OFFICER, "", PASSWORD), Invalid),
            (("li", "李示例", Role.OFFICER, "没有的科", PASSWORD), NotFound),
            (("li", "李示例", Role.OFFICE, "", "short"), Invalid),
            (("李", "李示例", Role.OFFICE, "", PASSWORD), Invalid),
            (("li", "李示例", Role.AUDIT_ADMIN, "", PASSWORD), Invalid),
        ):
            with pytest.raises(error):
                staff.add_staff(session, *values, actor=CLOCK, now=NOW)
        staff.add_staff(session, "li", "李示例", Role.OFFICER, "示例科", PASSWORD, actor=CLOCK, now=NOW)
        lines = staff.list_staff(session)
    assert [(line.login, line.department) for line in lines] == [("li", "示例科"), ("wang", "")]


def test_nobody_is_administrator_of_two_kinds(database: Database) -> None:
    """The database refuses it: an administrator has a number, and a number has one account."""
    with database.begin() as session:
        for role, number in zip(sorted(ADMINISTRATORS), ("101", "102", "103"), strict=True):
            staff.add_staff(
                session, f"a{number}", "王示例", role, "", PASSWORD, person_no=number, actor=CLOCK, now=NOW
            )
        with pytest.raises(Conflict, match="a101"):
            staff.add_staff(
                session, "b", "王示例", Role.OFFICE, "", PASSWORD, person_no="101", actor=CLOCK, now=NOW
            )
    values = {"login": "x", "name": "x", "password_hash": "!", "created_at": NOW}
    for wrong in ({"role": Role.AUDIT_ADMIN}, {"role": Role.OFFICE, "person_no": "101"}):
        with pytest.raises(IntegrityError), database.begin() as session:
            session.execute(insert(Staff).values(**values, **wrong))
    with pytest.raises(IntegrityError), database.begin() as session:
        session.execute(update(Staff).where(Staff.login == "a101").values(person_no=""))


def test_administrators_share_nothing_but_their_own_account() -> None:
    for one in ADMINISTRATORS:
        for other in set(GRANTS) - {one}:
            shared = GRANTS[one] & GRANTS[other]
            allowed = {Permission.SEE_HOME, Permission.SIGN_OUT, Permission.OWN_ACCOUNT}
            if (
                other not in ADMINISTRATORS
            ):  # the supervising section may stop sending and reads the catalogue
                allowed |= {Permission.SWITCH_SENDING, Permission.SEE_CATALOGUE}
            assert shared <= allowed, (one, other, shared)
