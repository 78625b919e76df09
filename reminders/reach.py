"""Tells by which channels the holder of a license can be reached now, and whom a message would go to."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, SQLColumnExpression, and_, exists, func, select, true
from sqlalchemy.orm import Session

from reminders import declining, resting, roads
from reminders.rules.lifecycle import Channel, GrantState
from reminders.tables.bindings import Binding, Follower, SubscriptionGrant
from reminders.tables.catalogue import CatalogueEntry
from reminders.tables.holders import Contact, SmsRefusal
from reminders.tables.ledger import License
from reminders.tables.staff import Department

BY_PHONE = (Channel.SMS, Channel.PHONE)
BY_ADDRESS = (Channel.LETTER, Channel.BUSINESS_SYSTEM)


@dataclass(frozen=True)
class Reach:
    """`method` is the department's own; `channels` those that would reach somebody, letters left aside.

    `bound` counts bindings in force, `following` those of them that accept template messages. What the holder
    `declined` stands among the `channels` all the same: at HUMAN a person calls.
    """

    license_id: int
    holder_id: int
    contact_id: int | None
    method: Channel
    channels: frozenset[Channel]
    bound: int
    following: int
    declined: frozenset[Channel] = frozenset()
    wants_fewer: bool = False


@dataclass(frozen=True)
class Recipient:
    """Whom one message goes to: `hash` names them in the queue, `ref` in an item; one of the ids is set."""

    hash: str
    ref: str
    follower_id: int | None = None
    contact_id: int | None = None
    holder_id: int | None = None


def of_licenses(session: Session, license_ids: Collection[int]) -> dict[int, Reach]:
    """One query for any number of licenses."""
    usable = roads.usable(session)
    template_id = roads.template_of(session, Channel.SUBSCRIPTION)
    refused = exists().where(SmsRefusal.phone_hash == Contact.phone_hash)
    can_call = and_(Contact.id.is_not(None), can_be_called())
    found = session.execute(
        select(
            License.id,
            License.holder_id,
            License.contact_id,
            Department.method,
            _bound().label("bound"),
            _bound(resting.accepts_messages(), declining.takes_wechat()).label("following"),
            _bound(has_granted(template_id), declining.takes_wechat()).label("granted"),
            declining.declines(Channel.SMS).label("no_sms"),
            declining.declines(Channel.PHONE).label("no_calls"),
            declining.wants_fewer().label("wants_fewer"),
            can_call.label("can_call"),
            and_(can_call, Contact.is_mobile, ~refused).label("can_text"),
        )
        .join(CatalogueEntry, CatalogueEntry.id == License.catalogue_entry_id)
        .join(Department, Department.id == CatalogueEntry.department_id)
        .outerjoin(Contact, Contact.id == License.contact_id)
        .where(License.id.in_(license_ids))
    )
    return {row.id: _of(row, usable) for row in found}


def _of(row: Any, usable: frozenset[Channel]) -> Reach:
    told = {
        Channel.WECHAT: row.following > 0,
        Channel.SUBSCRIPTION: row.granted > 0,
        Channel.BUSINESS_SYSTEM: True,
        Channel.SMS: row.can_text,
        Channel.PHONE: row.can_call,
    }
    declined = {Channel.SMS: row.no_sms, Channel.PHONE: row.no_calls}
    return Reach(
        license_id=row.id,
        holder_id=row.holder_id,
        contact_id=row.contact_id,
        method=row.method,
        channels=frozenset(channel for channel, is_reached in told.items() if is_reached) & usable,
        bound=row.bound,
        following=row.following,
        declined=frozenset(channel for channel, is_declined in declined.items() if is_declined),
        wants_fewer=row.wants_fewer,
    )


def followers_by(
    session: Session, license_ids: Collection[int], channel: Channel
) -> dict[int, list[Recipient]]:
    """License id → those bound to it whom this channel of the account reaches."""
    if not license_ids:
        return {}
    is_reached = resting.accepts_messages()
    if channel is Channel.SUBSCRIPTION:
        is_reached = has_granted(roads.template_of(session, channel))
    found = session.execute(
        select(Binding.license_id, Follower.id, Follower.openid_hash)
        .join(Follower, Follower.id == Binding.follower_id)
        .where(Binding.license_id.in_(license_ids), Binding.unbound_at.is_(None), is_reached)
        .where(declining.takes_wechat())
        .order_by(Follower.id)
    )
    people: dict[int, list[Recipient]] = {}
    for license_id, follower_id, openid_hash in found:
        people.setdefault(license_id, []).append(
            Recipient(openid_hash, f"f{follower_id}", follower_id=follower_id)
        )
    return people


def named_by_the_ledger(
    session: Session, wanted: Iterable[tuple[Reach, Channel]]
) -> dict[tuple[int, Channel], Recipient]:
    """(license id, channel) → the contact for a phone, the holder for a letter or prompt; none in WeChat."""
    asked = list(wanted)
    contacts = {found.contact_id for found, channel in asked if channel in BY_PHONE and found.contact_id}
    hashes: dict[int, str] = dict(
        session.execute(select(Contact.id, Contact.phone_hash).where(Contact.id.in_(contacts))).all()
    )
    named: dict[tuple[int, Channel], Recipient] = {}
    for found, channel in asked:
        if channel in BY_PHONE and found.contact_id is not None:
            to = Recipient(hashes[found.contact_id], f"c{found.contact_id}", contact_id=found.contact_id)
            named[found.license_id, channel] = to
        elif channel in BY_ADDRESS:
            ref = f"h{found.holder_id}"
            named[found.license_id, channel] = Recipient(ref, ref, holder_id=found.holder_id)
    return named


def can_be_called() -> ColumnElement[bool]:
    """For rows of Contact: neither found wrong by us nor called wrong by the holder."""
    return and_(Contact.wrong_at.is_(None), ~resting.contact_is_blocked(Contact.id))


def has_granted(
    template_id: str, *, since: SQLColumnExpression[datetime] | None = None
) -> ColumnElement[bool]:
    """For rows of Follower: agreed to the notices, and did not tell us to be silent in WeChat altogether.

    With `since`: and spoke about it last after that moment.
    """
    granted = exists().where(
        SubscriptionGrant.follower_id == Follower.id,
        SubscriptionGrant.template_id == template_id,
        SubscriptionGrant.state == GrantState.ACCEPTED,
        true() if since is None else SubscriptionGrant.changed_at > since,
    )
    return and_(granted, Follower.consent_ended_at.is_(None), Follower.wechat_off_at.is_(None))


def _bound(*conditions: ColumnElement[bool]) -> ColumnElement[int]:
    return (
        select(func.count())
        .select_from(Binding)
        .join(Follower, Follower.id == Binding.follower_id)
        .where(Binding.license_id == License.id, Binding.unbound_at.is_(None), *conditions)
        .correlate(License)
        .scalar_subquery()
    )
