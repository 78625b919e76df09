"""Plans what is due: one run writes reminders, puts them into messages, and says what it could not plan."""

import json
from collections import Counter
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from reminders import audit, resting
from reminders.planning import due, holding, journey, routing
from reminders.planning.guard import database_now, today
from reminders.planning.holding import HeldRun, discard, held_run
from reminders.planning.report import Blocked, PlanReport, Share, shares
from reminders.rules.delivery_rules import Hours
from reminders.rules.due import missing_facts
from reminders.rules.lifecycle import DateKind
from reminders.rules.permissions import Actor
from reminders.tables.catalogue import CatalogueEntry
from reminders.tables.deliveries import UNTOLD, PlannerRun, Reminder
from reminders.tables.ledger import License
from reminders.tables.staff import Department

PLANNER_LOCK = 20221001  # PostgreSQL advisory lock; the number means nothing

__all__ = [
    "Blocked",
    "HeldRun",
    "PlanReport",
    "Share",
    "confirm",
    "database_now",
    "discard",
    "held_run",
    "plan",
    "shares",
    "today",
]


def plan(
    session: Session, today: date, *, sending_hours: Hours, actor: Actor, now: datetime, cap: int = 0
) -> PlanReport:
    """Everything due on `today` (a civil date), each stage once, however often or late this runs.

    A run that would queue more than `cap` messages (0: any number) writes nothing of it and is held: what
    was due stays due, and a person confirms or discards the run.
    """
    if session.get_bind().dialect.name == "postgresql":
        _prepare_postgresql(session)
    run = PlannerRun(for_day=today, started_at=now)
    session.add(run)
    session.flush()
    trial = session.begin_nested()
    report = _write(session, run.id, today, sending_hours, now)
    if cap and report.deliveries > cap:
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
    held_back = _held_back(session)
    looked_at = 0
    for dates in due.DATES:
        blocked = [item.entry_id for item in held_back if item.date_kind is dates.kind]
        due.write_reminders(session, dates, today, blocked, run_id, now=now)
        looked_at += due.move_on(session, dates, today, blocked)
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
        blocked=_waiting_for_facts(session, held_back, today),
    )


def _prepare_postgresql(session: Session) -> None:
    """One run at a time, and always by index, for the rest of this transaction.

    What a run writes it reads again, before any statistics know of it: left to itself, PostgreSQL would
    scan these rows once for every person.
    """
    session.execute(text("SET LOCAL lock_timeout = 0"))
    session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": PLANNER_LOCK})
    session.execute(text("SET LOCAL enable_seqscan = off"))


def _held_back(session: Session) -> list[Blocked]:
    """Kinds lacking one of the five facts for one of their dates; those that left the catalogue lack none."""
    rows = session.execute(
        select(CatalogueEntry, Department.counter, Department.service_phone)
        .join(Department, Department.id == CatalogueEntry.department_id)
        .order_by(CatalogueEntry.id)
    )
    found = []
    for entry, counter, service_phone in rows:
        for kind, latest in (
            (DateKind.MAIN, entry.renewal_latest),
            (DateKind.COMPANION, entry.companion_latest),
        ):
            missing = missing_facts(latest, counter, service_phone, entry.materials)
            if missing or not entry.is_active:
                told = missing if entry.is_active else ()
                found.append(Blocked(entry.id, entry.license_name, kind, told, 0))
    return found


def _waiting_for_facts(session: Session, held_back: list[Blocked], today: date) -> tuple[Blocked, ...]:
    """The incomplete kinds among them that have a due license."""
    waiting: Counter[tuple[DateKind, int]] = Counter()
    for dates in due.DATES:
        # Whoever could be planned was moved on; so this reads the index of the due day, no entry.
        left = session.execute(select(License.catalogue_entry_id).where(*due.is_due(dates, today, ())))
        waiting |= Counter((dates.kind, entry_id) for entry_id in left.scalars())
    return tuple(
        replace(item, licenses=waiting[item.date_kind, item.entry_id])
        for item in held_back
        if item.missing and (item.date_kind, item.entry_id) in waiting
    )


def _count(session: Session, condition: Any) -> int:
    return session.execute(select(func.count()).select_from(Reminder).where(condition)).scalar_one()


def _finish(session: Session, run: PlannerRun, report: PlanReport, actor: Actor, now: datetime) -> None:
    counts = report.counts()
    run.counts = json.dumps(counts)
    run.finished_at = now
    session.flush()
    if report.reminders or report.deliveries or report.worklist:
        audit.record(session, "planner.run", f"planner_run:{run.id}", counts, actor=actor, now=now)
