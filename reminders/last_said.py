"""Tells 提醒日期 and 提醒人 of a license: the newest message, call or letter that really told its date."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, Subquery, exists, func, or_, select
from sqlalchemy.orm import Session

from reminders import clock
from reminders.rules.lifecycle import Channel, DeliveryState, Purpose
from reminders.tables.deliveries import Delivery, DeliveryItem, Reminder
from reminders.tables.ledger import License
from reminders.tables.staff import Staff

SAID = (DeliveryState.ACCEPTED, DeliveryState.DELIVERED, DeliveryState.UNCONFIRMED)
REALLY = (Delivery.purpose == Purpose.REMINDER, Delivery.state.in_(SAID))
BY_SYSTEM = {
    Channel.WECHAT: "系统（微信）",
    Channel.SUBSCRIPTION: "系统（微信订阅通知）",
    Channel.SMS: "系统（短信）",
    Channel.BUSINESS_SYSTEM: "系统（业务系统）",
    Channel.PHONE: "电话",
    Channel.LETTER: "函告",
}


@dataclass(frozen=True)
class Said:
    """Columns 7 and 8 of Annex 2, with the way it was said and what came back."""

    on: date
    by: str
    channel: Channel
    state: DeliveryState


def of_licenses(session: Session, license_ids: Collection[int]) -> Mapping[int, Said]:
    """For each of these that was told anything; for a page of the ledger, so only its rows are read."""
    newest = each(Reminder.license_id.in_(license_ids))
    names = staff_names(session)
    return {
        row.license_id: Said(
            clock.civil_date(row.at), by(row.channel, row.closed_by, names), row.channel, row.state
        )
        for row in session.execute(select(newest).where(newest.c.newest == 1))
    }


def each(*conditions: ColumnElement[bool]) -> Subquery:
    """Per license all that was said of its present dates; `newest` is 1 for the last."""
    at = func.coalesce(Delivery.accepted_at, Delivery.final_at, type_=Delivery.accepted_at.type)
    newest = func.row_number().over(
        partition_by=Reminder.license_id, order_by=(at.desc(), Delivery.id.desc())
    )
    columns: Select[*tuple[Any, ...]] = select(
        Reminder.license_id,
        at.label("at"),
        Delivery.channel,
        Delivery.closed_by,
        Delivery.state,
        newest.label("newest"),
    )
    return (
        columns.join(DeliveryItem, DeliveryItem.reminder_id == Reminder.id)
        .join(Delivery, Delivery.id == DeliveryItem.delivery_id)
        .join(License, License.id == Reminder.license_id)
        .where(*REALLY, DeliveryItem.dropped_reason == "", _of_a_present_date(), *conditions)
        .subquery()
    )


def is_said(channel: Channel | None = None) -> ColumnElement[bool]:
    """The `License` of the query was told its present date: by any channel, or by this one."""
    by_it = [] if channel is None else [Delivery.channel == channel]
    # One inside the other, so that each license looks at its own few reminders: as a join SQLite would begin
    # with all deliveries, for each license anew.
    delivered = exists().where(Delivery.id == DeliveryItem.delivery_id, *REALLY, *by_it)
    carried = exists().where(
        DeliveryItem.reminder_id == Reminder.id, DeliveryItem.dropped_reason == "", delivered
    )
    return exists().where(Reminder.license_id == License.id, _of_a_present_date(), carried)


def by(channel: Channel, closed_by: str, names: Mapping[str, str]) -> str:
    """The person who called or wrote, else the machine with its channel."""
    return names.get(closed_by) or BY_SYSTEM[channel]


def staff_names(session: Session) -> Mapping[str, str]:
    """Names by the way the deliveries and the audit write a person: `staff:3`."""
    return {f"staff:{id_}": name for id_, name in session.execute(select(Staff.id, Staff.name))}


def _of_a_present_date() -> ColumnElement[bool]:
    return or_(Reminder.expires_on == License.expires_on, Reminder.expires_on == License.companion_on)
