"""Shows, before anything is sent, how many people were told wrongly by which channel, and some of them."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from reminders import clock, told
from reminders.corrections.batch import Batch, told_in, waiting_in
from reminders.rules.identity import mask_holder
from reminders.rules.lifecycle import Channel
from reminders.rules.permissions import Actor, department_scope
from reminders.tables.catalogue import CatalogueEntry
from reminders.tables.deliveries import Delivery, Reminder
from reminders.tables.holders import Holder
from reminders.tables.ledger import License

SHOWN = 20


@dataclass(frozen=True)
class Sample:
    """One thing told to one person; names of natural persons are masked."""

    holder_name: str
    license_name: str
    told_date: date
    channel: Channel
    told_on: date


@dataclass(frozen=True)
class Preview:
    """`people` is the number that must be typed to confirm; `channels` counts people by channel.

    `waiting` counts reminders of the batch that have not left yet and can be cancelled with it.
    """

    people: int
    licenses: int
    channels: dict[Channel, int]
    waiting: int
    sample: tuple[Sample, ...]


def preview(session: Session, batch: Batch, *, actor: Actor) -> Preview:
    """As far as the actor may see. Raises NotFound or Invalid where the batch names nothing."""
    scope = department_scope(actor)
    found = told_in(session, batch, scope)
    people = func.count(found.c.recipient_hash.distinct())
    everybody, licenses = session.execute(select(people, func.count(found.c.license_id.distinct()))).one()
    by_channel = select(found.c.channel, people).group_by(found.c.channel).order_by(found.c.channel)
    waiting = waiting_in(session, batch, scope)
    return Preview(
        people=everybody,
        licenses=licenses,
        channels=dict(session.execute(by_channel).all()),
        waiting=session.execute(select(func.count()).select_from(waiting)).scalar_one(),
        sample=_sample(session, batch, scope),
    )


def _sample(session: Session, batch: Batch, scope: int | None) -> tuple[Sample, ...]:
    found = told_in(session, batch, scope)
    rows = session.execute(
        select(
            Holder.name,
            Holder.kind,
            CatalogueEntry.license_name,
            Reminder.expires_on,
            found.c.channel,
            told.told_at(),
        )
        .join(Delivery, Delivery.id == found.c.told_delivery_id)
        .join(Reminder, Reminder.id == found.c.reminder_id)
        .join(License, License.id == found.c.license_id)
        .join(Holder, Holder.id == License.holder_id)
        .join(CatalogueEntry, CatalogueEntry.id == License.catalogue_entry_id)
        .order_by(found.c.told_delivery_id, found.c.reminder_id)
        .limit(SHOWN)
    )
    return tuple(
        Sample(mask_holder(name, kind), license_name, expires_on, channel, clock.civil_date(at))
        for name, kind, license_name, expires_on, channel, at in rows
    )
