"""Leaves large imports to a job: what somebody asked for, under a lease, until it is done or refused."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from reminders import audit
from reminders.errors import Conflict, NotFound
from reminders.ledger import accepting, staging, undoing
from reminders.ledger.previewing import may_see
from reminders.ledger.reading import Progress
from reminders.ledger.undoing import Undone
from reminders.rules.lifecycle import ImportState
from reminders.rules.permissions import Actor
from reminders.tables.ledger import LedgerImport
from reminders.tables.ledger_writing import ImportTask, ImportWrite

AT_ONCE = 5_000  # rows that are written while somebody waits for the page: about a second
LEASE = timedelta(minutes=2)  # far longer than one step takes
MOST_TRIES = 5
BROKEN = "系统几次都没有写成，台账没有任何变化。请把这一页告诉系统管理员，查明之前不要再点"
BACK = {ImportState.ACCEPTING: ImportState.PREVIEW, ImportState.UNDOING: ImportState.ACCEPTED}


@dataclass(frozen=True)
class Taken:
    """An import that this job works on for as long as it renews its lease."""

    import_id: int
    until: datetime


def accept_soon(
    session: Session, import_id: int, *, good_rows_only: bool = False, actor: Actor, now: datetime
) -> bool:
    """Whether it is done: a small import is, a large one is left to a job. Raises as `accept` does."""
    rows = staging.count(session, import_id)
    if rows <= AT_ONCE:
        accepting.accept(session, import_id, good_rows_only=good_rows_only, actor=actor, now=now)
        return True
    made = accepting.to_be_accepted(session, import_id, good_rows_only=good_rows_only, actor=actor)
    accepting.refuse_moved(session, import_id)
    staging.clear(session, import_id)
    _leave(session, made, ImportState.ACCEPTING, actor, now, total=rows, good_rows_only=good_rows_only)
    return False


def undo_soon(session: Session, import_id: int, *, actor: Actor, now: datetime) -> Undone | None:
    """Takes a small import back at once and leaves a large one to a job: None. Raises as `undo` does."""
    if staging.count(session, import_id) <= AT_ONCE:
        return undoing.undo(session, import_id, actor=actor, now=now)
    made = undoing.to_be_undone(session, import_id, actor=actor, now=now)
    undoing.refuse_touched(session, import_id)
    _leave(session, made, ImportState.UNDOING, actor, now)
    return None


def call_off(session: Session, import_id: int, *, actor: Actor, now: datetime) -> None:
    """What was accepted and is not written yet becomes a preview again. Raises NotFound, Conflict."""
    made = session.execute(
        select(LedgerImport).where(LedgerImport.id == import_id).with_for_update()
    ).scalar_one_or_none()
    if made is None or not may_see(made, actor):
        raise NotFound("没有这次导入")
    if made.state is not ImportState.ACCEPTING:
        raise Conflict("已经写完了，停不下来。导错了可以撤销")
    _end(session, made, ImportState.PREVIEW)
    audit.record(session, "ledger.call_off", f"ledger_import:{import_id}", actor=actor, now=now)


def is_waiting(session: Session, *, now: datetime) -> bool:
    """Also true while something made ready is left that no import waits for."""
    if session.execute(select(ImportTask.import_id).where(_is_free(now)).limit(1)).first():
        return True
    left = select(ImportWrite.import_id).join(LedgerImport, LedgerImport.id == ImportWrite.import_id)
    return (
        session.execute(left.where(LedgerImport.state != ImportState.ACCEPTING).limit(1)).first() is not None
    )


def take(session: Session, *, import_id: int | None = None, now: datetime) -> Taken | None:
    """The oldest task nobody works on, or that of one import; None when there is none.

    One that was begun too often is refused: it would be begun for ever.
    """
    query = select(ImportTask).where(_is_free(now)).order_by(ImportTask.asked_at, ImportTask.import_id)
    if import_id is not None:
        query = query.where(ImportTask.import_id == import_id)
    for task in session.execute(query.with_for_update(skip_locked=True)).scalars().all():
        if task.tries < MOST_TRIES:
            task.tries, task.leased_until = task.tries + 1, now + LEASE
            return Taken(task.import_id, task.leased_until)
        _refuse(session, session.get_one(LedgerImport, task.import_id), BROKEN)
    return None


def step(session: Session, taken: Taken, *, now: datetime) -> Taken | None:
    """Makes the next rows ready, and when all are, writes them; undoing is one step.

    None when it is done, or not ours any more. Raises Conflict, after which `give_up` tells why.
    """
    found = _mine(session, taken)
    if found is None:
        return None
    made, task = found
    actor = Actor(ref=task.asked_by)
    if made.state is ImportState.UNDOING:
        undoing.finish(session, made, actor=actor, now=now)
    elif rows := staging.some(session, made.id):
        task.done, task.leased_until = task.done + rows, now + LEASE
        return Taken(made.id, task.leased_until)
    else:
        accepting.finish(session, made, good_rows_only=task.good_rows_only, actor=actor, now=now)
    session.delete(task)
    return None


def give_up(session: Session, taken: Taken, reason: str) -> None:
    """Nothing was written; the page of the import says why."""
    found = _mine(session, taken)
    if found is not None:
        _refuse(session, found[0], reason)


def progress_of(session: Session, made: LedgerImport) -> Progress | None:
    """How many rows are made ready; a total of 0 where there is nothing to count."""
    task = session.get(ImportTask, made.id) if made.state in BACK else None
    return None if task is None else Progress(task.done, task.total)


def _leave(
    session: Session,
    made: LedgerImport,
    state: ImportState,
    actor: Actor,
    now: datetime,
    *,
    total: int = 0,
    good_rows_only: bool = False,
) -> None:
    made.state, made.refusal = state, ""
    session.add(
        ImportTask(
            import_id=made.id, asked_by=actor.ref, asked_at=now, good_rows_only=good_rows_only, total=total
        )
    )
    session.flush()


def _refuse(session: Session, made: LedgerImport, reason: str) -> None:
    _end(session, made, BACK[made.state])
    made.refusal = reason


def _end(session: Session, made: LedgerImport, state: ImportState) -> None:
    made.state = state
    session.delete(session.get_one(ImportTask, made.id))
    session.flush()


def _mine(session: Session, taken: Taken) -> tuple[LedgerImport, ImportTask] | None:
    """Both locked, in the order in which people lock them."""
    made = session.execute(
        select(LedgerImport).where(LedgerImport.id == taken.import_id).with_for_update()
    ).scalar_one()
    task = session.get(ImportTask, taken.import_id, with_for_update=True)
    return (made, task) if task is not None and task.leased_until == taken.until else None


def _is_free(now: datetime) -> ColumnElement[bool]:
    return or_(ImportTask.leased_until.is_(None), ImportTask.leased_until < now)
