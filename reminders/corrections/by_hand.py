"""Corrections that a person must say: who was told by phone or letter, and whom no machine reached."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from reminders import audit, fallback, righting, wordings
from reminders.corrections.saying import CorrectionContent, contents
from reminders.db import vault_of
from reminders.errors import Conflict, Invalid, NotFound
from reminders.righting import FAILED
from reminders.rules.correction_text import script
from reminders.rules.delivery_rules import next_call
from reminders.rules.identity import mask_holder, mask_phone
from reminders.rules.lifecycle import CallOutcome, Channel, DeliveryState
from reminders.rules.permissions import Actor, department_scope
from reminders.rules.wordings import TemplateKind, Wording
from reminders.tables.deliveries import Delivery
from reminders.tables.holders import Contact

PAGE = 50
MOST_TRIES = 3
OUTCOMES = {
    Channel.PHONE: (CallOutcome.TOLD, CallOutcome.NO_ANSWER, CallOutcome.WRONG_NUMBER),
    Channel.LETTER: (CallOutcome.TOLD,),
}
OTHERWISE = (CallOutcome.TOLD,)  # no channel reached them: told at the counter, or however else


@dataclass(frozen=True)
class HandCorrection:
    """One person; `is_failed` means that no channel is left by which the machine or the list could go on."""

    delivery_id: int
    correction_id: int
    channel: Channel
    is_failed: bool
    holder_name: str
    phone: str
    tries: int
    script: str


@dataclass(frozen=True)
class HandPage:
    """`after` is the message with which the next page goes on, None on the last one."""

    lines: tuple[HandCorrection, ...]
    after: int | None
    total: int


def by_hand(
    session: Session,
    *,
    correction_id: int | None = None,
    after: int = 0,
    limit: int = PAGE,
    actor: Actor,
    now: datetime,
) -> HandPage:
    """In which the actor's department has a part, oldest first; phones masked, see `reveal_phone`."""
    waiting = [*righting.waits_for_a_person(department_scope(actor)), Delivery.next_at <= now]
    if correction_id is not None:
        waiting.append(Delivery.correction_id == correction_id)
    total = session.execute(select(func.count(Delivery.id)).where(*waiting)).scalar_one()
    query = select(Delivery).where(*waiting, Delivery.id > after).order_by(Delivery.id).limit(limit + 1)
    rows = session.execute(query).scalars().all()
    told = contents(session, [row.id for row in rows[:limit]])
    wording = wordings.spoken(session, TemplateKind.CALL_CORRECTION)
    lines = tuple(_line(row, told[row.id], wording) for row in rows[:limit] if row.id in told)
    return HandPage(lines, rows[limit - 1].id if len(rows) > limit else None, total)


def record_by_hand(
    session: Session, delivery_id: int, outcome: CallOutcome, *, actor: Actor, now: datetime
) -> None:
    """What came of it: told, to be tried again, or a wrong number; after three tries it becomes a letter.

    A letter that was posted counts as taken, without a receipt. Raises NotFound, Conflict or Invalid.
    """
    row = _locked(session, delivery_id, actor)
    if outcome not in (OTHERWISE if row.state in FAILED else OUTCOMES.get(row.channel, ())):
        raise Invalid("这一条不能这样登记，请刷新页面后再选。")
    row.attempt += 1
    row.outcome, row.closed_by = outcome, actor.ref[:64]
    if outcome is CallOutcome.TOLD:
        is_posted = row.channel is Channel.LETTER and row.state is DeliveryState.READY
        row.state = DeliveryState.UNCONFIRMED if is_posted else DeliveryState.DELIVERED
        row.state_reason, row.final_at = "", now
        row.intent_at = row.accepted_at = row.accepted_at or now
    elif outcome is CallOutcome.NO_ANSWER and row.attempt < MOST_TRIES:
        row.next_at = next_call(now)
    else:
        row.state, row.state_reason, row.final_at = DeliveryState.UNDELIVERABLE, str(outcome), now
        session.flush()
        fallback.move_on(session, [row.id], now=now)
    session.flush()
    detail = {"outcome": outcome}
    audit.record(session, "correction.record", f"delivery:{delivery_id}", detail, actor=actor, now=now)


def reveal_phone(session: Session, delivery_id: int, *, actor: Actor, now: datetime) -> str:
    """The number to dial, for the person about to dial it; the audit keeps who asked."""
    row = _locked(session, delivery_id, actor)
    sealed = session.execute(
        select(Contact.phone_cipher).where(Contact.id == row.contact_id)
    ).scalar_one_or_none()
    if sealed is None:
        raise NotFound("台账里没有这个人的电话，请在台账中补上联系方式。")
    audit.record(session, "correction.reveal_phone", f"delivery:{delivery_id}", actor=actor, now=now)
    return vault_of(session).open(sealed)


def _locked(session: Session, delivery_id: int, actor: Actor) -> Delivery:
    row = session.execute(
        select(Delivery)
        .where(Delivery.id == delivery_id, righting.IN_DELIVERY, *righting.concerns(department_scope(actor)))
        .with_for_update()
        .execution_options(populate_existing=True)
    ).scalar_one_or_none()
    if row is None:
        raise NotFound("没有找到这条更正，可能不属于您的科室。")
    still = select(Delivery.id).where(
        Delivery.id == delivery_id, *righting.waits_for_a_person(department_scope(actor))
    )
    if session.execute(still).first() is None:
        raise Conflict("这条更正已经处理过了，请刷新清单。")
    return row


def _line(row: Delivery, told: CorrectionContent, wording: Wording) -> HandCorrection:
    first = told.lines[0]
    return HandCorrection(
        delivery_id=row.id,
        correction_id=row.correction_id or 0,
        channel=row.channel,
        is_failed=row.state in FAILED,
        holder_name=mask_holder(first.holder_name, first.holder_kind),
        phone=mask_phone(told.phone) if told.phone else "",
        tries=row.attempt if row.channel is Channel.PHONE else 0,
        script=script(told.lines, told.sentence, told.check_code, wording),
    )
