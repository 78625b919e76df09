"""Takes and ends a follower's consent; with it end bindings and everything that waits to be sent to them."""

from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from reminders import agreement, audit, departures, resting
from reminders.rules import permissions
from reminders.rules.consent import CURRENT
from reminders.tables.bindings import Binding, BindRequest, Consent, Follower
from reminders.tables.passes import HeldPass


def is_given(session: Session, follower_id: int) -> bool:
    """To the notice as it reads now."""
    return agreement.has_agreed(session, follower_id)


def give(session: Session, follower_id: int, *, now: datetime) -> None:
    """To the current notice; a second time changes nothing."""
    session.execute(select(Follower.id).where(Follower.id == follower_id).with_for_update())
    if is_given(session, follower_id):
        return
    session.add(Consent(follower_id=follower_id, version=CURRENT, given_at=now))
    _mark(session, follower_id, None)
    actor = permissions.follower(follower_id)
    audit.record(session, "consent.give", actor.ref, {"version": CURRENT}, actor=actor, now=now)


def withdraw(session: Session, follower_id: int, *, now: datetime) -> int:
    """Unbinds everything, takes back what waits for them, and says how many licenses were unbound."""
    session.execute(select(Follower.id).where(Follower.id == follower_id).with_for_update())
    ended = session.execute(
        update(Consent)
        .where(Consent.follower_id == follower_id, Consent.withdrawn_at.is_(None))
        .values(withdrawn_at=now)
        .returning(Consent.id)
        .execution_options(synchronize_session=False)
    ).all()
    unbound = session.execute(
        update(Binding)
        .where(Binding.follower_id == follower_id, Binding.unbound_at.is_(None))
        .values(unbound_at=now)
        .returning(Binding.license_id)
        .execution_options(synchronize_session=False)
    ).scalars()
    license_ids = sorted(unbound)
    session.execute(
        update(BindRequest)
        .where(BindRequest.follower_id == follower_id, BindRequest.closed_at.is_(None))
        .values(closed_at=now, outcome="withdrawn")
        .execution_options(synchronize_session=False)
    )
    session.execute(delete(HeldPass).where(HeldPass.follower_id == follower_id))
    departures.forfeit(session, follower_id)
    resting.take_back_all_from(session, follower_id, now=now)
    _mark(session, follower_id, now)
    if ended or license_ids:
        actor = permissions.follower(follower_id)
        detail = {"license_ids": license_ids}
        audit.record(session, "consent.withdraw", actor.ref, detail, actor=actor, now=now)
    return len(license_ids)


def _mark(session: Session, follower_id: int, ended_at: datetime | None) -> None:
    session.execute(
        update(Follower)
        .where(Follower.id == follower_id)
        .values(consent_ended_at=ended_at)
        .execution_options(synchronize_session=False)
    )
    session.flush()
    session.expire_all()
