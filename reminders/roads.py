"""The channels this installation can use, with the caps and the pace that all its senders share."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from reminders import clock
from reminders.rules.lifecycle import Channel
from reminders.tables.roads import Road

BURST_S = 2.0  # the bucket holds what so many seconds let through
SKEW = timedelta(minutes=1)  # clocks of two machines differ by less; beyond it a clock was set back
# Open without a row: the account is what the service is for, calls and letters need no machine.
ALWAYS_OPEN = frozenset({Channel.WECHAT, Channel.PHONE, Channel.LETTER})


@dataclass(frozen=True)
class Means:
    """What an installation was given for one channel. `daily_cap` None: as many as there are."""

    daily_cap: int | None = None
    template_id: str = ""


def open_roads(session: Session, means: Mapping[Channel, Means]) -> None:
    """Makes exactly these channels usable, beside those that always are; writes only what changed."""
    known = {road.channel: road for road in session.execute(select(Road)).scalars()}
    for channel in {*means, *known}:
        if channel in ALWAYS_OPEN and channel not in means:
            continue
        given = means.get(channel, Means())
        wanted = (channel in means, given.daily_cap, given.template_id)
        road = known.get(channel)
        if road is None or (road.is_open, road.daily_cap, road.template_id) != wanted:
            _write(session, channel, *wanted)


def usable(session: Session) -> frozenset[Channel]:
    found = session.execute(select(Road.channel).where(Road.is_open)).scalars()
    return ALWAYS_OPEN | frozenset(found)


def template_of(session: Session, channel: Channel) -> str:
    found = session.execute(select(Road.template_id).where(Road.channel == channel)).scalar_one_or_none()
    return found or ""


def allowed(session: Session, channel: Channel, rate: float, *, now: datetime) -> int | None:
    """How many fresh messages may start now by the shared pace and the cap of the day; None: any number.

    `rate` is messages a second over all senders, 0 sets it free. The row stays locked until the commit, so
    that two senders do not spend the same tokens; `spend` writes down what was really taken. While another
    sender holds it, there are none: it may be frozen, and codes and unanswered tries do not wait for it.
    """
    if not rate and channel in ALWAYS_OPEN:
        return None
    if rate:
        _have_row(session, channel)
    elif session.execute(select(Road.channel).where(Road.channel == channel)).first() is None:
        return None
    road = session.execute(
        select(Road).where(Road.channel == channel).with_for_update(of=Road, skip_locked=True)
    ).scalar_one_or_none()
    if road is None:
        return 0
    limits = []
    if rate:
        limits.append(int(tokens(road, rate, now)))
    if road.daily_cap is not None:
        limits.append(max(0, road.daily_cap - _used(road, clock.civil_date(now))))
    return min(limits) if limits else None


def is_spent(session: Session, channel: Channel, *, now: datetime) -> bool:
    """Whether the cap of the day is used up."""
    road = session.execute(select(Road).where(Road.channel == channel)).scalar_one_or_none()
    if road is None or road.daily_cap is None:
        return False
    return _used(road, clock.civil_date(now)) >= road.daily_cap


def spend(session: Session, channel: Channel, number: int, rate: float, *, now: datetime) -> None:
    """Takes so many messages from the bucket and from the day; call it after `allowed`, before the commit."""
    road = session.execute(select(Road).where(Road.channel == channel)).scalar_one_or_none()
    if (number == 0 and not _is_set_back(road, now)) or (road is None and not rate):
        return
    today = clock.civil_date(now)
    values = {
        "tokens": tokens(road, rate, now) - number if rate else 0.0,
        "filled_at": filled(road, now),
        "day": today,
        "used": (_used(road, today) if road else 0) + number,
    }
    if road is None:
        session.add(Road(channel=channel, is_open=True, template_id="", **values))
        session.flush()
        return
    session.execute(update(Road).where(Road.channel == channel).values(values))


def tokens(road: Road | None, rate: float, now: datetime) -> float:
    full = max(1.0, rate * BURST_S)
    if road is None or road.filled_at is None:
        return full
    gone_s = max(0.0, (now - road.filled_at).total_seconds())
    return min(full, road.tokens + gone_s * rate)


def filled(road: Road | None, now: datetime) -> datetime:
    """Up to when the bucket is filled: a slower clock does not let the same second fill it again."""
    if road is None or road.filled_at is None or _is_set_back(road, now):
        return now
    return max(road.filled_at, now)


def _is_set_back(road: Road | None, now: datetime) -> bool:
    return road is not None and road.filled_at is not None and road.filled_at > now + SKEW


def _used(road: Road, today: date) -> int:
    return road.used if road.day == today else 0


def _have_row(session: Session, channel: Channel) -> None:
    """Before the first message of all there is nothing to lock, and two senders would both find it full."""
    if session.execute(select(Road.channel).where(Road.channel == channel)).first() is not None:
        return
    insert: Any = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    values = {"is_open": True, "daily_cap": None, "template_id": "", "tokens": 0.0, "used": 0}
    session.execute(insert(Road).values(channel=channel, **values).on_conflict_do_nothing())


def _write(session: Session, channel: Channel, is_open: bool, cap: int | None, template_id: str) -> None:
    insert: Any = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    values = {"is_open": is_open, "daily_cap": cap, "template_id": template_id}
    statement = insert(Road).values(channel=channel, tokens=0.0, used=0, **values)
    session.execute(statement.on_conflict_do_update(index_elements=["channel"], set_=values))
