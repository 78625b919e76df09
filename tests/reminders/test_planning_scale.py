"""The night at its edges: many runs at once, and a ledger of which little is due."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, time, timedelta
from time import monotonic
from typing import Any

import pytest
from sqlalchemy import Engine, event, func, insert, select, text
from sqlalchemy.orm import Session

from reminders import clock, planning, windows
from reminders.db import Database
from reminders.rules.lifecycle import DateKind, Expiry, LicenseState
from reminders.tables.deliveries import Delivery, DeliveryItem, PlannerRun, Reminder
from reminders.tables.ledger import License
from tests import builders
from tests.faults import town

HOURS = (time(8, 30), time(20, 0))
EXPIRES_ON = date(2027, 3, 1)
FIRST_ON = date(2026, 12, 1)  # three months before expiry


def plan_on(database: Database, day: date) -> planning.PlanReport:
    now = clock.civil_moment(day, time(9))
    with database.begin() as session:
        return planning.plan(session, day, sending_hours=HOURS, actor=builders.CLOCK, now=now)


def count(database: Database, table: type[Any]) -> int:
    with database.read() as session:
        return session.execute(select(func.count()).select_from(table)).scalar_one()


def fill(session: Session, entry_ids: list[int], contact_id: int, holder_id: int, *, rows: int) -> None:
    """Licenses whose expiry days are spread over two and a half years."""
    values = [
        {
            "catalogue_entry_id": entry_ids[number % len(entry_ids)],
            "holder_id": holder_id,
            "contact_id": contact_id,
            "identity_key": f"no:{number}",
            "expiry": Expiry.DATED,
            "expires_on": EXPIRES_ON + timedelta(days=number % 900),
            "state": LicenseState.ACTIVE,
            "version": 1,
            "created_at": builders.NOW,
            "updated_at": builders.NOW,
        }
        for number in range(rows)
    ]
    session.execute(insert(License), values)
    used = {(one["catalogue_entry_id"], DateKind.MAIN, one["expires_on"]) for one in values}
    windows.ensure(session, used)  # type: ignore[arg-type]


def analyse(engine: Engine) -> None:
    with engine.connect() as connection:
        connection.execute(text("ANALYZE"))
        connection.commit()


@contextmanager
def heard(engine: Engine) -> Iterator[list[tuple[str, Any]]]:
    """Every statement with its parameters, as the driver gets them."""
    said: list[tuple[str, Any]] = []

    def listen(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_rest: Any) -> None:
        said.append((statement, parameters))

    event.listen(engine, "before_cursor_execute", listen)
    yield said
    event.remove(engine, "before_cursor_execute", listen)


def plan_of(engine: Engine, statement: str, parameters: Any) -> str:
    word = "EXPLAIN" if engine.dialect.name == "postgresql" else "EXPLAIN QUERY PLAN"
    with engine.connect() as connection:
        found = connection.exec_driver_sql(f"{word} {statement}", parameters)
        return "\n".join(" ".join(map(str, row)) for row in found)


def test_many_runs_at_once_add_what_one_run_adds(database: Database) -> None:
    with database.begin() as session:
        follower, contact = builders.follower(session), builders.contact(session)
        entry = builders.entry(session)
        for number in range(20):
            row = builders.license(
                session,
                entry_id=entry.id,
                expires_on=EXPIRES_ON,
                contact_id=contact.id if number < 9 else None,
            )
            if number % 2:
                builders.binding(session, license_id=row.id, follower_id=follower.id)
    failures: list[BaseException] = []

    def run() -> None:
        try:
            for _ in range(4):
                plan_on(database, FIRST_ON)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=run) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert count(database, PlannerRun) == 32
    assert count(database, Reminder) == 20
    assert count(database, Delivery) == 2
    assert count(database, DeliveryItem) == 15


def test_planning_reads_only_what_is_due(database: Database) -> None:
    """On both databases the statements that choose licenses go through the index of the due day."""
    with database.begin() as session:
        entry_ids = [builders.entry(session, companion_name="校验期满").id for _ in range(5)]
        contact = builders.contact(session)
        fill(session, entry_ids, contact.id, contact.holder_id, rows=20_000)
        windows.recompute(session, None)
    analyse(database.engine)
    with heard(database.engine) as statements:
        assert plan_on(database, FIRST_ON).reminders > 0
    chosen = [one for one in statements if "next_due_on <=" in one[0] or "companion_due_on <=" in one[0]]
    assert len(chosen) == 6
    for statement, parameters in chosen:
        told = plan_of(database.engine, statement, parameters)
        assert "ix_license_next_due_on" in told or "ix_license_companion_due_on" in told, told
        assert "Seq Scan on license " not in told and "SCAN license" not in told, told


@pytest.mark.slow
@pytest.mark.postgres
@pytest.mark.parametrize("database", ["postgres"], indirect=True)
def test_first_run_over_a_fresh_ledger_does_not_read_all_messages_for_each_reminder(
    database: Database,
) -> None:
    """Before any statistics were taken; measured against the time it takes to write the same ledger."""
    started_s = monotonic()
    town.fill(database, 2_000)
    written_s = monotonic()
    town.plan_once(database)
    assert monotonic() - written_s < 2 * (written_s - started_s)
