"""Who was bound lately to what somebody is bound to, and the one word by which a stranger is reported."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from reminders.binding import appealing
from reminders.rules.identity import mask_holder
from reminders.rules.lifecycle import BindHow, BindRole
from reminders.tables.bindings import Binding, Follower
from reminders.tables.holders import Holder
from reminders.tables.ledger import License

LATELY = timedelta(days=30)
MOST = 50


@dataclass(frozen=True)
class Newcomer:
    """One person at one holder; `licenses` are those shared with the reader."""

    binding_id: int
    holder_id: int
    holder_name: str
    licenses: int
    role: BindRole | None
    how: BindHow
    since: datetime


@dataclass(frozen=True)
class Reported:
    """`promised_at` None: nothing was reported, because there were none or it is not clear who is meant."""

    newcomers: int
    promised_at: datetime | None = None


def newcomers(session: Session, follower_id: int, *, now: datetime) -> tuple[Newcomer, ...]:
    """Bound after the reader and within LATELY, the newest first; not who reads by a phone only."""
    mine, other = aliased(Binding), aliased(Binding)
    since = func.min(other.bound_at)
    rows = session.execute(
        select(
            func.min(other.id),
            Holder.id,
            Holder.name,
            Holder.kind,
            func.count(other.license_id.distinct()),
            func.min(other.role),
            func.min(other.how),
            since,
        )
        .join(mine, mine.license_id == other.license_id)
        .join(Follower, Follower.id == other.follower_id)
        .join(License, License.id == other.license_id)
        .join(Holder, Holder.id == License.holder_id)
        .where(mine.follower_id == follower_id, mine.unbound_at.is_(None), other.unbound_at.is_(None))
        .where(other.follower_id != follower_id, ~Follower.by_phone)
        .where(other.bound_at > mine.bound_at, other.bound_at > now - LATELY)
        .group_by(other.follower_id, Holder.id, Holder.name, Holder.kind)
        .order_by(since.desc(), func.min(other.id).desc())
        .limit(MOST)
    ).all()
    return tuple(
        Newcomer(binding_id, holder_id, mask_holder(name, kind), count, role, how, at)
        for binding_id, holder_id, name, kind, count, role, how, at in rows
    )


def report_newcomer(session: Session, follower_id: int, *, now: datetime) -> Reported:
    """Somebody says that the newcomer is none of theirs: clear where there is one. Raises LimitReached."""
    found = newcomers(session, follower_id, now=now)
    people = set(
        session.execute(
            select(Binding.follower_id).where(Binding.id.in_([one.binding_id for one in found]))
        ).scalars()
    )
    if len(people) != 1:
        return Reported(len(people))
    promised_at = appealing.report_stranger(session, follower_id, found[0].binding_id, now=now)
    return Reported(1, promised_at)
