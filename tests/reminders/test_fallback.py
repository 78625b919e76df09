"""A reminder that moves on never enters a call, letter or message that is just being closed (PostgreSQL)."""

import threading
from datetime import timedelta

import pytest
from sqlalchemy import select

from reminders import clock, fallback
from reminders.db import Database
from reminders.rules.lifecycle import Channel, DeliveryState
from reminders.tables.deliveries import Delivery, DeliveryItem
from tests import builders_channels
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
