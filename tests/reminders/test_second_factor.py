"""The second factor: a code counts once, a lost phone is no lost account, and an invitation ends."""

from datetime import timedelta
from threading import Barrier, Thread

import pytest
from sqlalchemy import select

from reminders import staff
from reminders.db import Database
from reminders.errors import Invalid, LimitReached
from reminders.rules.lifecycle import Role
from reminders.staff import HalfIn, SignedIn
from reminders.tables.audit import AuditEntry
from reminders.tables.staff import RecoveryCode, Staff
from tests.builders import CLOCK, NOW
from tests.reminders.test_staff import PASSWORD, SECRET, add, code_at, enter, prove, with_factor


def half_in(database: Database) -> HalfIn:
    with_factor(database, add(database))
    half = enter(database, "wang", PASSWORD)
    assert half is not None
    assert half.has_factor
    return half


def enrolled(database: Database) -> tuple[HalfIn, list[str]]:
    """Somebody who set up their authenticator at the first sign-in, with their recovery codes."""
    add(database)
    half = enter(database, "wang", PASSWORD)
    assert half is not None
    with database.begin() as session:
        staff.set_secret(session, half.staff_id, SECRET, actor=CLOCK, now=NOW)
        session.get_one(Staff, half.staff_id).totp_since = None
    with database.begin() as session:
        done = staff.finish_enrolment(session, half, code_at(), "192.0.2.1", now=NOW)
    assert done is not None
    return half, done[1]


def test_code_counts_once_and_a_minute_around_now(database: Database) -> None:
    half = half_in(database)
    assert prove(database, half, code_at(step=-2)) is None
    assert prove(database, half, code_at(step=2)) is None
    assert prove(database, half, code_at()) is not None
    assert prove(database, half, code_at()) is None
    assert prove(database, half, code_at(step=-1)) is None  # an earlier one than the one used
    assert prove(database, half, code_at(step=1)) is not None


def test_one_code_lets_one_of_many_in(database: Database) -> None:
    half, found, start = half_in(database), list[SignedIn | None](), Barrier(4)

    def go() -> None:
        start.wait()
        with database.begin() as session:
            found.append(staff.finish_sign_in(session, half, code_at(), "192.0.2.1", now=NOW))

    threads = [Thread(target=go) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len([one for one in found if one]) == 1


def test_guessing_codes_stops(database: Database) -> None:
    half = half_in(database)
    for _ in range(staff.CODE_LIMIT.most):
        assert prove(database, half, "000000") is None
    with pytest.raises(LimitReached, match="09:15"):
        prove(database, half, code_at())
    with database.begin() as session:
        staff.unlock(session, half.staff_id, actor=CLOCK, now=NOW)
    assert prove(database, half, code_at()) is not None
    with database.read() as session:
        failed = select(AuditEntry.detail).where(AuditEntry.action == "staff.sign_in_failed")
        assert len(session.execute(failed).all()) == staff.CODE_LIMIT.most


def test_nobody_gets_in_without_having_set_up_a_second_factor(database: Database) -> None:
    add(database)
    half = enter(database, "wang", PASSWORD)
    assert half is not None
    assert not half.has_factor
    assert prove(database, half, code_at()) is None
    with database.read() as session:
        first, again = (staff.enrolment(session, half.staff_id) for _ in range(2))
    assert first == again  # a reload shows the same code to scan
    assert first.secret in first.uri


def test_recovery_code_counts_once_and_only_its_digest_is_kept(database: Database) -> None:
    half, codes = enrolled(database)
    assert len(set(codes)) == 10
    with database.read() as session:
        kept = list(session.execute(select(RecoveryCode.digest)).scalars())
    assert not any(code.replace("-", "") in digest for code in codes for digest in kept)
    assert prove(database, half, codes[3].lower().replace("-", " ")) is not None
    assert prove(database, half, codes[3]) is None
    assert prove(database, half, codes[4]) is not None


def test_new_recovery_codes_end_the_old_ones(database: Database) -> None:
    half, codes = enrolled(database)
    signed = prove(database, half, codes[0])
    assert signed is not None
    with database.begin() as session:
        fresh = staff.renew_codes(session, code_at(step=1), actor=signed.actor, now=NOW)
        assert staff.codes_left(session, actor=signed.actor) == 10
        with pytest.raises(Invalid):
            staff.renew_codes(session, code_at(step=1), actor=signed.actor, now=NOW)
    assert prove(database, half, codes[1]) is None
    assert prove(database, half, fresh[1]) is not None


def test_invitation_is_used_once_and_ends_by_itself(database: Database) -> None:
    with database.begin() as session:
        staff_id = staff.add_staff(session, "li", "李示例", Role.OFFICE, "", None, actor=CLOCK, now=NOW)
        first = staff.invite(session, staff_id, actor=CLOCK, now=NOW)
        second = staff.invite(session, staff_id, actor=CLOCK, now=NOW)
    assert enter(database, "li", "!") is None
    hashed, late = staff.hash_password("chosen-by-me-1"), NOW + timedelta(days=3)
    wrong = [("li", first.code, NOW), ("wang", second.code, NOW), ("li", second.code, late), ("li", "", NOW)]
    for login, code, now in wrong:
        with database.begin() as session, pytest.raises(Invalid, match="邀请码不对"):
            staff.accept(session, login, code, hashed, now=now)
    with database.begin() as session:
        staff.accept(session, " LI", second.code.lower(), hashed, now=NOW)
    assert enter(database, "li", "chosen-by-me-1") is not None
    with database.begin() as session, pytest.raises(Invalid, match="邀请码不对"):
        staff.accept(session, "li", second.code, hashed, now=NOW)


def test_inviting_again_ends_password_factor_and_sessions(database: Database) -> None:
    half, codes = enrolled(database)
    signed = prove(database, half, codes[0])
    assert signed is not None
    with database.begin() as session:
        staff.invite(session, half.staff_id, actor=CLOCK, now=NOW)
        assert staff.signed_in(session, half.staff_id, signed.epoch) is None
    assert enter(database, "wang", PASSWORD) is None
    assert prove(database, half, codes[1]) is None


def test_nobody_resets_or_closes_the_own_account(database: Database) -> None:
    half, codes = enrolled(database)
    signed = prove(database, half, codes[0])
    assert signed is not None
    with database.begin() as session:
        for refused in (staff.invite, staff.unlock):
            with pytest.raises(Invalid, match="自己"):
                refused(session, half.staff_id, actor=signed.actor, now=NOW)
        with pytest.raises(Invalid, match="自己"):
            staff.set_active(session, half.staff_id, is_active=False, actor=signed.actor, now=NOW)
