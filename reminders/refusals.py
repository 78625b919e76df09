"""Closes the account's channels to whoever refused them, until they speak, follow or agree once more."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Select, select, update
from sqlalchemy.orm import Session

from reminders import roads
from reminders.rules.lifecycle import Channel, GrantState
from reminders.tables.bindings import Follower, SubscriptionGrant
from reminders.tables.deliveries import Delivery


def stop_pushing(session: Session, delivery_ids: Collection[int], reason: str, *, now: datetime) -> None:
    """No template message to the followers these were meant for; those of other channels are left alone."""
    session.execute(
        update(Follower)
        .where(Follower.id.in_(_followers(delivery_ids, Channel.WECHAT)))
        .values(push_stopped_at=now, push_stopped_reason=reason[:64])
        .execution_options(synchronize_session=False)
    )


def use_up_grants(session: Session, delivery_ids: Collection[int], *, now: datetime) -> None:
    """No subscription notice either: the platform says that what was agreed to is gone (43101).

    Whoever agreed anew after the notice left has a new grant, of which nothing was said.
    """
    sent_under_it = _followers(delivery_ids, Channel.SUBSCRIPTION).where(
        Delivery.follower_id == SubscriptionGrant.follower_id,
        Delivery.intent_at >= SubscriptionGrant.changed_at,
    )
    session.execute(
        update(SubscriptionGrant)
        .where(sent_under_it.correlate(SubscriptionGrant).exists())
        .where(SubscriptionGrant.template_id == roads.template_of(session, Channel.SUBSCRIPTION))
        .values(state=GrantState.USED_UP, changed_at=now)
        .execution_options(synchronize_session=False)
    )


def _followers(delivery_ids: Collection[int], channel: Channel) -> Select[int | None]:
    return select(Delivery.follower_id).where(Delivery.id.in_(delivery_ids), Delivery.channel == channel)
