"""Records what became of a letter: posted, signed for, or sent back."""

import re
from collections.abc import Collection
from datetime import date, datetime, time

from sqlalchemy import select
from sqlalchemy.orm import Session

from reminders import audit, calls, clock, fallback
from reminders.errors import Conflict, Invalid
from reminders.rules.lifecycle import ContactSign, DeliveryState
from reminders.rules.permissions import Actor
from reminders.tables.deliveries import Delivery
from reminders.tables.letters import LetterPaper
from reminders.worklist import access, letter_passes, sayings

TRACKING_NO = re.compile(r"[0-9A-Z]{8,32}")
RETURNED = "returned"
NOTE_LENGTH = 500
MIDDAY = time(12)


def record_posted(
    session: Session,
    delivery_id: int,
    tracking_no: str,
    posted_on: date,
    *,
    license_ids: Collection[int],
    actor: Actor,
    now: datetime,
) -> None:
    """The letter is on its way: it counts as delivered only when somebody writes down that it was signed for.

    `license_ids` are those the paper speaks of; what came into the letter after it was printed goes back to
    the planner. No deadline is set, for a letter takes days. Raises NotFound, Conflict or Invalid.
    """
    number = re.sub(r"\s", "", tracking_no).upper()
    if TRACKING_NO.fullmatch(number) is None:
        raise Invalid("请填写邮件号码：8 到 32 位字母或数字。")
    letter = access.letter_in(session, delivery_id, DeliveryState.READY, actor=actor)
    _check_day(posted_on, clock.civil_date(letter.created_at), now, "寄出日期")
    _must_be_signed(session, delivery_id)
    sayings.drop_stale(session, delivery_id)
    worth = sayings.read(session, delivery_id, calls.is_worth_saying())
    if not worth:
        raise Conflict("这封函里的证照都不用再提醒了，不必寄出。")
    said = [one for one in worth if one.license_id in license_ids]
    if not said:
        raise Invalid("请选出寄出的函里写了哪些证照。")
    sayings.leave_out(session, [one for one in sayings.read(session, delivery_id) if one not in said])
    moment = _moment(posted_on, now)
    letter.state, letter.provider_msgid, letter.closed_by = DeliveryState.ACCEPTED, number, actor.ref[:64]
    letter.intent_at = letter.accepted_at = moment
    letter.attempt += 1
    session.flush()
    detail = {"posted_on": f"{posted_on}", "license_ids": sorted({one.license_id for one in said})}
    audit.record(session, "letter.post", f"delivery:{delivery_id}", detail, actor=actor, now=now)


def record_received(
    session: Session, delivery_id: int, received_on: date, *, actor: Actor, now: datetime
) -> None:
    """Signed for (签收): delivered, and the holder knows of every date in it."""
    letter = access.letter_in(session, delivery_id, DeliveryState.ACCEPTED, actor=actor)
    _check_day(received_on, _posted_on(letter), now, "签收日期")
    said = sayings.read(session, delivery_id)
    letter.state, letter.final_at = DeliveryState.DELIVERED, _moment(received_on, now)
    session.flush()
    sayings.confirm(session, said, ContactSign.RECEIVED_LETTER, now=now)
    detail = {"received_on": f"{received_on}", "license_ids": sorted({one.license_id for one in said})}
    audit.record(session, "letter.receive", f"delivery:{delivery_id}", detail, actor=actor, now=now)


def record_returned(session: Session, delivery_id: int, note: str, *, actor: Actor, now: datetime) -> None:
    """Sent back (退信): the next channel takes over, or the list of those whom nobody can tell."""
    letter = access.letter_in(session, delivery_id, DeliveryState.ACCEPTED, actor=actor)
    letter.state, letter.state_reason, letter.final_at = DeliveryState.REFUSED, RETURNED, now
    letter.outcome_note = note.strip()[:NOTE_LENGTH]
    session.flush()
    sayings.drop_stale(session, delivery_id)
    letter_passes.end_passes(session, delivery_id, now=now)
    fallback.move_on(session, [delivery_id], now=now)
    audit.record(session, "letter.return", f"delivery:{delivery_id}", {}, actor=actor, now=now)


def _must_be_signed(session: Session, delivery_id: int) -> None:
    """A letter leaves only with the number it gets when another person signs its batch, even one of one."""
    living = (LetterPaper.delivery_id == delivery_id, LetterPaper.voided_at.is_(None))
    numbered = select(LetterPaper.id).where(*living, LetterPaper.number.is_not(None))
    if session.execute(numbered).first() is None:
        raise Conflict("这封函还没有签发。请编批送签（一封也可以），负责人签发编号以后才能寄出。")


def _check_day(day: date, earliest: date, now: datetime, what: str) -> None:
    if not earliest <= day <= clock.civil_date(now):
        raise Invalid(f"{what}应在 {earliest} 到今天之间，请核对。")


def _moment(day: date, now: datetime) -> datetime:
    """Somebody tells the day only; of today the time is known as well."""
    return now if day == clock.civil_date(now) else clock.civil_moment(day, MIDDAY)


def _posted_on(letter: Delivery) -> date:
    return clock.civil_date(letter.accepted_at or letter.created_at)
