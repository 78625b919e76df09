"""The one place that writes that somebody is bound; whoever calls it has seen a proof and a consent."""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from reminders import audit, tidings
from reminders.errors import Forbidden
from reminders.rules import permissions
from reminders.rules.consent import CURRENT
from reminders.rules.lifecycle import BindHow
from reminders.tables.bindings import Binding, Consent, Follower
from reminders.tables.ledger import License

AGREE_FIRST = "绑定之前请先看隐私告知：回复“绑定”看告知，再回复“同意”。"


def bind(
    session: Session, follower_id: int, license_ids: Collection[int], how: BindHow, *, now: datetime
) -> tuple[int, ...]:
    """Those already bound stay as they were; others bound to the new ones are told.

    Raises Forbidden without consent to the present notice.
    """
    must_have_agreed(session, follower_id)
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


def has_agreed(session: Session, follower_id: int) -> bool:
    agreed = select(Consent.id).where(
        Consent.follower_id == follower_id, Consent.version == CURRENT, Consent.withdrawn_at.is_(None)
    )
    return session.execute(agreed.limit(1)).first() is not None


def must_have_agreed(session: Session, follower_id: int) -> None:
    if not has_agreed(session, follower_id):
        raise Forbidden(AGREE_FIRST)


def next_due(session: Session, license_ids: Sequence[int]) -> date | None:
    """The day of the next reminder among these."""
    due = select(func.min(License.next_due_on)).where(License.id.in_(license_ids))
    return session.execute(due).scalar_one_or_none()
