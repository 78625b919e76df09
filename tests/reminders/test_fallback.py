"""A reminder that moves on: into which call or message, on which day, and what is taken back."""

import threading
from datetime import date, time, timedelta

import pytest
from sqlalchemy import select

from reminders import clock, fallback
from reminders.db import Database
from reminders.rules.delivery_rules import Hours
from reminders.rules.lifecycle import Channel, DeliveryState, Stage
from reminders.tables.deliveries import Delivery, DeliveryItem
from tests import builders, builders_channels, builders_queue
from tests.builders import NOW


@pytest.mark.postgres
@pytest.mark.parametrize("database", ["postgres"], indirect=True)
def test_reminder_does_not_enter_a_call_that_is_just_being_closed(database: Database) -> None:
    with database.begin() as session:
        first = builders_channels.sms(session)
        fallback.move_on(session, [_close(first)], now=NOW)
        call = session.execute(select(Delivery.id).where(Delivery.channel == Channel.PHONE)).scalar_one()
        license_ = builders_channels.licensed(session)
        second = builders_channels.sms(session, license=license_)
        license_.contact_id = first.contact_id
        lost = _close(second)
        session.flush()
    mover = threading.Thread(target=_move_on, args=(database, lost))
    with database.begin() as officer:
        row = officer.get_one(Delivery, call, with_for_update=True)
        mover.start()
        mover.join(timeout=1)
        row.state, row.final_at = DeliveryState.DELIVERED, NOW
    mover.join()
    with database.read() as session:
        items = select(DeliveryItem.delivery_id).where(DeliveryItem.channel == Channel.PHONE)
        where = session.execute(items.order_by(DeliveryItem.id)).scalars().all()
        again = session.get_one(Delivery, where[-1])
    assert len(where) == 2
    assert (again.state, again.for_day) == (DeliveryState.READY, clock.civil_date(NOW) + timedelta(days=1))


def _close(row: Delivery) -> int:
    row.state, row.final_at = DeliveryState.UNDELIVERABLE, NOW
    return row.id


def _move_on(database: Database, delivery_id: int) -> None:
    with database.begin() as session:
        fallback.move_on(session, [delivery_id], now=NOW)


def test_call_that_is_open_takes_along_what_comes_on_another_day(database: Database) -> None:
    with database.begin() as session:
        first = builders_channels.sms(session)
        fallback.move_on(session, [_close(first)], now=NOW)
        license_ = builders_channels.licensed(session)
        second = builders_channels.sms(session, license=license_)
        license_.contact_id = first.contact_id
        fallback.move_on(session, [_close(second)], now=NOW + timedelta(days=1))
        calls = session.execute(select(Delivery.id).where(Delivery.channel == Channel.PHONE)).scalars().all()
        said = select(DeliveryItem.delivery_id).where(DeliveryItem.channel == Channel.PHONE)
        assert len(calls) == 1
        assert session.execute(said).scalars().all() == calls * 2


def test_message_of_somebody_else_by_the_same_channel_is_not_taken_back(database: Database) -> None:
    with database.begin() as session:
        first, second = builders.follower(session), builders.follower(session)
        license_ = builders_channels.licensed(session, follower=first)
        builders.binding(session, license_id=license_.id, follower_id=second.id)
        shown = builders_queue.delivery(session, follower=first, licenses=0)
        waiting = builders_queue.delivery(session, follower=second, licenses=0)
        builders_queue.add_item(session, shown, license_)
        reminder_id = session.execute(select(DeliveryItem.reminder_id)).scalar_one()
        session.add(
            DeliveryItem(
                delivery_id=waiting.id, reminder_id=reminder_id, channel=Channel.WECHAT,
                recipient_ref=f"f{second.id}",
            )
        )  # fmt: skip
        session.flush()
        fallback.take_back(session, [shown.id], now=NOW)
        assert session.get_one(Delivery, waiting.id).state is DeliveryState.READY


@pytest.mark.parametrize(
    ("stage", "hours", "day"),
    [
        (Stage.FIRST, builders_queue.DAYTIME, date(2026, 11, 9)),
        (Stage.LAST_CALL, builders_queue.DAYTIME, date(2026, 11, 7)),
        (Stage.FIRST, builders_queue.ALL_DAY, date(2026, 11, 7)),
        (Stage.FIRST, None, date(2026, 11, 7)),
    ],
)
def test_what_is_not_urgent_waits_for_a_working_day(
    database: Database, stage: Stage, hours: Hours | None, day: date
) -> None:
    saturday = clock.civil_moment(date(2026, 11, 7), time(10))
    with database.begin() as session:
        builders_channels.open_all(session)
        license_ = builders_channels.licensed(session)
        lost = builders_queue.delivery(session, follower=builders.follower(session), licenses=0)
        builders_queue.add_item(session, lost, license_, stage=stage)
        fallback.move_on(session, [_close(lost)], sending_hours=hours, now=saturday)
        sms = session.execute(select(Delivery).where(Delivery.channel == Channel.SMS)).scalar_one()
        opening = clock.civil_moment(day, time(8, 30))
        assert sms.for_day == day
        assert sms.next_at == (saturday if day == date(2026, 11, 7) else opening)
