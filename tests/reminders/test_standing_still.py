"""A process that stands still in the middle of a transaction does not hold up the others for long."""

import time
from datetime import timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import DBAPIError

from reminders import claiming, db, settling
from reminders.db import Database
from reminders.rules.delivery_rules import LEASE
from reminders.rules.lifecycle import Channel
from reminders.tables.deliveries import Delivery
from tests import builders_queue
from tests.builders import NOW
from tests.builders_queue import DAYTIME
from tests.postgres import Server

# SQLite has one lock for everybody and no server that could notice.
pytestmark = [
    pytest.mark.postgres,
    pytest.mark.parametrize("database", ["postgres"], indirect=True),
]


def test_lease_is_taken_back_although_a_frozen_sender_holds_another_message(
    database: Database,
) -> None:
    with database.begin() as session:
        for _ in range(2):
            builders_queue.delivery(session)
    with database.begin() as session:
        first, second = claiming.claim(session, Channel.WECHAT, "s", 10, sending_hours=DAYTIME, now=NOW)
    late = NOW + LEASE + timedelta(seconds=1)
    with database.begin() as frozen:
        frozen.execute(select(Delivery.id).where(Delivery.id == first.id).with_for_update())
        started_s = time.monotonic()
        with database.begin() as session:
            assert settling.reap(session, now=late) == 1
        assert time.monotonic() - started_s < 5
    with database.read() as session:
        states = session.execute(select(Delivery.id, Delivery.state).order_by(Delivery.id)).all()
    assert [tuple(row) for row in states] == [(first.id, "sending"), (second.id, "unknown")]
    with database.begin() as session:
        assert settling.reap(session, now=late) == 1


def test_postgresql_ends_a_transaction_in_which_nothing_happens_any_more(
    database: Database, postgres_server: Server
) -> None:
    with database.begin() as session:
        row_id = builders_queue.delivery(session).id
    impatient = db.open_database(postgres_server.url("tests"), database.vault, stands_still_s=0.3)
    touched = update(Delivery).where(Delivery.id == row_id).values(state_reason="touched")
    with pytest.raises(DBAPIError, match="idle-in-transaction"), impatient.begin() as frozen:
        frozen.execute(touched)
        with database.begin() as session:  # waits for the lock, and gets it
            session.execute(touched)
        frozen.execute(touched)
    impatient.close()
