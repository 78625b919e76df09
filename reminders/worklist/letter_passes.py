"""Gives a letter the QR code by which its reader binds the licenses it speaks of."""

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from reminders import calls, passes
from reminders.errors import Conflict
from reminders.passes import Qr
from reminders.rules.lifecycle import BindHow, DeliveryState
from reminders.rules.permissions import Actor
from reminders.tables.passes import BindPass, BindPassLicense
from reminders.worklist import access
from reminders.worklist.items import items_of

LONG_ENOUGH = timedelta(days=20)  # a code with less time left is replaced before it is printed
NOTHING_TO_SAY = "这封函里的证照都不用再提醒了，不必寄出。"


def draw_qr(session: Session, delivery_id: int, *, actor: Actor, now: datetime) -> int:
    """The pass of this letter: one that is still good for exactly its licenses, else a new one.

    Raises NotFound, Conflict when nothing is left to say.
    """
    access.letter_in(session, delivery_id, DeliveryState.READY, actor=actor)
    items = items_of(session, [delivery_id], calls.is_worth_saying())[delivery_id]
    license_ids = {item.license_id for item in items}
    if not license_ids:
        raise Conflict(NOTHING_TO_SAY)
    standing = _standing(session, delivery_id)
    for pass_id, expires_at in standing:
        if expires_at - now >= LONG_ENOUGH and _licenses(session, pass_id) == license_ids:
            return pass_id
    for pass_id, _ in standing:
        passes.end(session, pass_id, now=now)
    return passes.issue_qr(
        session, BindHow.LETTER, license_ids, delivery_id=delivery_id, actor=actor, now=now
    )


def qr_of_letter(session: Session, delivery_id: int, *, now: datetime) -> Qr | None:
    """None where nobody asked for one, or it was used."""
    standing = _standing(session, delivery_id)
    return passes.qr_of(session, standing[0][0], now=now) if standing else None


def end_passes(session: Session, delivery_id: int, *, now: datetime) -> None:
    """A letter that came back may have been read by others."""
    for pass_id, _ in _standing(session, delivery_id):
        passes.end(session, pass_id, now=now)


def _standing(session: Session, delivery_id: int) -> list[tuple[int, datetime]]:
    """The newest first."""
    chosen = (
        select(BindPass.id, BindPass.expires_at)
        .where(BindPass.delivery_id == delivery_id, BindPass.ended_at.is_(None))
        .order_by(BindPass.id.desc())
    )
    return [(row.id, row.expires_at) for row in session.execute(chosen)]


def _licenses(session: Session, pass_id: int) -> Collection[int]:
    chosen = select(BindPassLicense.license_id).where(BindPassLicense.pass_id == pass_id)
    return set(session.execute(chosen).scalars())
