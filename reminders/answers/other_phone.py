"""Another phone left with a request for help: sealed, masked, seen in full by who is about to call it."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from reminders import audit
from reminders.answers import to_do
from reminders.db import vault_of
from reminders.errors import Invalid, NotFound
from reminders.rules import identity
from reminders.rules.answers import HELP
from reminders.rules.lifecycle import AnswerKind
from reminders.rules.permissions import Actor
from reminders.tables.answers import Answer

UNCLEAR = "另一个电话没有看懂。请填一个 11 位手机号或带区号的座机，也可以不填。"
GONE = "没有找到另留的电话，可能已经办完、已撤回，或者不属于您的科室。请刷新页面。"


def read(kind: AnswerKind, text: str) -> str:
    """Digits only; "" where none was left, or where nobody would call it. Raises Invalid."""
    if kind not in HELP or not identity.clean(text):
        return ""
    found = identity.phones(text)
    if len(found) != 1:
        raise Invalid(UNCLEAR)
    return found[0]


def keep(session: Session, answer: Answer, digits: str) -> None:
    """A newer one takes the place of the one before; none leaves it."""
    if digits:
        answer.phone_cipher = vault_of(session).seal(digits)
        session.flush()


def reveal(session: Session, answer_id: int, *, actor: Actor, now: datetime) -> str:
    """The number to dial while the request is open; the audit keeps who asked. Raises NotFound."""
    is_open = (Answer.closed_at.is_(None), Answer.ended_at.is_(None))
    sealed = session.execute(
        select(Answer.phone_cipher).where(Answer.id == answer_id, *is_open, *to_do.concerns(actor))
    ).scalar_one_or_none()
    if sealed is None:
        raise NotFound(GONE)
    audit.record(session, "answer.reveal_phone", f"answer:{answer_id}", actor=actor, now=now)
    return vault_of(session).open(sealed)
