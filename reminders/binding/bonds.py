"""The one place that writes a new binding; whoever calls it has seen a proof."""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from reminders import agreement, audit, tidings
from reminders.rules import permissions
from reminders.rules.lifecycle import BindHow
from reminders.tables.bindings import Binding, Follower
from reminders.tables.ledger import License


def bind(
    session: Session, follower_id: int, license_ids: Collection[int], how: BindHow, *, now: datetime
) -> tuple[int, ...]:
    """Those already bound stay as they were; others bound to the new ones are told.

    Raises Forbidden without consent to the present notice.
    """
    agreement.must_have_agreed(session, follower_id)
    insert: Any = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    values = {"follower_id": follower_id, "how": how, "bound_at": now}
    chosen = sorted(license_ids)
    before = select(Binding.license_id).where(
        Binding.follower_id == follower_id, Binding.license_id.in_(chosen), Binding.unbound_at.is_(None)
    )
    fresh = set(chosen) - set(session.execute(before).scalars())
    session.execute(
        insert(Binding.__table__).on_conflict_do_nothing(),
        [values | {"license_id": license_id} for license_id in chosen],
    )
    audit.record(
        session,
        "binding.bind",
        f"follower:{follower_id}",
        {"license_ids": chosen, "how": how},
        actor=permissions.follower(follower_id),
        now=now,
    )
    if fresh and not session.get_one(Follower, follower_id).by_phone:
        tidings.tell_of_newcomer(session, follower_id, fresh, now=now)
    return tuple(license_ids)


def next_due(session: Session, license_ids: Sequence[int]) -> date | None:
    """The day of the next reminder among these."""
    due = select(func.min(License.next_due_on)).where(License.id.in_(license_ids))
    return session.execute(due).scalar_one_or_none()
