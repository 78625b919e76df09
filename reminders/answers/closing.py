"""Closes an answer that a member of staff looked at: it is true, or it is not."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from reminders import audit
from reminders.answers import ending, to_do
from reminders.db import vault_of
from reminders.errors import Conflict, Invalid, NotFound
from reminders.rules.answers import HELP
from reminders.rules.permissions import Actor
from reminders.tables.answers import Answer

NOTE_LENGTH = 500


class Closing(StrEnum):
    DONE = "done"  # it is true, or what was asked for was done
    UNTRUE = "untrue"  # reminders go on


def close(
    session: Session, answer_id: int, closing: Closing, note: str, *, actor: Actor, now: datetime
) -> None:
    """What is true stands until the ledger says so; what is not ends and its reminders go on.

    Raises NotFound outside the actor's departments, Conflict when it was handled before, Invalid without a
    note where one is needed.
    """
    words = note.strip()[:NOTE_LENGTH]
    answer = session.execute(
        select(Answer).where(Answer.id == answer_id, *to_do.concerns(actor)).with_for_update()
    ).scalar_one_or_none()
    if answer is None or answer.look_on is None:
        raise NotFound("没有找到这条回答，可能不属于您的科室。")
    if answer.closed_at is not None or answer.ended_at is not None:
        raise Conflict("这条回答已经处理过，或者持证人已撤回，请刷新清单。")
    if closing is Closing.UNTRUE and not words:
        raise Invalid("请写明核对的结果，例如“系统里没有查到申请”，再点“不属实”。")
    answer.closed_at, answer.closed_by = now, actor.ref
    answer.close_note_cipher = vault_of(session).seal(words) if words else None
    if closing is Closing.DONE:
        answer.verified_at = now
    if closing is Closing.UNTRUE or answer.kind in HELP:
        ending.end(session, answer, now=now)
    detail = {"kind": answer.kind, "closing": closing, "license_id": answer.license_id}
    session.flush()
    audit.record(session, "answer.close", f"answer:{answer_id}", detail, actor=actor, now=now)
