"""Carries what a phone proved in a browser over to WeChat, by a code sent to the account within minutes."""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from reminders import passes
from reminders.errors import Forbidden
from reminders.rules import permissions
from reminders.rules.lifecycle import BindHow
from reminders.tables.bindings import Binding, Follower

CONNECT_WITHIN = timedelta(minutes=15)
ONLY_BROWSERS = "您已经在微信里了，不用再接过去。"


def connect_code(session: Session, person_id: int, *, now: datetime) -> str:
    """Stands for everything bound to this person of a browser; shown once. Raises Forbidden for others,
    Conflict when nothing is bound."""
    if not session.get_one(Follower, person_id).by_phone:
        raise Forbidden(ONLY_BROWSERS)
    bound = (
        select(Binding.license_id)
        .where(Binding.follower_id == person_id, Binding.unbound_at.is_(None))
        .order_by(Binding.license_id)
        .limit(passes.MOST_LICENSES)
    )
    license_ids = session.execute(bound).scalars().all()
    actor = permissions.follower(person_id)
    return passes.issue_code(session, BindHow.PHONE_CODE, license_ids, CONNECT_WITHIN, actor=actor, now=now)
