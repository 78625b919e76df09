"""The time machine in sum: how many dates of a day by which channel, and those whom nobody could tell."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

from sqlalchemy.orm import Session

from reminders.planning.foresight import PAGE, Foresight, foresee
from reminders.rules.lifecycle import Channel, DateKind
from reminders.rules.permissions import Actor

MOST = 5_000  # looked at for one page; a day of more is said to be more


@dataclass(frozen=True)
class Sums:
    """`by_channel` has None for dates that nobody can be told of; `is_all` is False above MOST."""

    by_channel: Mapping[Channel | None, int]
    is_all: bool

    @property
    def total(self) -> int:
        return sum(self.by_channel.values())


def sums(session: Session, on: date, *, kind: DateKind = DateKind.MAIN, actor: Actor) -> Sums:
    page = foresee(session, on, kind=kind, limit=MOST, actor=actor)
    return Sums(Counter(line.channel for line in page.lines), page.after is None)


def by_channel(
    session: Session,
    on: date,
    channel: Channel | None,
    *,
    kind: DateKind = DateKind.MAIN,
    after: int = 0,
    limit: int = PAGE,
    actor: Actor,
) -> Foresight:
    """A page of those told by this channel, None: by none; it may be empty and go on."""
    page = foresee(session, on, kind=kind, after=after, limit=MOST, actor=actor)
    chosen = [line for line in page.lines if line.channel is channel]
    last = chosen[limit - 1].license_id if len(chosen) > limit else page.after
    return replace(page, lines=tuple(chosen[:limit]), after=last)
