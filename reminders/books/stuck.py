"""Messages that wait for a person: blocked by a fault, or nobody knows whether they arrived."""

from datetime import datetime

from sqlalchemy import ColumnElement, exists, or_, select, update
from sqlalchemy.orm import Session

from reminders import audit, fallback, righting
from reminders.books.day import PAGE, MessagePage, line_of, speaks_for, told_of
from reminders.errors import NotFound
from reminders.rules.lifecycle import DeliveryState
from reminders.rules.permissions import Actor, department_scope
from reminders.tables.deliveries import UNFINISHED, Delivery

STUCK = (DeliveryState.BLOCKED, DeliveryState.REVIEW)


def stuck(session: Session, *, after: int = 0, limit: int = PAGE, actor: Actor) -> MessagePage:
    """The oldest first, as far as the actor may see them."""
    query = (
        select(Delivery)
        .where(UNFINISHED, Delivery.state.in_(STUCK), Delivery.id > after, *_in_scope(actor))
        .order_by(Delivery.id)
        .limit(limit + 1)
    )
    found = list(session.execute(query).scalars())
    told = told_of(session, [row.id for row in found[:limit]])
    lines = tuple(line_of(row, told.get(row.id, (0, "", ""))) for row in found[:limit])
    return MessagePage(lines, lines[-1].delivery_id if len(found) > limit else None)


def decide_review(
    session: Session, delivery_id: int, *, was_received: bool, actor: Actor, now: datetime
) -> None:
    """A person found out whether a message in review arrived; its next channel stops or stays accordingly.

    Raises NotFound outside the actor's departments, and when it is not in review any more.
    """
    state = DeliveryState.DELIVERED if was_received else DeliveryState.UNDELIVERABLE
    changed = session.execute(
        update(Delivery)
        .where(Delivery.id == delivery_id, Delivery.state == DeliveryState.REVIEW, *_in_scope(actor))
        .values(state=state, state_reason="asked", final_at=now, closed_by=actor.ref[:64])
        .returning(Delivery.id)
        .execution_options(synchronize_session=False)
    )
    if changed.scalar_one_or_none() is None:
        raise NotFound("这条消息已不在待核对之列，请刷新页面。")
    if was_received:
        fallback.take_back(session, [delivery_id], now=now)
    else:
        fallback.move_on(session, [delivery_id], now=now)
    detail = {"was_received": was_received}
    audit.record(session, "review.decide", f"delivery:{delivery_id}", detail, actor=actor, now=now)


def _in_scope(actor: Actor) -> list[ColumnElement[bool]]:
    scope = department_scope(actor)
    if scope is None:
        return []
    reminds = exists().where(*speaks_for(scope)).correlate(Delivery)
    return [or_(reminds, *righting.concerns(scope))]
