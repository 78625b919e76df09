"""Makes and ends passes that bind once, and has the platform draw the QR codes of those that have one."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from reminders import audit
from reminders.db import vault_of
from reminders.errors import Conflict
from reminders.rules.lifecycle import BindHow
from reminders.rules.pass_code import new_code, new_scene
from reminders.rules.permissions import Actor
from reminders.tables.passes import BindPass, BindPassLicense

QR_LIFETIME = timedelta(days=30)  # the longest the platform draws one for
QR_LEASE = timedelta(seconds=30)
QR_BATCH = 20
LONGEST_PAUSE_S = 600
MOST_LICENSES = 500
NOTHING_CHOSEN = "没有选中证照。请至少选一本在册的证照。"


@dataclass(frozen=True)
class WantedQr:
    """Secret: lives in the clock's memory only."""

    pass_id: int
    scene: str
    seconds: int


@dataclass(frozen=True)
class Qr:
    """What a QR code of a pass says, None while the platform has not made it; `fault` is why it did not."""

    pass_id: int
    says: str | None
    fault: str
    expires_at: datetime


@dataclass(frozen=True)
class Inviter:
    """Somebody bound who vouches for another; `hands_over`: they leave when it is used."""

    follower_id: int
    hands_over: bool


def issue_qr(
    session: Session,
    how: BindHow,
    license_ids: Collection[int],
    *,
    delivery_id: int | None = None,
    lifetime: timedelta = QR_LIFETIME,
    inviter: Inviter | None = None,
    actor: Actor,
    now: datetime,
) -> int:
    """The id of a pass whose QR code is drawn within seconds. Raises Conflict when nothing is chosen."""
    scene = new_scene()
    made = _issue(session, how, license_ids, scene, now + lifetime, actor, now)
    made.delivery_id = delivery_id
    _by(made, inviter)
    made.scene_cipher, made.qr_next_at = vault_of(session).seal(scene), now
    session.flush()
    return made.id


def issue_staff_qr(
    session: Session, staff_id: int, lifetime: timedelta, *, actor: Actor, now: datetime
) -> int:
    """The id of a pass that links the WeChat account of whoever scans it; the ones before it end."""
    before = select(BindPass.id).where(BindPass.staff_id == staff_id, BindPass.ended_at.is_(None))
    for pass_id in session.execute(before).scalars().all():
        end(session, pass_id, now=now)
    scene = new_scene()
    made = BindPass(
        how=BindHow.STAFF,
        secret_hash=secret_hash(session, scene),
        issued_by=actor.ref,
        staff_id=staff_id,
        created_at=now,
        expires_at=now + lifetime,
        scene_cipher=vault_of(session).seal(scene),
        qr_next_at=now,
    )
    session.add(made)
    session.flush()
    return made.id


def issue_code(
    session: Session,
    how: BindHow,
    license_ids: Collection[int],
    lifetime: timedelta,
    *,
    inviter: Inviter | None = None,
    actor: Actor,
    now: datetime,
) -> str:
    """The code of a new pass: it can never be read again. Raises Conflict as `issue_qr`."""
    code = new_code()
    _by(_issue(session, how, license_ids, code, now + lifetime, actor, now), inviter)
    session.flush()
    return code


def secret_hash(session: Session, secret: str) -> str:
    return vault_of(session).blind(f"pass:{secret}")


def qr_of(session: Session, pass_id: int, *, now: datetime) -> Qr | None:
    """None for a pass that cannot be used any more, or has no QR code."""
    found = session.get(BindPass, pass_id)
    if found is None or found.ended_at is not None or found.expires_at <= now:
        return None
    if found.qr_cipher is None and found.scene_cipher is None:
        return None
    says = vault_of(session).open(found.qr_cipher) if found.qr_cipher else None
    return Qr(found.id, says, found.qr_fault, found.expires_at)


def end(session: Session, pass_id: int, *, used_by: int | None = None, now: datetime) -> None:
    """Nothing that was secret stays behind."""
    session.execute(
        update(BindPass)
        .where(BindPass.id == pass_id, BindPass.ended_at.is_(None))
        .values(ended_at=now, used_by=used_by, scene_cipher=None, qr_cipher=None, qr_next_at=None)
    )


def qr_is_wanted(session: Session, *, now: datetime) -> bool:
    return session.execute(select(BindPass.id).where(BindPass.qr_next_at <= now).limit(1)).first() is not None


def claim_qrs(session: Session, *, now: datetime) -> list[WantedQr]:
    """What is to be drawn, those of letters after those somebody waits for at a screen.

    A clock that dies over it is followed by another after QR_LEASE.

    Two codes for one secret do no harm: whichever is scanned first uses the pass up.
    """
    chosen = session.execute(
        select(BindPass)
        .where(BindPass.qr_next_at <= now)
        .order_by(BindPass.delivery_id.is_not(None), BindPass.qr_next_at)
        .limit(QR_BATCH)
        .with_for_update(skip_locked=True)
    ).scalars()
    wanted = []
    for one in chosen:
        left = int((one.expires_at - now).total_seconds())
        if one.scene_cipher is None or left <= 0:
            one.qr_next_at = None
            continue
        one.qr_next_at, one.qr_tries = now + QR_LEASE, one.qr_tries + 1
        wanted.append(WantedQr(one.id, vault_of(session).open(one.scene_cipher), left))
    return wanted


def qr_made(session: Session, pass_id: int, says: str) -> None:
    session.execute(
        update(BindPass)
        .where(BindPass.id == pass_id, BindPass.ended_at.is_(None))
        .values(qr_cipher=vault_of(session).seal(says), scene_cipher=None, qr_next_at=None, qr_fault="")
    )


def qr_failed(session: Session, pass_id: int, reason: str, *, now: datetime) -> None:
    """Tried again, after longer and longer pauses, as long as the pass lives."""
    tries = session.execute(select(BindPass.qr_tries).where(BindPass.id == pass_id)).scalar_one()
    pause = timedelta(seconds=min(2 ** min(tries, 12), LONGEST_PAUSE_S))
    session.execute(
        update(BindPass)
        .where(BindPass.id == pass_id, BindPass.qr_next_at.is_not(None))
        .values(qr_fault=reason[:64], qr_next_at=now + pause)
    )


def forget_expired(session: Session, *, now: datetime) -> None:
    """What an unused pass still kept secret is dropped with it."""
    kept = or_(BindPass.scene_cipher.is_not(None), BindPass.qr_cipher.is_not(None))
    session.execute(
        update(BindPass)
        .where(BindPass.expires_at <= now, kept)
        .values(scene_cipher=None, qr_cipher=None, qr_next_at=None)
    )


def _by(made: BindPass, inviter: Inviter | None) -> None:
    if inviter is not None:
        made.inviter_id, made.hands_over = inviter.follower_id, inviter.hands_over


def _issue(
    session: Session,
    how: BindHow,
    license_ids: Collection[int],
    secret: str,
    expires_at: datetime,
    actor: Actor,
    now: datetime,
) -> BindPass:
    if not license_ids or len(license_ids) > MOST_LICENSES:
        raise Conflict(NOTHING_CHOSEN)
    made = BindPass(
        how=how,
        secret_hash=secret_hash(session, secret),
        issued_by=actor.ref,
        created_at=now,
        expires_at=expires_at,
    )
    session.add(made)
    session.flush()
    chosen = sorted(set(license_ids))
    session.add_all(BindPassLicense(pass_id=made.id, license_id=license_id) for license_id in chosen)
    detail = {"how": how, "license_ids": chosen, "expires_at": expires_at.isoformat()}
    audit.record(session, "pass.issue", f"pass:{made.id}", detail, actor=actor, now=now)
    return made
