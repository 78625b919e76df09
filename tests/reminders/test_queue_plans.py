"""The sending queue never reads a whole table of messages, however many there are."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event, func, select
from sqlalchemy.orm import Session

from reminders import claiming, contents, deliveries, receipts, settling
from reminders.db import Database
from reminders.rules.delivery_rules import SendOutcome, SendResult
from reminders.rules.lifecycle import Channel
from reminders.tables.bindings import Follower
from tests import builders_queue
from tests.builders import NOW
from tests.builders_queue import DAYTIME

SMALL = {
    "workday",
    "workday_year",
    "circuit",
    "switch",
    "road",
    "CONSTANT",
    "(subquery-1)",
    "(subquery-2)",
    "own_message",
}


@contextmanager
def plans(database: Database) -> Iterator[list[str]]:
    """Lines of EXPLAIN QUERY PLAN for every statement run inside."""
    seen: list[tuple[str, Any]] = []

    def note(
        _connection: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, many: bool
    ) -> None:
        if statement.startswith(("SELECT", "UPDATE")):
            seen.append((statement, parameters[0] if many else parameters))

    lines: list[str] = []
    event.listen(database.engine, "before_cursor_execute", note)
    yield lines
    event.remove(database.engine, "before_cursor_execute", note)
    with database.engine.connect() as connection:
        for statement, parameters in seen:
            found = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
            lines += [f"{row.detail} | {statement}" for row in found]


def _work(session: Session) -> None:
    claimed = claiming.claim(session, Channel.WECHAT, "s", 5, sending_hours=DAYTIME, now=NOW)
    contents.reminder_contents(session, [one.id for one in claimed])
    outcomes = [SendOutcome.ACCEPTED, SendOutcome.UNKNOWN, SendOutcome.PERSON_REFUSED]
    results = [
        SendResult(one.id, one.fence, outcome, one.kind, msgid="1")
        for one, outcome in zip(claimed, outcomes, strict=False)
    ]
    settling.finish(session, Channel.WECHAT, results, sending_hours=DAYTIME, now=NOW)
    for n, openid in enumerate(session.execute(select(Follower.openid)).scalars().all()):
        deliveries.store_receipt(
            session, openid=openid, msgid="1", status="success", digest=str(n), now=NOW + timedelta(seconds=1)
        )


STEPS: list[Callable[[Session], object]] = [
    _work,
    lambda session: deliveries.due(session, sending_hours=DAYTIME, now=NOW),
    lambda session: receipts.sweep(session, sending_hours=DAYTIME, now=NOW + timedelta(seconds=2)),
    lambda session: receipts.mark_unconfirmed(session, now=NOW + timedelta(days=2)),
    lambda session: settling.reap(session, now=NOW + timedelta(days=2)),
    lambda session: settling.expire_unknown(session, now=NOW + timedelta(days=2)),
    lambda session: settling.expire_codes(session, now=NOW + timedelta(days=2)),
]


@pytest.mark.parametrize("last", range(len(STEPS)))
def test_no_step_reads_a_whole_table(sqlite_database: Database, last: int) -> None:
    with sqlite_database.begin() as session:
        for _ in range(8):
            builders_queue.delivery(session)
    with sqlite_database.begin() as session:
        for step in STEPS[:last]:
            step(session)
    with plans(sqlite_database) as lines, sqlite_database.begin() as session:
        STEPS[last](session)
    whole = [line for line in lines if line.startswith("SCAN ") and " USING " not in line.partition("|")[0]]
    assert lines
    assert [line for line in whole if line.split()[1] not in SMALL] == []


def test_number_of_statements_does_not_grow_with_the_batch(database: Database) -> None:
    counts = []
    for size in (2, 20):
        with database.begin() as session:
            for _ in range(size):
                builders_queue.delivery(session)
        counts.append(_statements(database, size))
    assert counts[0] == counts[1]


def _statements(database: Database, size: int) -> int:
    seen: list[str] = []

    def note(_c: Any, _k: Any, statement: str, _p: Any, _x: Any, _m: bool) -> None:
        seen.append(statement)

    with database.begin() as session:
        event.listen(database.engine, "before_cursor_execute", note)
        claimed = claiming.claim(session, Channel.WECHAT, "s", 50, sending_hours=DAYTIME, now=NOW)
        results = [SendResult(c.id, c.fence, SendOutcome.ACCEPTED, c.kind, msgid=str(c.id)) for c in claimed]
        contents.reminder_contents(session, [c.id for c in claimed])
        settling.finish(session, Channel.WECHAT, results, sending_hours=DAYTIME, now=NOW)
        event.remove(database.engine, "before_cursor_execute", note)
    assert len(claimed) == size
    with database.read() as session:
        assert session.execute(select(func.count()).select_from(Follower)).scalar_one() >= size
    return len(seen)
