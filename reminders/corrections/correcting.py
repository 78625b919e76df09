"""Puts a wrong batch right: one message to each person who was told, by the channel that told them."""

from datetime import datetime
from typing import Any

from sqlalchemy import func, literal, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session, aliased

from reminders import audit, clock
from reminders.corrections.batch import Batch, told_in
from reminders.corrections.stopping import stop
from reminders.errors import Conflict, Invalid
from reminders.righting import IN_DELIVERY
from reminders.rules import correction_text, quiet_hours
from reminders.rules.delivery_rules import Hours
from reminders.rules.lifecycle import DeliveryState, Purpose
from reminders.rules.permissions import Actor, department_scope
from reminders.rules.routing import sending_moment
from reminders.tables.bindings import Follower
from reminders.tables.corrections import Correction, CorrectionItem
from reminders.tables.deliveries import Delivery

NOBODY = "这一批里没有还要更正的人：都没有收到过，或者已经更正过了。没有再发。"


def correct(
    session: Session,
    batch: Batch,
    sentence: str,
    *,
    confirmed: int,
    stops_waiting: bool,
    sending_hours: Hours,
    actor: Actor,
    now: datetime,
) -> int:
    """The correction's id. `confirmed` is the number of people somebody looked at and typed.

    What was put right before, by whatever batch, is not put right again: twice is once, also at the same
    moment, because of the unique key of `correction_item`. Raises Invalid (the words), Conflict (another
    number of people by now, or nobody), NotFound.
    """
    words = correction_text.tidy(sentence)
    wrong = correction_text.fault(words)
    if wrong:
        raise Invalid(wrong)
    scope = department_scope(actor)
    row = Correction(
        batch=batch.kind,
        run_id=batch.run_id,
        import_id=batch.import_id,
        on_day=batch.on,
        catalogue_entry_id=batch.entry_id,
        department_id=scope,
        sentence=words,
        stops_waiting=stops_waiting,
        people=0,
        messages=0,
        stopped=0,
        created_by=(actor.name or actor.ref)[:64],
        created_at=now,
    )
    session.add(row)
    session.flush()
    row.people = _take_up(session, row, batch, scope)
    row.stopped = stop(session, batch, scope, now=now) if stops_waiting else 0
    _refuse_unlike(row, confirmed)
    row.messages = _queue(session, row, now)
    _leave_alone(session, row, sending_hours, now)
    session.flush()
    detail = {"people": row.people, "messages": row.messages, "stopped": row.stopped, "words": words}
    detail |= batch.numbers()
    audit.record(session, "correction.send", f"correction:{row.id}", detail, actor=actor, now=now)
    return row.id


def _refuse_unlike(row: Correction, confirmed: int) -> None:
    if row.people != confirmed:
        if not row.people:
            raise Conflict(NOBODY)
        raise Conflict(f"现在要更正的是 {row.people} 人，和您填的 {confirmed} 人不一样。请重新核对后再确认。")
    if not row.people and not row.stopped:
        raise Conflict(NOBODY)


def _take_up(session: Session, row: Correction, batch: Batch, scope: int | None) -> int:
    """Writes down what was told wrongly; returns the number of people."""
    insert: Any = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    found = told_in(session, batch, scope)
    items = (
        select(literal(row.id), found.c.told_delivery_id, found.c.reminder_id, literal(""), literal(""))
        .where(found.c.told_delivery_id.is_not(None))
        .order_by(found.c.told_delivery_id, found.c.reminder_id)  # so that two at once wait, and do not lock
    )
    columns = ["correction_id", "told_delivery_id", "reminder_id", "tried", "dropped_reason"]
    session.execute(insert(CorrectionItem).from_select(columns, items).on_conflict_do_nothing())
    people = (
        select(func.count(Delivery.recipient_hash.distinct()))
        .join(CorrectionItem, CorrectionItem.told_delivery_id == Delivery.id)
        .where(CorrectionItem.correction_id == row.id)
    )
    return session.execute(people).scalar_one()


def _queue(session: Session, row: Correction, now: datetime) -> int:
    """By the channel that told them wrongly; calls and letters wait for people on the desk of corrections."""
    wrong = aliased(Delivery)
    told = (
        select(
            literal(Purpose.CORRECTION, Delivery.purpose.type),
            literal(row.id),
            wrong.channel,
            func.min(wrong.follower_id),
            func.min(wrong.contact_id),
            func.min(wrong.holder_id),
            wrong.recipient_hash,
            literal(clock.civil_date(now), Delivery.for_day.type),
            literal(DeliveryState.READY, Delivery.state.type),
            literal(now, Delivery.next_at.type),
            literal(now, Delivery.created_at.type),
        )
        .join(CorrectionItem, CorrectionItem.told_delivery_id == wrong.id)
        .where(CorrectionItem.correction_id == row.id)
        .group_by(wrong.channel, wrong.recipient_hash)
    )
    columns = ["purpose", "correction_id", "channel", "follower_id", "contact_id", "holder_id"]
    columns += ["recipient_hash", "for_day", "state", "next_at", "created_at"]
    insert: Any = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    queued = session.execute(insert(Delivery).from_select(columns, told).returning(Delivery.id)).all()
    message = (
        select(Delivery.id)
        .join(wrong, (wrong.channel == Delivery.channel) & (wrong.recipient_hash == Delivery.recipient_hash))
        .where(IN_DELIVERY, Delivery.correction_id == row.id)
        .where(wrong.id == CorrectionItem.told_delivery_id)
        .correlate(CorrectionItem)
        .scalar_subquery()
    )
    session.execute(
        update(CorrectionItem)
        .where(CorrectionItem.correction_id == row.id)
        .values(delivery_id=message)
        .execution_options(synchronize_session=False)
    )
    return len(queued)


def _leave_alone(session: Session, row: Correction, hours: Hours, now: datetime) -> None:
    """Whoever wants quiet until some time of the day is told after it."""
    first = sending_moment(clock.civil_date(now), hours, now)
    for choice in quiet_hours.ENDS:
        moment = quiet_hours.not_before(choice, first)
        quiet = select(Follower.id).where(Follower.id == Delivery.follower_id, Follower.quiet_until == choice)
        session.execute(
            update(Delivery)
            .where(IN_DELIVERY, Delivery.correction_id == row.id, quiet.exists())
            .values(next_at=moment)
            .execution_options(synchronize_session=False)
        )
