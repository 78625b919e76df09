"""Which calls and letters wait at all, and which of them concern a department."""

from sqlalchemy import ColumnElement, exists, select
from sqlalchemy.orm import Session

from reminders import calls
from reminders.errors import Conflict, NotFound
from reminders.rules.lifecycle import Channel, DeliveryState, Purpose
from reminders.rules.permissions import Actor, department_scope
from reminders.tables.catalogue import CatalogueEntry
from reminders.tables.deliveries import WAITING, Delivery, DeliveryItem, Reminder
from reminders.tables.ledger import License


def waiting(channel: Channel) -> list[ColumnElement[bool]]:
    return [
        WAITING,  # type: ignore[list-item]
        Delivery.channel == channel,
        Delivery.state == DeliveryState.READY,
        Delivery.purpose == Purpose.REMINDER,
    ]


def concerns(scope: int | None) -> list[ColumnElement[bool]]:
    """`scope` is a department's id; None sees everything."""
    if scope is None:
        return []
    return [
        exists().where(
            DeliveryItem.delivery_id == Delivery.id,
            DeliveryItem.dropped_reason == "",
            Reminder.id == DeliveryItem.reminder_id,
            License.id == Reminder.license_id,
            CatalogueEntry.id == License.catalogue_entry_id,
            CatalogueEntry.department_id == scope,
        )
    ]


def says_something() -> ColumnElement[bool]:
    """Something in it is still worth saying."""
    return (
        exists()
        .where(DeliveryItem.delivery_id == Delivery.id, DeliveryItem.dropped_reason == "")
        .where(Reminder.id == DeliveryItem.reminder_id, License.id == Reminder.license_id)
        .where(calls.is_worth_saying())
    )


def open_call(session: Session, delivery_id: int, *, actor: Actor) -> Delivery:
    """The call, locked. Raises NotFound outside the actor's departments, Conflict when somebody closed it."""
    found = _found(session, delivery_id, Channel.PHONE, actor, to_change=True)
    if found is None:
        raise NotFound("没有找到这条电话任务，可能不属于您的科室。")
    if found.state is not DeliveryState.READY:
        raise Conflict("这条电话任务已经处理过了，请刷新清单。")
    return found


def letter_in(
    session: Session, delivery_id: int, state: DeliveryState, *, actor: Actor, to_change: bool = True
) -> Delivery:
    """The letter, locked when it is about to change.

    Raises NotFound outside the actor's departments, Conflict in another state.
    """
    found = _found(session, delivery_id, Channel.LETTER, actor, to_change=to_change)
    if found is None:
        raise NotFound("没有找到这封函，可能不属于您的科室。")
    if found.state is not state:
        raise Conflict("这封函已经登记过了，请刷新清单。")
    return found


def _found(
    session: Session, delivery_id: int, channel: Channel, actor: Actor, *, to_change: bool
) -> Delivery | None:
    query = (
        select(Delivery)
        .where(Delivery.id == delivery_id, Delivery.channel == channel)
        .where(Delivery.purpose == Purpose.REMINDER, *concerns(department_scope(actor)))
        .execution_options(populate_existing=True)
    )
    return session.execute(query.with_for_update() if to_change else query).scalar_one_or_none()
