"""Keeps what followers said to subscription notices, as the platform's events tell it."""

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from reminders.holders.following import follower_of
from reminders.rules.lifecycle import GrantState
from reminders.tables.bindings import SubscriptionGrant


def record(session: Session, openid: str, template_id: str, state: GrantState, *, now: datetime) -> None:
    """The newest event counts, whichever arrives last: `now` is the moment the event tells."""
    insert: Any = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    values = {"state": state, "changed_at": now}
    statement = insert(SubscriptionGrant).values(
        follower_id=follower_of(session, openid, now=now), template_id=template_id[:64], **values
    )
    session.execute(
        statement.on_conflict_do_update(
            index_elements=["follower_id", "template_id"],
            set_=values,
            where=SubscriptionGrant.changed_at <= now,
        )
    )


def state(session: Session, follower_id: int, template_id: str) -> GrantState | None:
    """None: they never said anything."""
    said = select(SubscriptionGrant.state).where(
        SubscriptionGrant.follower_id == follower_id, SubscriptionGrant.template_id == template_id
    )
    return session.execute(said).scalar_one_or_none()
