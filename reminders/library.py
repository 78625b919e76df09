"""How far the e-license library (电子证照库) was read: a cursor that moves together with the ledger."""

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from reminders import audit
from reminders.rules.permissions import Actor
from reminders.tables.renewals import LibrarySync

PAUSES_S = (5, 30, 120, 600)
LONGEST_PAUSE_S = 1800
LEASE = timedelta(minutes=1)  # for one page, renewed with each


@dataclass(frozen=True)
class Standing:
    """`counts` are those of the last round: records read, and what became of them in the ledger."""

    cursor: str
    next_at: datetime
    finished_at: datetime | None
    failures: int
    last_error: str
    counts: Mapping[str, int]
    total: int
    began_at: datetime


def standing(session: Session) -> Standing | None:
    """None as long as nobody ever asked for the library."""
    row = session.get(LibrarySync, 1)
    if row is None:
        return None
    told = json.loads(row.counts)
    return Standing(
        row.cursor, row.next_at, row.finished_at, row.failures, row.last_error, told, row.total, row.began_at
    )


def is_due(session: Session, *, now: datetime) -> bool:
    next_at = session.execute(select(LibrarySync.next_at).where(LibrarySync.id == 1)).scalar_one_or_none()
    return next_at is None or next_at <= now


def begin(session: Session, *, now: datetime) -> str | None:
    """The cursor to read from; None when another job is at it. A lost job costs a minute."""
    row = session.get(LibrarySync, 1, with_for_update=True)
    if row is None:
        row = LibrarySync(id=1, cursor="", next_at=now, began_at=now)
        session.add(row)
    elif row.next_at > now:
        return None
    row.next_at, row.counts = now + LEASE, "{}"
    session.flush()
    return row.cursor


def moved(
    session: Session,
    cursor: str,
    to: str,
    counts: Mapping[str, int],
    *,
    every: timedelta | None,
    now: datetime,
) -> bool:
    """One page is in the ledger; False, and the caller must roll back, when another job read it meanwhile.

    `every` ends the round and says when the next one begins; None: more pages follow.
    """
    row = session.get_one(LibrarySync, 1, with_for_update=True)
    if row.cursor != cursor:
        return False
    row.cursor, row.failures, row.last_error = to, 0, ""
    row.counts = json.dumps(Counter(json.loads(row.counts)) + Counter(dict(counts)))
    row.total += counts.get("read", 0)
    row.next_at = now + (every or LEASE)
    if every is not None:
        row.finished_at = now
    session.flush()
    return True


def failed(session: Session, reason: str, *, now: datetime) -> None:
    """Nothing is lost: the next try reads on from the same cursor, sooner at first."""
    row = session.get_one(LibrarySync, 1, with_for_update=True)
    row.failures += 1
    index = row.failures - 1
    row.last_error = reason[:100]
    row.next_at = now + timedelta(seconds=PAUSES_S[index] if index < len(PAUSES_S) else LONGEST_PAUSE_S)
    session.flush()


def ask_now(session: Session, *, actor: Actor, now: datetime) -> None:
    """A person does not want to wait for the next round."""
    row = session.get(LibrarySync, 1, with_for_update=True)
    if row is None:
        session.add(LibrarySync(id=1, cursor="", next_at=now, began_at=now))
    else:
        row.next_at = now
    session.flush()
    audit.record(session, "library.ask", "library:1", actor=actor, now=now)
