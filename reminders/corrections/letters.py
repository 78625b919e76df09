"""Writes the letter of a correction (更正函) for those whom a letter told something wrong."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from reminders import audit, clock, righting
from reminders.corrections.saying import contents
from reminders.errors import NotFound
from reminders.rules.correction_letter import letter
from reminders.rules.letter_text import LetterText
from reminders.rules.lifecycle import Channel
from reminders.rules.permissions import Actor, department_scope
from reminders.tables.deliveries import Delivery


def letter_of(
    session: Session, delivery_id: int, portal_url: str, *, actor: Actor, now: datetime
) -> LetterText:
    """As the ledger has it today; whoever may correct confirmed its sentence for all. Raises NotFound."""
    waiting = righting.waits_for_a_person(department_scope(actor))
    found = session.execute(
        select(Delivery.id).where(Delivery.id == delivery_id, Delivery.channel == Channel.LETTER, *waiting)
    ).scalar_one_or_none()
    told = contents(session, [delivery_id]).get(delivery_id) if found else None
    if told is None:
        raise NotFound("没有要寄的这封更正函：它已经寄出，或者不属于您的科室。请刷新清单。")
    lines = list(zip(told.lines, told.numbers, strict=True))
    on = clock.civil_date(now)
    return letter(lines, told.sentence, told.check_code, told.department, portal_url, on)


def print_letter(
    session: Session, delivery_id: int, portal_url: str, *, actor: Actor, now: datetime
) -> LetterText:
    """As `letter_of`, for the paper; the audit keeps who printed it."""
    text = letter_of(session, delivery_id, portal_url, actor=actor, now=now)
    audit.record(session, "correction.print", f"delivery:{delivery_id}", {}, actor=actor, now=now)
    return text
