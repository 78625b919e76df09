"""The time machine in sum: how many dates of a day by which channel, and those whom nobody could tell."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from reminders.planning.foresight import PAGE, Foreseen, Foresight, foresee
from reminders.rules.lifecycle import Channel, DateKind
from reminders.rules.permissions import Actor

MOST = 5_000  # looked at for one page; a day of more is said to be more
STEP = 500


@dataclass(frozen=True)
class Sums:
    """`by_channel` has None for dates that nobody can be told of; `is_all` is False above MOST."""

    by_channel: Mapping[Channel | None, int]
    is_all: bool

    @property
    def total(self) -> int:
        return sum(self.by_channel.values())


def sums(session: Session, on: date, *, kind: DateKind = DateKind.MAIN, actor: Actor) -> Sums:
    found: Counter[Channel | None] = Counter()
    pages = _pages(session, on, kind, 0, actor)
    last = None
    for last in pages:
        found.update(line.channel for line in last.lines)
    return Sums(dict(found), last is None or last.after is None)


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
    """A page of those told by this channel; None: of those whom nobody can tell."""
    chosen: list[Foreseen] = []
    last = None
    for last in _pages(session, on, kind, after, actor):
        chosen += (line for line in last.lines if line.channel is channel)
        if len(chosen) > limit:
            return Foresight(
                on, tuple(chosen[:limit]), chosen[limit - 1].license_id, last.answered, last.incomplete
            )
    assert last is not None
    return Foresight(on, tuple(chosen), last.after, last.answered, last.incomplete)


def _pages(session: Session, on: date, kind: DateKind, after: int, actor: Actor) -> Iterator[Foresight]:
    seen: int | None = after
    for _ in range(MOST // STEP):
        page = foresee(session, on, kind=kind, after=seen or 0, limit=STEP, actor=actor)
        yield page
        seen = page.after
        if seen is None:
            return
