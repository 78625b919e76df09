"""Bindings end: by who is bound, who may come back for a week, or by others, for good."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import ColumnElement, delete, update
from sqlalchemy.orm import Session

from reminders import audit, departures, resting
from reminders.departures import Departure
from reminders.rules import permissions
from reminders.tables.bindings import Binding, Confirmation


def unbind(session: Session, follower_id: int, binding_ids: Collection[int], *, now: datetime) -> int:
    """Ends these of the follower's own bindings; returns how many ended now."""
    ended = _end(session, follower_id, Binding.id.in_(binding_ids), now)
    departures.note(session, follower_id, ended, Departure.UNBOUND)
    _record(session, "binding.unbind", follower_id, ended, now)
    return len(ended)


def leave(
    session: Session,
    follower_id: int,
    license_ids: Collection[int],
    *,
    by_themselves: bool = False,
    now: datetime,
) -> int:
    """How many ended. Whoever is not responsible any more was no sign that somebody responsible knows."""
    ended = _end(session, follower_id, Binding.license_id.in_(license_ids), now)
    if by_themselves:
        departures.note(session, follower_id, ended, Departure.UNBOUND)
    else:
        departures.forfeit(session, follower_id, license_ids)
    session.execute(
        delete(Confirmation).where(
            Confirmation.license_id.in_(ended.values()), Confirmation.follower_id == follower_id
        )
    )
    _record(session, "binding.leave", follower_id, ended, now)
    return len(ended)


def _end(session: Session, follower_id: int, chosen: ColumnElement[bool], now: datetime) -> dict[int, int]:
    """Binding id → license id of those that ended; what waits for them goes to the others."""
    rows = session.execute(
        update(Binding)
        .where(Binding.follower_id == follower_id, chosen, Binding.unbound_at.is_(None))
        .values(unbound_at=now)
        .returning(Binding.id, Binding.license_id)
        .execution_options(synchronize_session=False)
    ).all()
    ended = {row.id: row.license_id for row in rows}
    if ended:
        resting.take_back_from(session, follower_id, ended.values(), now=now)
    return ended


def _record(session: Session, action: str, follower_id: int, ended: dict[int, int], now: datetime) -> None:
    if ended:
        actor, license_ids = permissions.follower(follower_id), sorted(ended.values())
        audit.record(session, action, actor.ref, {"license_ids": license_ids}, actor=actor, now=now)
