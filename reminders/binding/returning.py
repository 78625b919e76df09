"""Takes back what somebody unbound by themselves within the week: shown to choose from, or the last of it."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from reminders import clock, departures
from reminders.departures import Departed, Departure
from reminders.rules.identity import mask_holder
from reminders.tables.catalogue import CatalogueEntry
from reminders.tables.holders import Holder
from reminders.tables.ledger import License

MOST_SHOWN = 40


@dataclass(frozen=True)
class Left:
    """One license that may be had back until the end of `until_on`; the name of a person is masked."""

    binding_id: int
    license_name: str
    license_no: str | None
    holder_name: str
    left_on: date
    until_on: date


def count_left(session: Session, follower_id: int, *, now: datetime) -> int:
    return len(_open(session, follower_id, now))


def left(session: Session, follower_id: int, *, now: datetime) -> tuple[list[Left], int]:
    """The newest first, and how many are not shown."""
    found = _open(session, follower_id, now)
    shown = {one.license_id: one for one in found[:MOST_SHOWN]}
    rows = session.execute(
        select(License.id, CatalogueEntry.license_name, License.license_no, Holder.name, Holder.kind)
        .join(CatalogueEntry, CatalogueEntry.id == License.catalogue_entry_id)
        .join(Holder, Holder.id == License.holder_id)
        .where(License.id.in_(shown))
    )
    named = {row.id: row for row in rows}
    listed = [
        Left(
            binding_id=one.binding_id,
            license_name=named[license_id].license_name,
            license_no=named[license_id].license_no,
            holder_name=mask_holder(named[license_id].name, named[license_id].kind),
            left_on=clock.civil_date(one.left_at),
            until_on=clock.civil_date(one.left_at + departures.COME_BACK_WITHIN),
        )
        for license_id, one in shown.items()
    ]
    return listed, len(found) - len(listed)


def come_back(
    session: Session, follower_id: int, binding_ids: Collection[int] | None, *, now: datetime
) -> int:
    """How many are bound again: of these, or of everything. Raises Forbidden without consent."""
    found = _open(session, follower_id, now)
    chosen = [one for one in found if binding_ids is None or one.binding_id in binding_ids]
    return departures.come_back(session, follower_id, chosen, now=now)


def come_back_to_last(session: Session, follower_id: int, *, now: datetime) -> tuple[int, int]:
    """What they unbound last, in one go; how many are bound again, and how many more could be."""
    found = _open(session, follower_id, now)
    chosen = [one for one in found if one.left_at == found[0].left_at]
    return departures.come_back(session, follower_id, chosen, now=now), len(found) - len(chosen)


def _open(session: Session, follower_id: int, now: datetime) -> list[Departed]:
    return departures.open_ones(session, follower_id, Departure.UNBOUND, now=now)
