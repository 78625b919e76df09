"""Asks, just before sending, whether what a message wants to say is still true and may still be said."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from sqlalchemy import ColumnElement, and_, case, exists, false, or_, select, update
from sqlalchemy.orm import Session

from reminders import declining, reach, resting, roads
from reminders.rules.lifecycle import Channel, DateKind, Expiry, LicenseState, ReminderState
from reminders.tables.bindings import Binding, Follower
from reminders.tables.deliveries import Delivery, DeliveryItem, Reminder
from reminders.tables.holders import Contact, SmsRefusal
from reminders.tables.ledger import License

CANCELLED = "cancelled"
NOT_ACTIVE = "not_active"
OTHER_DATE = "other_date"  # renewed or corrected meanwhile
UNBOUND = "unbound"
OVERTAKEN = "overtaken"  # a later stage of the same date is in the same message


class _Item(NamedTuple):  # three a message, several thousand a second: quicker to make than a dataclass
    id: int
    delivery_id: int
    license_id: int
    date_kind: DateKind
    fault: str


def drop_untrue(session: Session, delivery_ids: Sequence[int]) -> dict[int, int]:
    """Marks items that must not be said any more; delivery id → how many remain, perhaps none."""
    counts = dict.fromkeys(delivery_ids, 0)
    faults: dict[str, list[int]] = {}
    for item in _without_overtaken(_items(session, delivery_ids)):
        counts[item.delivery_id] += not item.fault
        if item.fault:
            faults.setdefault(item.fault, []).append(item.id)
    for fault, item_ids in sorted(faults.items()):
        session.execute(
            update(DeliveryItem).where(DeliveryItem.id.in_(item_ids)).values(dropped_reason=fault)
        )
    _hand_back(session, faults.get(UNBOUND, []) + faults.get(resting.DECLINED, []))
    return counts


def unreachable(session: Session, channel: Channel, delivery_ids: Sequence[int]) -> list[int]:
    """Those whose recipient left the account, refuses messages, or took back what they agreed to."""
    if not delivery_ids:
        return []
    found = session.execute(
        select(Delivery.id).where(Delivery.id.in_(delivery_ids), _is_unreachable(session, channel))
    )
    return list(found.scalars())


def may_be_said(session: Session, channel: Channel) -> ColumnElement[bool]:
    """For rows of Delivery: what the two functions above looked at, asked again by the taking statement."""
    untrue = (
        exists()
        .where(DeliveryItem.delivery_id == Delivery.id, DeliveryItem.dropped_reason == "")
        .where(Reminder.id == DeliveryItem.reminder_id, License.id == Reminder.license_id, _fault() != "")
        .correlate(Delivery)
    )
    says = exists().where(DeliveryItem.delivery_id == Delivery.id, DeliveryItem.dropped_reason == "")
    return and_(says, ~untrue, ~_is_unreachable(session, channel))


def can_be_reached(session: Session, channel: Channel) -> ColumnElement[bool]:
    """For rows of Delivery: `unreachable`, asked again by the taking statement."""
    return ~_is_unreachable(session, channel)


def _is_unreachable(session: Session, channel: Channel) -> ColumnElement[bool]:
    follower = exists().where(Follower.id == Delivery.follower_id)
    if channel is Channel.WECHAT:
        left = and_(
            Follower.unfollowed_at.is_not(None),
            or_(Follower.followed_at.is_(None), Follower.unfollowed_at >= Follower.followed_at),
        )
        return follower.where(or_(left, ~resting.accepts_messages())).correlate(Delivery)
    if channel is Channel.SUBSCRIPTION:
        granted = reach.has_granted(roads.template_of(session, channel))
        return follower.where(~granted).correlate(Delivery)
    if channel is Channel.SMS:
        refused = exists().where(SmsRefusal.phone_hash == Contact.phone_hash)
        unusable = or_(~Contact.is_mobile, ~reach.can_be_called(), refused)
        return exists().where(Contact.id == Delivery.contact_id, unusable).correlate(Delivery)
    return false()


def _hand_back(session: Session, item_ids: Sequence[int]) -> None:
    """Reminders nobody else carries go back to the planner, which finds another way to say them."""
    if not item_ids:
        return
    carried = resting.is_carried(Reminder.id)  # a message that failed carries nothing
    dropped = select(DeliveryItem.reminder_id).where(DeliveryItem.id.in_(item_ids))
    session.execute(
        update(Reminder)
        .where(Reminder.id.in_(dropped), ~carried)
        .values(has_no_channel=True)
        .execution_options(synchronize_session=False)
    )


def _items(session: Session, delivery_ids: Sequence[int]) -> list[_Item]:
    found = session.execute(
        select(
            DeliveryItem.id,
            DeliveryItem.delivery_id,
            Reminder.license_id,
            Reminder.date_kind,
            _fault(),
        )
        .join(Delivery, Delivery.id == DeliveryItem.delivery_id)
        .join(Reminder, Reminder.id == DeliveryItem.reminder_id)
        .join(License, License.id == Reminder.license_id)
        .where(DeliveryItem.delivery_id.in_(delivery_ids), DeliveryItem.dropped_reason == "")
        .order_by(Reminder.due_on, Reminder.id)
    )
    return [_Item._make(row) for row in found]


def _fault() -> ColumnElement[str]:
    """The first reason against saying it, or the empty word."""
    is_main = Reminder.date_kind == DateKind.MAIN
    same_date = or_(
        and_(is_main, License.expiry == Expiry.DATED, License.expires_on == Reminder.expires_on),
        and_(~is_main, License.companion_on == Reminder.expires_on),
    )
    addressed, no_sms = _is_addressed(), declining.declines(Channel.SMS)
    return case(
        (Reminder.state != ReminderState.OPEN, CANCELLED),
        (resting.answered(License.id, Reminder.date_kind, Reminder.expires_on), resting.ANSWERED),
        (License.state != LicenseState.ACTIVE, NOT_ACTIVE),
        (and_(same_date, addressed, or_(Delivery.channel != Channel.SMS, ~no_sms)), ""),
        (~addressed, UNBOUND),
        (and_(Delivery.channel == Channel.SMS, no_sms), resting.DECLINED),
        else_=OTHER_DATE,
    )


def _is_addressed() -> ColumnElement[bool]:
    """The recipient is still bound to the license, its contact in the ledger, or its holder."""
    bound = (
        exists()
        .where(
            Binding.license_id == License.id,
            Binding.follower_id == Delivery.follower_id,
            Binding.unbound_at.is_(None),
            declining.takes_wechat(),
            Follower.id == Binding.follower_id,
            Follower.consent_ended_at.is_(None),
        )
        .correlate_except(Binding, Follower)
    )
    return or_(
        and_(Delivery.follower_id.is_not(None), bound),
        and_(Delivery.contact_id.is_not(None), Delivery.contact_id == License.contact_id),
        and_(Delivery.holder_id.is_not(None), Delivery.holder_id == License.holder_id),
    )


def _without_overtaken(items: Iterable[_Item]) -> list[_Item]:
    """Items come by day of their stage; of several stages of one date only the last is said."""
    kept: dict[tuple[int, int, DateKind], _Item] = {}
    told: list[_Item] = []
    for item in items:
        if item.fault:
            told.append(item)
            continue
        subject = (item.delivery_id, item.license_id, item.date_kind)
        if subject in kept:
            told.append(kept[subject]._replace(fault=OVERTAKEN))
        kept[subject] = item
    return told + list(kept.values())
