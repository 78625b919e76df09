"""Keeps a run that is above the cap until a person has looked at its numbers."""

import json
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime

from sqlalchemy import Select, exists, select, update
from sqlalchemy.orm import Session

from reminders import audit
from reminders.errors import Conflict
from reminders.planning.report import PlanReport, Share
from reminders.rules.lifecycle import Channel, RunState
from reminders.rules.permissions import Actor
from reminders.tables.deliveries import PlannerRun

SHARES = "shares"


@dataclass(frozen=True)
class HeldRun:
    """A run that waits for a person: how many messages it would queue, and whose."""

    run_id: int
    for_day: date
    messages: int
    reminders: int
    held_at: datetime
    shares: tuple[Share, ...]


def held_run(session: Session) -> HeldRun | None:
    """The one that waits for a person, if there is one."""
    run = session.execute(_held()).scalars().first()
    if run is None:
        return None
    counts = json.loads(run.counts)
    found = [Share(**share | {"channel": Channel(share["channel"])}) for share in counts[SHARES]]
    return HeldRun(
        run.id, run.for_day, counts["deliveries"], counts["reminders"], run.started_at, tuple(found)
    )


def hold(
    session: Session, run_id: int, report: PlanReport, shares: list[Share], *, actor: Actor, now: datetime
) -> PlanReport:
    """The same numbers seen an hour later are the same held run; a discarded day stays discarded."""
    counts = json.dumps(report.counts() | {SHARES: [asdict(share) for share in shares]})
    run = session.get_one(PlannerRun, run_id)
    earlier = _earlier(session, report.for_day)
    if earlier is not None and (earlier.state is RunState.DISCARDED or earlier.counts == counts):
        session.delete(run)
        earlier.finished_at = now
        session.flush()
        return replace(report, run_id=earlier.id, is_held=True)
    supersede(session)
    run.state, run.counts, run.finished_at = RunState.HELD, counts, now
    session.flush()
    audit.record(session, "planner.hold", f"planner_run:{run_id}", report.counts(), actor=actor, now=now)
    return replace(report, is_held=True)


def supersede(session: Session) -> None:
    """A newer run has other numbers, so nobody can confirm the old ones any more."""
    session.execute(
        update(PlannerRun)
        .where(PlannerRun.state == RunState.HELD)
        .values(state=RunState.SUPERSEDED)
        .execution_options(synchronize_session=False)
    )


def take(session: Session, run_id: int, *, actor: Actor, now: datetime) -> int:
    """Marks a held run as confirmed; returns the number of messages a person agreed to."""
    run = _decide(session, run_id, RunState.CONFIRMED, actor)
    messages: int = json.loads(run.counts)["deliveries"]
    detail = {"deliveries": messages}
    audit.record(session, "planner.confirm", f"planner_run:{run_id}", detail, actor=actor, now=now)
    return messages


def discard(session: Session, run_id: int, *, actor: Actor, now: datetime) -> None:
    """Keeps it back for the rest of its day; what is due stays due, and tomorrow's run shows it again."""
    _decide(session, run_id, RunState.DISCARDED, actor)
    audit.record(session, "planner.discard", f"planner_run:{run_id}", actor=actor, now=now)


def is_discarded(session: Session, day: date) -> bool:
    """Whether a person decided that nothing is planned on this day any more."""
    found = exists().where(PlannerRun.for_day == day, PlannerRun.state == RunState.DISCARDED)
    return bool(session.execute(select(found)).scalar())


def _earlier(session: Session, day: date) -> PlannerRun | None:
    """What was held, or discarded by a person, on the same day."""
    kept = (RunState.HELD, RunState.DISCARDED)
    found = select(PlannerRun).where(PlannerRun.for_day == day, PlannerRun.state.in_(kept))
    return session.execute(found.order_by(PlannerRun.id.desc())).scalars().first()


def _decide(session: Session, run_id: int, state: RunState, actor: Actor) -> PlannerRun:
    run = session.execute(_held().where(PlannerRun.id == run_id).with_for_update()).scalars().first()
    if run is None:
        raise Conflict("这次计划已不在等待确认，可能已有人处理，或数字已更新。请刷新后再看。")
    run.state, run.decided_by = state, actor.ref[:64]
    session.flush()
    return run


def _held() -> Select[PlannerRun]:
    return select(PlannerRun).where(PlannerRun.state == RunState.HELD).order_by(PlannerRun.id.desc())
