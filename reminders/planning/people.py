"""Who can be told of a waiting reminder by each channel: one query a channel, all of the same shape."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    SQLColumnExpression,
    String,
    Subquery,
    case,
    cast,
    exists,
    false,
    literal,
    or_,
    select,
    true,
)

from reminders import declining, reach, resting
from reminders.rules.lifecycle import Channel, LicenseState, Stage
from reminders.rules.routing import ALWAYS_WAITS, BEFORE_A_LETTER, KEPT_FREE, NEVER_WAITS
from reminders.tables.bindings import Binding, Follower
from reminders.tables.catalogue import CatalogueEntry
from reminders.tables.deliveries import Delivery, DeliveryItem, Reminder
from reminders.tables.holders import Contact, SmsRefusal
from reminders.tables.ledger import License
from reminders.tables.staff import Department


@dataclass(frozen=True)
class _Recipient:
    column: str
    id: SQLColumnExpression[int]
    hash: SQLColumnExpression[str]
    ref: SQLColumnExpression[str]


def by_template(waiting: Subquery, next_workday: date) -> Select[Any]:
    """Everybody bound who follows and accepts messages."""
    return (
        _told(waiting, next_workday, _follower())
        .join(Binding, Binding.license_id == License.id)
        .join(Follower, Follower.id == Binding.follower_id)
        .where(Binding.unbound_at.is_(None), waiting.c.stage != Stage.HUMAN)
        .where(resting.accepts_messages(), declining.takes_wechat())
        .where(~_tried(waiting, Channel.WECHAT, _ref("f", Follower.id)))
    )


def by_subscription(waiting: Subquery, next_workday: date, template_id: str) -> Select[Any]:
    """Whoever agreed to subscription notices and cannot be told by a template message (any more)."""
    return (
        _told(waiting, next_workday, _follower())
        .join(Binding, Binding.license_id == License.id)
        .join(Follower, Follower.id == Binding.follower_id)
        .where(Binding.unbound_at.is_(None), waiting.c.stage != Stage.HUMAN)
        .where(reach.has_granted(template_id), declining.takes_wechat())
        .where(~resting.is_carried(waiting.c.id))
        .where(~_tried(waiting, Channel.SUBSCRIPTION, _ref("f", Follower.id)))
    )


def by_contact(
    waiting: Subquery, next_workday: date, channel: Channel, *, only_as_method: bool
) -> Select[Any]:
    """By SMS or by a call to the phone in the ledger; `only_as_method`: where the department chose this."""
    told = (
        _told(waiting, next_workday, _contact())
        .join(Contact, Contact.id == License.contact_id)
        .where(reach.can_be_called())
        .where(~resting.is_carried(waiting.c.id))
        .where(~_tried(waiting, channel, _ref("c", Contact.id)))
        .where(or_(waiting.c.stage == Stage.HUMAN, ~declining.declines(channel)))
    )
    if channel is Channel.SMS:
        refused = exists().where(SmsRefusal.phone_hash == Contact.phone_hash)
        told = told.where(Contact.is_mobile, ~refused, waiting.c.stage != Stage.HUMAN)
    return told.where(Department.method == channel, _not_human(waiting)) if only_as_method else told


def by_holder(waiting: Subquery, next_workday: date, channel: Channel) -> Select[Any]:
    """By letter or by the business system, which need no phone, where the department chose this."""
    return _to_holder(waiting, next_workday, channel).where(Department.method == channel, _not_human(waiting))


def by_last_letter(waiting: Subquery, next_workday: date) -> Select[Any]:
    """What is left after the phone was tried in vain; at HUMAN also where letters are the method."""
    in_vain = exists().where(
        DeliveryItem.reminder_id == waiting.c.id, DeliveryItem.channel.in_(sorted(BEFORE_A_LETTER))
    )
    told = _to_holder(waiting, next_workday, Channel.LETTER)
    return told.where(or_(Department.method == Channel.LETTER, in_vain))


def _to_holder(waiting: Subquery, next_workday: date, channel: Channel) -> Select[Any]:
    return (
        _told(waiting, next_workday, _holder())
        .where(~resting.is_carried(waiting.c.id))
        .where(~_tried(waiting, channel, _ref("h", License.holder_id)))
    )


def is_urgent(waiting: Subquery, next_workday: date) -> ColumnElement[bool]:
    """rules.routing.is_urgent in SQL; tests hold the two together."""
    near = or_(
        waiting.c.stage.in_(sorted(NEVER_WAITS)),
        waiting.c.apply_by < literal(next_workday + KEPT_FREE, Reminder.apply_by.type),
    )
    waits = or_(waiting.c.stage.in_(sorted(ALWAYS_WAITS)), waiting.c.apply_by.is_(None))
    return case((waits, false()), (near, true()), else_=false())


def _told(waiting: Subquery, next_workday: date, recipient: _Recipient) -> Select[Any]:
    """The columns every channel gives; the other two kinds of recipient stay empty."""
    ids = {
        "follower_id": Delivery.follower_id,
        "contact_id": Delivery.contact_id,
        "holder_id": Delivery.holder_id,
    }
    columns = [
        (recipient.id if name == recipient.column else literal(None, column.type)).label(name)
        for name, column in ids.items()
    ]
    return (
        select(
            waiting.c.id.label("reminder_id"),
            *columns,
            recipient.hash.label("recipient_hash"),
            recipient.ref.label("recipient_ref"),
            is_urgent(waiting, next_workday).label("is_urgent"),
        )
        .join(License, License.id == waiting.c.license_id)
        .join(CatalogueEntry, CatalogueEntry.id == License.catalogue_entry_id)
        .join(Department, Department.id == CatalogueEntry.department_id)
        .where(License.state == LicenseState.ACTIVE)
    )


def _follower() -> _Recipient:
    return _Recipient("follower_id", Follower.id, Follower.openid_hash, _ref("f", Follower.id))


def _contact() -> _Recipient:
    return _Recipient("contact_id", Contact.id, Contact.phone_hash, _ref("c", Contact.id))


def _holder() -> _Recipient:
    ref = _ref("h", License.holder_id)
    return _Recipient("holder_id", License.holder_id, ref, ref)


def _not_human(waiting: Subquery) -> ColumnElement[bool]:
    return waiting.c.stage != Stage.HUMAN


def _tried(waiting: Subquery, channel: Channel, ref: ColumnElement[str]) -> ColumnElement[bool]:
    return exists().where(
        DeliveryItem.reminder_id == waiting.c.id,
        DeliveryItem.channel == channel,
        DeliveryItem.recipient_ref == ref,
    )


def _ref(letter: str, column: SQLColumnExpression[int]) -> ColumnElement[str]:
    return literal(letter).concat(cast(column, String))
