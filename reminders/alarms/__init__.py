"""Alarms: each kind rings once, says what to do next, and ends by itself when its cause is gone."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from reminders.alarms import causes
from reminders.errors import NotFound
from reminders.rules.lifecycle import AlarmKind
from reminders.rules.permissions import Actor
from reminders.tables.alarms import OPEN, Alarm

# What is wrong when nobody watches.
UNWATCHED = (AlarmKind.PLANNER_MISSING, AlarmKind.MESSAGES_OVERDUE)


@dataclass(frozen=True)
class OpenAlarm:
    id: int
    kind: AlarmKind
    text: str
    opened_at: datetime
    seen_by: str


def tell(session: Session, kind: AlarmKind, text: str | None, *, now: datetime) -> None:
    """Opens this kind of alarm or renews its words; None: the cause is gone, so it is closed."""
    if text is None:
        session.execute(update(Alarm).where(OPEN, Alarm.kind == kind).values(closed_at=now))
        return
    insert: Any = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    statement = insert(Alarm).values(kind=kind, text=text, opened_at=now, seen_by="")
    session.execute(
        statement.on_conflict_do_update(index_elements=["kind"], index_where=OPEN, set_={"text": text})
    )


def watch(session: Session, *, now: datetime) -> list[AlarmKind]:
    """Looks at every cause the database knows of; returns the kinds that ring now."""
    found = {kind: cause(session, now) for kind, cause in causes.CAUSES.items()}
    ringing = {alarm.kind: alarm.text for alarm in open_alarms(session)}
    for kind, text in found.items():
        if ringing.get(kind) != text:  # most of the time nothing changed, and nothing is written
            tell(session, kind, text, now=now)
    return [kind for kind, text in found.items() if text is not None]


def ringing_now(session: Session, *, now: datetime) -> list[OpenAlarm]:
    """What is written down and what a dead clock cannot write: that nothing is planned or sent any more.

    Such an alarm has the id 0; nobody can mark it as seen until the clock runs again.
    """
    written = open_alarms(session)
    known = {alarm.kind for alarm in written}
    silent = {kind: causes.CAUSES[kind](session, now) for kind in UNWATCHED if kind not in known}
    return [*(OpenAlarm(0, kind, text, now, "") for kind, text in silent.items() if text), *written]


def open_alarms(session: Session) -> list[OpenAlarm]:
    """The oldest first."""
    columns = (Alarm.id, Alarm.kind, Alarm.text, Alarm.opened_at, Alarm.seen_by)
    found = session.execute(select(*columns).where(OPEN).order_by(Alarm.opened_at, Alarm.id))
    return [OpenAlarm(*row) for row in found]


def mark_seen(session: Session, alarm_id: int, *, actor: Actor, now: datetime) -> None:
    """Somebody looks at it; it rings until its cause is gone all the same. Raises NotFound when it ended."""
    seen = session.execute(
        update(Alarm)
        .where(OPEN, Alarm.id == alarm_id)
        .values(seen_by=(actor.name or actor.ref)[:64])
        .returning(Alarm.id)
    )
    if seen.scalar_one_or_none() is None:
        raise NotFound("这条警报已经解除，请刷新页面。")
