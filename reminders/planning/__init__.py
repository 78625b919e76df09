"""Plans what is due: one run writes reminders, puts them into messages, and says what it could not plan."""

import json
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from reminders import audit, resting
from reminders.planning import due, holding, journey, routing, unsaid
from reminders.planning.foresight import Foreseen, Foresight, foresee
from reminders.planning.foresight_sums import Sums, by_channel, sums
from reminders.planning.gaps import held_back, waiting_for_facts
from reminders.planning.guard import database_now, today
from reminders.planning.holding import HeldRun, discard, held_run
from reminders.planning.report import Blocked, PlanReport, Share, shares
from reminders.rules.delivery_rules import Hours
from reminders.rules.permissions import Actor
from reminders.tables.deliveries import UNTOLD, PlannerRun, Reminder

PLANNER_LOCK = 20221001  # PostgreSQL advisory lock; the number means nothing

__all__ = [
    "Blocked",
    "Foreseen",
    "Foresight",
    "HeldRun",
    "PlanReport",
    "Share",
    "Sums",
    "by_channel",
    "confirm",
    "database_now",
    "discard",
    "foresee",
    "held_run",
    "plan",
    "shares",
    "sums",
    "today",
]


def plan(
    session: Session, today: date, *, sending_hours: Hours, actor: Actor, now: datetime, cap: int = 0
) -> PlanReport:
    """Everything due on `today` (a civil date), each stage once, however often or late this runs.

    A run that would queue more than `cap` messages (0: any number) writes nothing of it and is held: what
    was due stays due, and a person confirms or discards the run. A discarded day stays quiet to its end.
    """
    if session.get_bind().dialect.name == "postgresql":
        _prepare_postgresql(session)
    run = PlannerRun(for_day=today, started_at=now)
    session.add(run)
    session.flush()
    trial = session.begin_nested()
    report = _write(session, run.id, today, sending_hours, now)
    if (cap and report.deliveries > cap) or holding.is_discarded(session, today):
        told = shares(session, report.run_id)
        trial.rollback()
        return holding.hold(session, run.id, report, told, actor=actor, now=now)
    trial.commit()
    holding.supersede(session)
    _finish(session, run, report, actor, now)
    return report


def confirm(
    session: Session,
    run_id: int,
    today: date,
    *,
    sending_hours: Hours,
    cap: int,
    actor: Actor,
    now: datetime,
) -> PlanReport:
    """Plans what a held run showed; held again when by now it would be more than was confirmed.

    Raises Conflict when this run does not wait any more.
    """
    allowed = holding.take(session, run_id, actor=actor, now=now)
    return plan(
        session, today, sending_hours=sending_hours, actor=actor, now=now, cap=max(allowed, cap) if cap else 0
    )


def _write(session: Session, run_id: int, today: date, sending_hours: Hours, now: datetime) -> PlanReport:
    resting.end_pauses(session, today, now=now)
    incomplete = held_back(session)
    looked_at = 0
    for dates in due.DATES:
        blocked = [item.entry_id for item in incomplete if item.date_kind is dates.kind]
        due.write_reminders(session, dates, today, blocked, run_id, now=now)
        looked_at += due.move_on(session, dates, today, blocked)
    unsaid.forget_old_places(session, run_id)
    trip = journey.begin(session, run_id, today, sending_hours, now)
    messages, new_calls = routing.route(session, trip)
    written = _count(session, Reminder.run_id == run_id)
    return PlanReport(
        run_id=run_id,
        for_day=today,
        reminders=written,
        deliveries=messages,
        worklist=new_calls,
        no_channel=_count(session, UNTOLD),
        skipped=looked_at - written,
        blocked=waiting_for_facts(session, incomplete, today),
    )


def _prepare_postgresql(session: Session) -> None:
    """One run at a time, and always by index, for the rest of this transaction.

    What a run writes it reads again, before any statistics know of it: left to itself, PostgreSQL would
    scan these rows once for every person.
    """
    session.execute(text("SET LOCAL lock_timeout = 0"))
    session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": PLANNER_LOCK})
    session.execute(text("SET LOCAL enable_seqscan = off"))


def _count(session: Session, condition: Any) -> int:
    return session.execute(select(func.count()).select_from(Reminder).where(condition)).scalar_one()


def _finish(session: Session, run: PlannerRun, report: PlanReport, actor: Actor, now: datetime) -> None:
    counts = report.counts()
    run.counts = json.dumps(counts)
    run.finished_at = now
    session.flush()
    if report.reminders or report.deliveries or report.worklist:
        audit.record(session, "planner.run", f"planner_run:{run.id}", counts, actor=actor, now=now)
