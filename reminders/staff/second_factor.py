"""The second factor: a secret in the person's authenticator, and codes for when that is lost."""

import secrets
from dataclasses import dataclass
from datetime import datetime

import pyotp
from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from reminders import audit
from reminders.db import vault_of
from reminders.errors import Invalid, NotFound
from reminders.rules.permissions import Actor
from reminders.tables.staff import RecoveryCode, Staff

STEP_S = 30
DRIFT = 1  # steps before and after ours: clocks of phones are not exact
CODES = 10
SIGNS = "23456789ABCDEFGHJKMNPQRSTVWXYZ"  # none that looks like another
ISSUER = "证照到期提醒"


@dataclass(frozen=True)
class Enrolment:
    """What the authenticator must be told, as its QR code says it and to type by hand."""

    uri: str
    secret: str


def offer(session: Session, staff: Staff) -> None:
    """A secret that counts only once the person showed that they hold it; a later visit sees the same."""
    if staff.totp_cipher is None:
        staff.totp_cipher, staff.totp_step = vault_of(session).seal(pyotp.random_base32()), 0
        session.flush()


def enrolment(session: Session, staff_id: int) -> Enrolment:
    """Raises NotFound once the secret counts: nobody is shown it again."""
    staff = session.get(Staff, staff_id)
    if staff is None or staff.totp_cipher is None or staff.totp_since is not None:
        raise NotFound("这个账号已经绑定过身份验证器，请直接登录。")
    secret = vault_of(session).open(staff.totp_cipher)
    uri = pyotp.TOTP(secret).provisioning_uri(name=staff.login, issuer_name=ISSUER)
    return Enrolment(uri, secret)


def take(session: Session, staff: Staff, text: str, *, now: datetime) -> str:
    """ "totp" or "recovery" when the code is right, and uses it up; "" otherwise. Lock the row before."""
    told = "".join(text.split()).replace("-", "").upper()
    if staff.totp_cipher is not None and told.isdigit() and len(told) == 6:
        step = _step_of(vault_of(session).open(staff.totp_cipher), told, now)
        if step is None or step <= staff.totp_step:
            return ""
        staff.totp_step = step
        session.flush()
        return "totp"
    return "recovery" if staff.totp_since and _use_code(session, staff, told, now) else ""


def new_codes(session: Session, staff: Staff) -> list[str]:
    """Ten fresh ones, seen only now; older ones are worth nothing from here on."""
    session.execute(delete(RecoveryCode).where(RecoveryCode.staff_id == staff.id))
    codes = ["".join(secrets.choice(SIGNS) for _ in range(10)) for _ in range(CODES)]
    session.add_all(RecoveryCode(staff_id=staff.id, digest=_digest(session, code)) for code in codes)
    session.flush()
    return [f"{code[:5]}-{code[5:]}" for code in codes]


def renew_codes(session: Session, code: str, *, actor: Actor, now: datetime) -> list[str]:
    """For somebody who is signed in and shows their second factor once more. Raises Invalid."""
    staff = session.get_one(Staff, actor.staff_id, with_for_update=True)
    if not take(session, staff, code, now=now):
        raise Invalid("动态码不对，请等身份验证器显示下一个码再试。")
    codes = new_codes(session, staff)
    audit.record(session, "staff.renew_codes", f"staff:{staff.id}", actor=actor, now=now)
    return codes


def codes_left(session: Session, *, actor: Actor) -> int:
    unused = (RecoveryCode.staff_id == actor.staff_id, RecoveryCode.used_at.is_(None))
    return session.execute(select(func.count()).select_from(RecoveryCode).where(*unused)).scalar_one()


def set_secret(session: Session, staff_id: int, secret: str, *, actor: Actor, now: datetime) -> None:
    """A secret somebody else knows too: for made-up people of an exercise only. Raises Invalid."""
    try:
        pyotp.TOTP(secret).at(0)
    except ValueError:
        raise Invalid("动态码密钥要是 base32，至少 112 位，即 23 个字符。") from None
    staff = session.get_one(Staff, staff_id)
    staff.totp_cipher, staff.totp_since, staff.totp_step = vault_of(session).seal(secret), now, 0
    session.flush()
    audit.record(session, "staff.set_factor", f"staff:{staff_id}", actor=actor, now=now)


def current_code(session: Session, staff_id: int, *, actor: Actor, now: datetime) -> str:
    """What the authenticator shows now: for made-up people of an exercise only. Raises NotFound."""
    staff = session.get(Staff, staff_id)
    if staff is None or staff.totp_cipher is None:
        raise NotFound("这个账号还没有绑定身份验证器，请先登录一次。")
    audit.record(session, "staff.tell_code", f"staff:{staff_id}", actor=actor, now=now)
    return pyotp.TOTP(vault_of(session).open(staff.totp_cipher)).at(int(now.timestamp()))


def forget(session: Session, staff: Staff) -> None:
    """The person sets up a new one at the next sign-in."""
    staff.totp_cipher, staff.totp_since, staff.totp_step = None, None, 0
    session.execute(delete(RecoveryCode).where(RecoveryCode.staff_id == staff.id))


def _step_of(secret: str, code: str, now: datetime) -> int | None:
    """The step this is the code of, among those near now; all are compared, whichever fits."""
    totp, here = pyotp.TOTP(secret), int(now.timestamp()) // STEP_S
    near = range(here - DRIFT, here + DRIFT + 1)
    fits = [step for step in near if secrets.compare_digest(totp.at(step * STEP_S), code)]
    return fits[-1] if fits else None


def _use_code(session: Session, staff: Staff, code: str, now: datetime) -> bool:
    used = session.execute(
        update(RecoveryCode)
        .where(RecoveryCode.staff_id == staff.id, RecoveryCode.used_at.is_(None))
        .where(RecoveryCode.digest == _digest(session, code))
        .values(used_at=now)
        .returning(RecoveryCode.id)
    )
    return used.scalar_one_or_none() is not None


def _digest(session: Session, code: str) -> str:
    return vault_of(session).blind(f"recovery-code:{code}")
