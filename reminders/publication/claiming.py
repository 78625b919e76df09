"""Claims the publication that is due under a short lease, and keeps the lease while its holder lives."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, case, exists, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, aliased

from reminders.publication.cargo import others_at, pack
from reminders.rules.article import Article, IndexLine
from reminders.rules.lifecycle import Outlet, PublicationState
from reminders.tables.notices import Publication

# Short, because its holder renews it twice a second: a killed worker costs two seconds, not minutes.
LEASE = timedelta(seconds=2)
OUTSIDE = tuple(outlet for outlet in Outlet if outlet is not Outlet.PORTAL)


@dataclass(frozen=True)
class Claimed:
    """One notice to bring to (`wanted` live) or take from (`wanted` gone) one outlet.

    `refused` says why the text must not leave; then there is nothing to send and only `failed` to call.
    `others` are the rest of what is live at this outlet, newest first, for outlets that keep an index.
    """

    id: int
    notice_id: int
    outlet: Outlet
    wanted: PublicationState
    external_id: str
    fence: int
    attempt: int
    waits: int
    steps: Mapping[str, str]
    article: Article
    others: tuple[IndexLine, ...]
    refused: str


def due(session: Session, *, outlets: Collection[Outlet] = OUTSIDE, now: datetime) -> bool:
    """Whether anything can be claimed: it waits, or was claimed by a process that did not come back."""
    return session.execute(select(exists().where(_is_due(outlets, now)))).scalar_one()


def claim(session: Session, *, outlets: Collection[Outlet] = OUTSIDE, now: datetime) -> Claimed | None:
    """Takes the next due publication; commit before calling the outlet, and renew inside LEASE.

    An outlet somebody else is busy with is left alone: one publication of an outlet at a time.
    """
    chosen = (
        select(Publication.id)
        .where(_is_due(outlets, now))
        .order_by(Publication.next_at, Publication.id)
        .limit(1)
        .with_for_update(skip_locked=True)
        .scalar_subquery()
    )
    try:
        with session.begin_nested():  # two claims at the same instant: the index lets one of them through
            taken = session.execute(
                update(Publication)
                .where(Publication.id == chosen)
                .values(
                    state=PublicationState.SENDING,
                    fence=Publication.fence + 1,
                    attempt=Publication.attempt + 1,
                    lease_until=now + LEASE,
                    updated_at=now,
                )
                .returning(Publication.id)
                .execution_options(synchronize_session=False)
            ).scalar_one_or_none()
    except IntegrityError:
        return None
    return None if taken is None else _claimed(session, taken)


def renew(session: Session, claimed: Claimed, *, now: datetime) -> bool:
    """Puts the end of the lease off; False when another process owns the row by now."""
    return _change(session, claimed, now, {"lease_until": now + LEASE})


def keep(
    session: Session, claimed: Claimed, steps: Mapping[str, str], *, job_ref: str, now: datetime
) -> bool:
    """Remembers what the outlet told so far; False, and nothing kept, when another process owns the row.

    Whoever gets on may fail again soon: the pauses begin anew with each step.
    """
    told = json.dumps(dict(steps), ensure_ascii=False, sort_keys=True)
    return _change(
        session,
        claimed,
        now,
        {
            "steps": told,
            "job_ref": job_ref or None,
            "lease_until": now + LEASE,
            "attempt": case((Publication.steps != told, 1), else_=Publication.attempt),
        },
    )


def owned(claimed: Claimed) -> tuple[ColumnElement[bool], ...]:
    """The row as long as it belongs to this claim."""
    return (
        Publication.id == claimed.id,
        Publication.fence == claimed.fence,
        Publication.state == PublicationState.SENDING,
    )


def _change(session: Session, claimed: Claimed, now: datetime, values: Mapping[str, object]) -> bool:
    changed = session.execute(
        update(Publication)
        .where(*owned(claimed))
        .values(**values)
        .returning(Publication.id)
        .execution_options(synchronize_session=False)
    )
    return changed.scalar_one_or_none() is not None


def _is_due(outlets: Collection[Outlet], now: datetime) -> ColumnElement[bool]:
    busy = aliased(Publication)
    return and_(
        Publication.outlet.in_(tuple(outlets)),
        ~exists().where(
            busy.outlet == Publication.outlet,
            busy.state == PublicationState.SENDING,
            busy.id != Publication.id,
        ),
        or_(
            and_(Publication.state == PublicationState.READY, Publication.next_at <= now),
            and_(Publication.state == PublicationState.SENDING, Publication.lease_until <= now),
        ),
    )


def _claimed(session: Session, publication_id: int) -> Claimed:
    row = session.get_one(Publication, publication_id, populate_existing=True)
    article, refused = pack(session, row)
    return Claimed(
        id=row.id,
        notice_id=row.notice_id,
        outlet=row.outlet,
        wanted=row.wanted,
        external_id=row.external_id,
        fence=row.fence,
        attempt=row.attempt,
        waits=row.waits,
        steps=json.loads(row.steps),
        article=article,
        others=others_at(session, row),
        refused=refused,
    )
