"""Follows the chain a stretch at a time, again from its first link every day, and keeps how far it came."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from reminders import audit, clock
from reminders.audit import GENESIS, link_digest
from reminders.rules.permissions import Actor
from reminders.tables.audit import AuditCheck, AuditEntry, AuditHead


@dataclass(frozen=True)
class ChainState:
    """`reached` is the last link looked at in this round; `whole_at` when a round last came to the end."""

    last: int
    reached: int
    checked_at: datetime | None
    whole_at: datetime | None
    broken_id: int | None  # 0: entries at the end were cut off

    @property
    def is_whole(self) -> bool:
        return self.broken_id is None and self.whole_at is not None


def state(session: Session) -> ChainState:
    last = session.execute(select(AuditEntry.id).order_by(AuditEntry.id.desc()).limit(1)).scalar()
    row = session.get(AuditCheck, 1)
    if row is None:
        return ChainState(last or 0, 0, None, None, None)
    return ChainState(last or 0, row.reached_id, row.checked_at, row.whole_at, row.broken_id)


def advance(session: Session, most: int, *, now: datetime) -> bool:
    """Looks at the next links; True while more wait. A broken chain is left where it broke until a restart.

    A round that came to the end is followed by what is added; on the next day a new round begins.
    """
    row = session.get(AuditCheck, 1, with_for_update=True)
    if row is None:
        row = AuditCheck(id=1, reached_id=0, reached_digest=GENESIS, began_at=now)
        session.add(row)
    if row.broken_id is not None:
        return False
    ended = row.whole_at is not None and row.whole_at >= row.began_at
    if ended and clock.civil_date(row.began_at) < clock.civil_date(now):
        row.reached_id, row.reached_digest, row.began_at = 0, GENESIS, now
    more = _follow(session, row, most) == most
    if not more and row.broken_id is None:
        _compare_end(session, row, now)
    row.checked_at = now
    session.flush()
    return more and row.broken_id is None


def begin_round(session: Session, *, now: datetime) -> None:
    """From the first link again, whatever was found before."""
    session.merge(AuditCheck(id=1, reached_id=0, reached_digest=GENESIS, began_at=now, broken_id=None))
    session.flush()


def restart(session: Session, *, actor: Actor, now: datetime) -> None:
    """The same, asked for by somebody whom the audit keeps."""
    begin_round(session, now=now)
    audit.record(session, "audit.restart", "audit:all", actor=actor, now=now)


def _follow(session: Session, row: AuditCheck, most: int) -> int:
    """How many links were looked at; stops at the first that does not follow from the one before."""
    found = session.execute(
        select(AuditEntry).where(AuditEntry.id > row.reached_id).order_by(AuditEntry.id).limit(most)
    ).scalars()
    count = 0
    for count, entry in enumerate(found, 1):
        if entry.previous != row.reached_digest or entry.digest != link_digest(entry):
            row.broken_id = entry.id
            return count
        row.reached_id, row.reached_digest = entry.id, entry.digest
    return count


def _compare_end(session: Session, row: AuditCheck, now: datetime) -> None:
    """The head is locked first, so that nobody adds a link between the two looks."""
    head = session.execute(select(AuditHead).where(AuditHead.id == 1).with_for_update()).scalar_one_or_none()
    _follow(session, row, 10_000)
    if row.broken_id is None and (head.digest if head else GENESIS) != row.reached_digest:
        row.broken_id = 0
    if row.broken_id is None:
        row.whole_at = now
