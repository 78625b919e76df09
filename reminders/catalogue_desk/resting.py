"""Pauses and retires entries: nothing is sent from them, and what waits is taken out plainly."""

from datetime import datetime

from sqlalchemy import exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from reminders import audit, windows
from reminders.calling_off import call_off
from reminders.catalogue_desk.reading import in_reach
from reminders.errors import Conflict, Invalid
from reminders.resting import UNSENT
from reminders.rules.lifecycle import ReminderState
from reminders.rules.permissions import Actor
from reminders.rules.reasons import reason_of
from reminders.tables.catalogue import CatalogueEntry
from reminders.tables.deliveries import Delivery, DeliveryItem, Reminder
from reminders.tables.ledger import License

ENTRY_RESTS = "entry_rests"


def pause(session: Session, entry_id: int, reason: str, *, actor: Actor, now: datetime) -> int:
    """How many reminders that nobody was told yet left the queue; resuming plans them again.

    Raises NotFound, Invalid without a reason, Conflict where it rests already.
    """
    row = _to_rest(session, entry_id, reason, actor)
    if row.paused_at is not None:
        raise Conflict("这类证照已经暂停。")
    row.paused_at, row.rest_reason = now, reason_of(reason)
    return _rest(session, row, "catalogue_entry.pause", actor=actor, now=now)


def retire(session: Session, entry_id: int, reason: str, *, actor: Actor, now: datetime) -> int:
    """Leaves the catalogue for good: not public any more, its licenses are not reminded. As `pause`."""
    row = _to_rest(session, entry_id, reason, actor)
    row.is_active, row.paused_at, row.rest_reason = False, None, reason_of(reason)
    count = _rest(session, row, "catalogue_entry.retire", actor=actor, now=now)
    windows.recompute(session, [row.id])
    return count


def resume(session: Session, entry_id: int, *, actor: Actor, now: datetime) -> None:
    """The next plan says what is due by then, each date once. Raises NotFound, Conflict."""
    row = in_reach(session, entry_id, actor=actor, to_change=True)
    if row.paused_at is None:
        raise Conflict("这类证照没有暂停。")
    _wake(session, row, "catalogue_entry.resume", actor=actor, now=now)


def take_up_again(session: Session, entry_id: int, *, actor: Actor, now: datetime) -> None:
    """Puts a retired entry back into the catalogue. Raises NotFound, Conflict."""
    row = in_reach(session, entry_id, actor=actor, to_change=True)
    if row.is_active:
        raise Conflict("这类证照没有停用。")
    row.is_active = True
    _wake(session, row, "catalogue_entry.take_up", actor=actor, now=now)


def waiting(session: Session, entry_id: int) -> list[int]:
    """Reminders of this kind that nobody was told yet, in a message or without a channel."""
    item, message = aliased(DeliveryItem), aliased(Delivery)
    waits = exists().where(
        item.reminder_id == Reminder.id,
        item.dropped_reason == "",
        message.id == item.delivery_id,
        message.state.in_(UNSENT),
    )
    found = session.execute(
        select(Reminder.id)
        .join(License, License.id == Reminder.license_id)
        .where(License.catalogue_entry_id == entry_id, Reminder.state == ReminderState.OPEN)
        .where(or_(waits, Reminder.has_no_channel))
        .order_by(Reminder.id)
    )
    return list(found.scalars())


def due_licenses(session: Session, entry_id: int) -> int:
    """How many of them are on the calendar."""
    dated = select(func.count()).where(
        License.catalogue_entry_id == entry_id,
        or_(License.next_due_on.is_not(None), License.companion_due_on.is_not(None)),
    )
    return session.execute(dated).scalar_one()


def _to_rest(session: Session, entry_id: int, reason: str, actor: Actor) -> CatalogueEntry:
    if not reason.strip():
        raise Invalid("请写明原因和依据，公众和同事会看到为什么不提醒。")
    row = in_reach(session, entry_id, actor=actor, to_change=True)
    if not row.is_active:
        raise Conflict("这类证照已经停用。")
    return row


def _rest(session: Session, row: CatalogueEntry, action: str, *, actor: Actor, now: datetime) -> int:
    row.edited_at = now
    session.flush()
    ids = waiting(session, row.id)
    call_off(session, ids, ENTRY_RESTS, now=now)
    detail = {"reason": row.rest_reason, "reminders": len(ids)}
    audit.record(session, action, f"catalogue_entry:{row.id}", detail, actor=actor, now=now)
    return len(ids)


def _wake(session: Session, row: CatalogueEntry, action: str, *, actor: Actor, now: datetime) -> None:
    row.paused_at, row.rest_reason, row.edited_at = None, "", now
    session.flush()
    windows.recompute(session, [row.id])
    audit.record(session, action, f"catalogue_entry:{row.id}", actor=actor, now=now)
