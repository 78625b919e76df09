"""Proposes a new version of a wording; one that lacks a fact or does not fit is not saved."""

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from reminders import audit, wordings
from reminders.errors import Conflict, Invalid, NotFound
from reminders.rules.permissions import Actor
from reminders.rules.reasons import reason_of
from reminders.rules.wording_checks import faults
from reminders.rules.wording_kinds import FIRST
from reminders.rules.wordings import TemplateKind, TemplateState, Wording, frozen, thawed
from reminders.tables.wordings import TemplateVersion


def propose(
    session: Session,
    wording: Wording,
    reason: str,
    *,
    signature: str = "",
    restored_number: int | None = None,
    actor: Actor,
    now: datetime,
) -> int:
    """The id of the version, which waits for a second person.

    Raises Invalid naming every fault, Conflict when another proposal waits or nothing was changed.
    """
    why = reason_of(reason)
    if not why:
        raise Invalid("请写明为什么改，历史里会留下这句话。")
    found = faults(wording, signature)
    if found:
        raise Invalid("不能保存：" + "".join(one.sentence for one in found))
    current = wordings.in_force(session, wording.kind) or FIRST.get(wording.kind)
    if current == wording:
        raise Conflict("和现在用的一样，没有要保存的改动。")
    if _waiting(session, wording.kind):
        raise Conflict("这个模板已经有一版在等人批准。请先批准、退回或撤回那一版。")
    row = add(session, wording, actor=actor, now=now)
    row.reason, row.restored_number = why, restored_number
    session.flush()
    detail = {"kind": wording.kind, "number": row.number, "reason": why, "restored": restored_number}
    audit.record(session, "template.propose", f"template_version:{row.id}", detail, actor=actor, now=now)
    return row.id


def restore(
    session: Session, version_id: int, reason: str, *, signature: str = "", actor: Actor, now: datetime
) -> int:
    """Proposes an old version again as a new one; the old one stays. Raises NotFound and as `propose`."""
    old = session.get(TemplateVersion, version_id)
    if old is None:
        raise NotFound("没有这一版模板。请从“模板”里重新打开。")
    return propose(
        session,
        thawed(old.kind, old.template_id, old.content),
        reason,
        signature=signature,
        restored_number=old.number,
        actor=actor,
        now=now,
    )


def add(session: Session, wording: Wording, *, actor: Actor, now: datetime) -> TemplateVersion:
    """The next number of its kind, as a proposal; two at once meet at the unique number."""
    newest = select(func.max(TemplateVersion.number)).where(TemplateVersion.kind == wording.kind)
    row = TemplateVersion(
        kind=wording.kind,
        number=(session.execute(newest).scalar_one() or 0) + 1,
        template_id=wording.template_id,
        content=frozen(wording),
        state=TemplateState.PROPOSED,
        is_from_file=False,
        made_by=actor.ref,
        made_by_name=actor.name,
        made_at=now,
    )
    session.add(row)
    return row


def _waiting(session: Session, kind: TemplateKind) -> bool:
    found = select(TemplateVersion.id).where(
        TemplateVersion.kind == kind, TemplateVersion.state == TemplateState.PROPOSED
    )
    return session.execute(found).first() is not None
