"""What a watching machine wants to know, read from the database and so the same in every process."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from reminders.clock import civil_date
from reminders.rules.delivery_rules import day_start
from reminders.tables.alarms import OPEN, Alarm
from reminders.tables.deliveries import UNFINISHED, Delivery, PlannerRun

NEVER = -1.0


class Gauge(NamedTuple):
    """One line of /metrics: a gauge with at most a channel and a state or kind."""

    name: str
    help: str
    labels: Mapping[str, str]
    value: float


def readings(session: Session, *, now: datetime) -> list[Gauge]:
    return [*_queue(session, now), *_sent(session, now), *_alarms(session), *_planning(session, now)]


def _queue(session: Session, now: datetime) -> Iterator[Gauge]:
    """Depth by channel and state; age of what should have left by now, by channel."""
    open_ones = session.execute(
        select(Delivery.channel, Delivery.state, func.count(), func.min(Delivery.next_at))
        .where(UNFINISHED)
        .group_by(Delivery.channel, Delivery.state)
        .order_by(Delivery.channel, Delivery.state)
    )
    for channel, state, number, oldest in open_ones:
        labels = {"channel": channel, "state": state}
        yield Gauge("reminders_queue_messages", "Messages not finished, by state.", labels, number)
        age = max((now - oldest) / timedelta(seconds=1), 0.0)
        yield Gauge("reminders_queue_oldest_seconds", "How long the oldest of them is due.", labels, age)


def _sent(session: Session, now: datetime) -> Iterator[Gauge]:
    """By the day a message belongs to, whose index is small."""
    today = civil_date(now)
    found = session.execute(
        select(Delivery.channel, Delivery.state, func.count())
        .where(Delivery.for_day == today, Delivery.final_at >= day_start(today))
        .group_by(Delivery.channel, Delivery.state)
        .order_by(Delivery.channel, Delivery.state)
    )
    for channel, state, number in found:
        labels = {"channel": channel, "result": state}
        yield Gauge("reminders_finished_today", "Messages of today that came to an end.", labels, number)


def _alarms(session: Session) -> Iterator[Gauge]:
    kinds = list(session.execute(select(Alarm.kind).where(OPEN).order_by(Alarm.kind)).scalars())
    yield Gauge("reminders_alarms_open", "Alarms that ring.", {}, len(kinds))
    for kind in kinds:
        yield Gauge("reminders_alarm", "An alarm that rings, by kind.", {"kind": kind}, 1)


def _planning(session: Session, now: datetime) -> Iterator[Gauge]:
    last = session.execute(select(func.max(PlannerRun.finished_at))).scalar_one()
    age = NEVER if last is None else (now - last) / timedelta(seconds=1)
    yield Gauge("reminders_plan_age_seconds", "Since the last planning run ended; -1 before it.", {}, age)
