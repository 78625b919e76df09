"""Whoever left by themselves may come back for a week, while the ledger says what it said when they left."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import and_, exists, select, update
from sqlalchemy.orm import Session, aliased

from reminders import agreement, audit, resting
from reminders.db import vault_of
from reminders.rules import permissions
from reminders.rules.lifecycle import LicenseState
from reminders.tables.bindings import Binding
from reminders.tables.holders import Contact
from reminders.tables.ledger import License

COME_BACK_WITHIN = timedelta(days=7)


class Departure(StrEnum):
    """How they left; an answer is taken back as an answer, never from the list of what was unbound."""

    UNBOUND = "unbound"
    ANSWERED = "answered"


@dataclass(frozen=True)
class Departed:
    """One binding that may be had back."""

    binding_id: int
    license_id: int
    left_at: datetime


def note(session: Session, follower_id: int, binding_ids: Collection[int], how: Departure) -> None:
    """Keeps, with bindings that ended just now, under which holder and phone they were."""
    rows = session.execute(_with_ledger().where(Binding.id.in_(binding_ids))).all()
    forfeit(session, follower_id, [row.license_id for row in rows])
    if rows:
        proofs = [{"id": row.id, "return_proof": _proof(session, row, how, row.is_usable)} for row in rows]
        session.execute(update(Binding), proofs)


def forfeit(session: Session, follower_id: int, license_ids: Collection[int] | None = None) -> None:
    """Others removed them, or they took back more than a binding: no way back but by a new proof."""
    theirs = [Binding.follower_id == follower_id, Binding.return_proof.is_not(None)]
    if license_ids is not None:
        theirs.append(Binding.license_id.in_(license_ids))
    session.execute(
        update(Binding).where(*theirs).values(return_proof=None).execution_options(synchronize_session=False)
    )


def open_ones(session: Session, follower_id: int, how: Departure, *, now: datetime) -> list[Departed]:
    """The newest first. Not what is bound again, cancelled, or in the ledger under another holder or phone.

    A phone that was doubted when they left may be good by now, never the other way round.
    """
    again = aliased(Binding)
    rows = session.execute(
        _with_ledger()
        .where(Binding.follower_id == follower_id, Binding.return_proof.is_not(None))
        .where(Binding.unbound_at > now - COME_BACK_WITHIN, License.state != LicenseState.CANCELLED)
        .where(
            ~exists().where(
                again.follower_id == Binding.follower_id,
                again.license_id == Binding.license_id,
                again.unbound_at.is_(None),
            )
        )
        .order_by(Binding.unbound_at.desc(), Binding.id)
    ).all()
    return [
        Departed(row.id, row.license_id, row.unbound_at)
        for row in rows
        if row.return_proof in {_proof(session, row, how, usable) for usable in (False, row.is_usable)}
    ]


def come_back(session: Session, follower_id: int, chosen: Sequence[Departed], *, now: datetime) -> int:
    """Bound as before, and what was not said meanwhile waits for them again; how many.

    `chosen` as `open_ones` gave them; one forfeited since then stays ended. Raises Forbidden without consent.
    """
    agreement.must_have_agreed(session, follower_id)
    returned = session.execute(
        update(Binding)
        .where(Binding.id.in_([one.binding_id for one in chosen]), Binding.return_proof.is_not(None))
        .values(unbound_at=None, return_proof=None)
        .returning(Binding.license_id)
        .execution_options(synchronize_session=False)
    ).scalars()
    license_ids = sorted(returned)
    if license_ids:
        resting.give_back_to(session, follower_id, license_ids)
        actor, detail = permissions.follower(follower_id), {"license_ids": license_ids}
        audit.record(session, "binding.come_back", actor.ref, detail, actor=actor, now=now)
    return len(license_ids)


def forget_old(session: Session, *, now: datetime) -> None:
    """Whose week is over."""
    session.execute(
        update(Binding)
        .where(Binding.return_proof.is_not(None), Binding.unbound_at <= now - COME_BACK_WITHIN)
        .values(return_proof=None)
        .execution_options(synchronize_session=False)
    )


def _with_ledger() -> Any:
    usable = and_(Contact.wrong_at.is_(None), ~resting.contact_is_blocked(License.contact_id))
    return (
        select(Binding.id, Binding.license_id, Binding.unbound_at, Binding.return_proof)
        .add_columns(License.holder_id, Contact.phone_hash, usable.label("is_usable"))
        .join(License, License.id == Binding.license_id)
        .outerjoin(Contact, Contact.id == License.contact_id)
    )


def _proof(session: Session, row: Any, how: Departure, is_usable: bool) -> str:
    """A digest, so that an ended binding keeps nobody's phone."""
    return vault_of(session).blind(f"return:{how}:{row.holder_id}:{row.phone_hash or ''}:{bool(is_usable)}")
