"""Somebody is not responsible any more: their bindings end, and what waits for them goes to the others."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from reminders import audit, resting
from reminders.rules import permissions
from reminders.tables.bindings import Binding, Confirmation


def leave(session: Session, follower_id: int, license_ids: Collection[int], *, now: datetime) -> int:
    """How many ended. Whoever is not responsible any more was no sign that somebody responsible knows."""
    ended = session.execute(
        update(Binding)
        .where(Binding.follower_id == follower_id, Binding.license_id.in_(license_ids))
        .where(Binding.unbound_at.is_(None))
        .values(unbound_at=now)
        .returning(Binding.license_id)
        .execution_options(synchronize_session=False)
    ).scalars()
    left = sorted(ended)
    session.execute(
        delete(Confirmation).where(Confirmation.license_id.in_(left), Confirmation.follower_id == follower_id)
    )
    for license_id in left:
        resting.take_back_from(session, follower_id, license_id, now=now)
    if left:
        actor = permissions.follower(follower_id)
        audit.record(session, "binding.leave", actor.ref, {"license_ids": left}, actor=actor, now=now)
    return len(left)
