"""Lets a proposed version out, turns it down, and takes over what the files of the installation say."""

from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from reminders import audit, brakes
from reminders.errors import Conflict, Invalid, NotFound
from reminders.message_templates.proposing import add
from reminders.rules.permissions import Actor
from reminders.rules.reasons import reason_of
from reminders.rules.wording_roads import circuits_of
from reminders.rules.wordings import TemplateKind, TemplateState, Wording, frozen
from reminders.tables.wordings import TemplateVersion

FROM_FILE = "安装文件"


def approve(session: Session, version_id: int, *, actor: Actor, now: datetime) -> None:
    """In force at once: what is sent, called and printed says it, also what a fault of the old held back.

    Raises NotFound, Conflict when it does not wait any more or the actor wrote it.
    """
    row = _proposed(session, version_id)
    if row.made_by == actor.ref:
        raise Conflict("写的人不能自己批准，请另一位负责人批准。")
    _put_in_force(session, row, actor=actor, now=now)
    _tell(session, "template.approve", row, actor=actor, now=now)


def turn_down(session: Session, version_id: int, note: str, *, actor: Actor, now: datetime) -> None:
    """Raises NotFound, Invalid without a note, Conflict as `approve`."""
    why = reason_of(note)
    if not why:
        raise Invalid("请写明为什么退回，写的人会看到。")
    row = _proposed(session, version_id)
    if row.made_by == actor.ref:
        raise Conflict("这一版是您自己写的，请用“撤回”。")
    _close(row, TemplateState.TURNED_DOWN, why, actor=actor, now=now)
    _tell(session, "template.turn_down", row, actor=actor, now=now)


def take_back(session: Session, version_id: int, *, actor: Actor, now: datetime) -> None:
    """By whoever wrote it. Raises NotFound or Conflict."""
    row = _proposed(session, version_id)
    if row.made_by != actor.ref:
        raise Conflict("只有写的人能撤回；请用“退回”，并写明原因。")
    _close(row, TemplateState.TAKEN_BACK, "", actor=actor, now=now)
    _tell(session, "template.take_back", row, actor=actor, now=now)


def take_over(session: Session, files: Collection[Wording], *, actor: Actor, now: datetime) -> list[int]:
    """Makes a version of every wording of the files that is not known yet; the ids of the new ones.

    The same files again change nothing: what the console let out since stays in force. A changed file is what
    the operator wants now, and becomes the next version.
    """
    known: dict[TemplateKind, TemplateVersion] = {}
    found = session.execute(select(TemplateVersion).where(TemplateVersion.is_from_file))
    for row in sorted(found.scalars(), key=lambda row: row.number):
        known[row.kind] = row
    made = []
    for wording in files:
        last = known.get(wording.kind)
        if last is not None and (last.template_id, last.content) == (wording.template_id, frozen(wording)):
            continue
        row = add(session, wording, actor=actor, now=now)
        row.is_from_file, row.reason, row.state = True, FROM_FILE, TemplateState.TAKEN_BACK
        session.flush()
        _put_in_force(session, row, actor=actor, now=now)
        _tell(session, "template.load", row, actor=actor, now=now)
        made.append(row.id)
    _end_what_left(session, {one.kind for one in files}, known)
    return made


def _end_what_left(
    session: Session, kinds: Collection[TemplateKind], known: Mapping[TemplateKind, TemplateVersion]
) -> None:
    """A section that left the file means: this kind is not sent, the next channel says it."""
    for kind, row in known.items():
        if kind not in kinds and row.state is TemplateState.IN_FORCE:
            row.state = TemplateState.REPLACED
    session.flush()


def _proposed(session: Session, version_id: int) -> TemplateVersion:
    query = select(TemplateVersion).where(TemplateVersion.id == version_id).with_for_update()
    row = session.execute(query.execution_options(populate_existing=True)).scalar_one_or_none()
    if row is None:
        raise NotFound("没有这一版模板。请从“模板”里重新打开。")
    if row.state is not TemplateState.PROPOSED:
        raise Conflict("这一版已经处理过了，请刷新页面。")
    return row


def _put_in_force(session: Session, row: TemplateVersion, *, actor: Actor, now: datetime) -> None:
    """The one before it ends first, because only one of a kind is in force."""
    query = select(TemplateVersion).where(
        TemplateVersion.kind == row.kind, TemplateVersion.state == TemplateState.IN_FORCE
    )
    for before in session.execute(query.with_for_update()).scalars():
        before.state = TemplateState.REPLACED
    session.flush()
    _close(row, TemplateState.IN_FORCE, "", actor=actor, now=now)
    session.flush()
    _mend(session, row.kind, actor=actor, now=now)


def _mend(session: Session, kind: TemplateKind, *, actor: Actor, now: datetime) -> None:
    """What rested because the words before were at fault leaves with the new ones; a fault rings again."""
    for name in circuits_of(kind):
        freed = brakes.mend(session, name, now=now)
        if freed is not None:
            audit.record(session, "circuit.close", f"circuit:{name}", {"freed": freed}, actor=actor, now=now)


def _close(row: TemplateVersion, state: TemplateState, note: str, *, actor: Actor, now: datetime) -> None:
    row.state, row.decision_note = state, note
    row.decided_by, row.decided_by_name, row.decided_at = actor.ref, actor.name, now


def _tell(session: Session, action: str, row: TemplateVersion, *, actor: Actor, now: datetime) -> None:
    session.flush()
    detail = {"kind": row.kind, "number": row.number, "note": row.decision_note}
    audit.record(session, action, f"template_version:{row.id}", detail, actor=actor, now=now)
