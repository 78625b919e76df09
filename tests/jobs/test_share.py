"""Renewal decisions reach the regulator once each, with a receipt, whatever happens to the answers."""

import threading
from collections.abc import Iterator
from datetime import date, timedelta

import pytest
import requests
from sqlalchemy import func, select, update

from config.settings import Settings
from jobs import share, wiring
from jobs.clock import Clock
from jobs.gateways.regulators import RegulatorsGateway
from jobs.gateways.transport import Transport
from reminders import alarms, clock, sharing
from reminders.db import Database
from reminders.rules.lifecycle import AlarmKind
from reminders.rules.share_state import ShareState
from reminders.tables.renewals import DecisionShare
from tests import builders_renewals as made
from tests.builders_ledger import annex1
from tests.builders_renewals import MACHINE
from tests.jobs.conftest import Platform
from tests.sandbox.bot import REGULATOR_KEY

UNTIL, FOOD = date(2031, 12, 20), 2
DECISIONS = "/regulator-api/decisions/"


@pytest.fixture
def reached(told: Settings, platform: Platform) -> Settings:
    more = {"regulator_url": f"{platform.url}/regulator-api", "regulator_key": REGULATOR_KEY}
    return told.model_copy(update=more)


@pytest.fixture
def gateway(reached: Settings) -> Iterator[RegulatorsGateway]:
    found = wiring.regulators(reached)
    assert found is not None
    yield found
    found.close()


def renewals(database: Database, *numbers: int, regulator: str = "示例市场监督管理局") -> None:
    with database.begin() as session:
        annex1(session)
        for number in numbers:
            made.renewed(session, number, until=UNTIL, now=clock.now())
        if regulator:
            sharing.name_regulator(session, FOOD, regulator, actor=MACHINE, now=clock.now())


def hasten(database: Database) -> None:
    """Whoever waits for the next try, or for the end of a lease, waits no more."""
    past = clock.now() - timedelta(seconds=1)
    with database.begin() as session:
        session.execute(update(DecisionShare).values(next_at=past))
        session.execute(
            update(DecisionShare).where(DecisionShare.lease_until.is_not(None)).values(lease_until=past)
        )


def rows(database: Database) -> list[DecisionShare]:
    with database.read() as session:
        return list(session.execute(select(DecisionShare).order_by(DecisionShare.id)).scalars())


def tray(platform: Platform) -> str:
    return requests.get(f"{platform.url}/regulator", timeout=5).text


def test_renewal_is_told_with_its_receipt_and_only_once(
    database: Database, gateway: RegulatorsGateway, platform: Platform
) -> None:
    renewals(database, 1, 2)
    assert share.share_due(database, gateway) == 2
    assert [(row.state, row.receipt_no) for row in rows(database)] == [
        (ShareState.RECEIPTED, "JG000001"),
        (ShareState.RECEIPTED, "JG000002"),
    ]
    with database.begin() as session:  # the same renewal, met again in another sheet
        made.take_in(session, [made.record(1, UNTIL, contact_name="换示例")], clock.now())
    assert share.share_due(database, gateway) == 0
    assert platform.counts()["decision_puts"] == 2
    assert "示例库1号食品有限公司" in tray(platform)


def test_new_unchanged_corrected_and_cancelled_licenses_are_no_decision(database: Database) -> None:
    now = clock.now()
    with database.begin() as session:
        annex1(session)
        made.take_in(session, [made.record(1, UNTIL)], now)
        made.take_in(session, [made.record(1, UNTIL), made.record(2, UNTIL)], now)
        made.take_in(session, [made.record(1, UNTIL, state="注销")], now)
    assert rows(database) == []


@pytest.mark.parametrize("kind", ["reset_before", "reset_after", "html_after", "empty_after", "status"])
def test_lost_answer_is_asked_for_again_and_counts_once(
    sqlite_database: Database, gateway: RegulatorsGateway, platform: Platform, kind: str
) -> None:
    renewals(sqlite_database, 1)
    platform.fault(kind, DECISIONS, times=2, value=502)
    for _ in range(3):
        share.share_due(sqlite_database, gateway)
        hasten(sqlite_database)
    found = rows(sqlite_database)[0]
    assert (found.state, found.receipt_no, found.attempt) == (ShareState.RECEIPTED, "JG000001", 3)
    assert tray(platform).count("R1-20311220") == 1


def test_late_answer_of_a_lost_claim_changes_nothing(
    database: Database, gateway: RegulatorsGateway, platform: Platform
) -> None:
    """The first process stands still until its lease ran out; the second one finishes."""
    renewals(database, 1)
    with database.begin() as session:
        late = sharing.claim(session, now=clock.now())
    assert late is not None
    with database.begin() as session:
        assert sharing.claim(session, now=clock.now()) is None
    hasten(database)
    assert share.share_due(database, gateway) == 1
    with database.begin() as session:
        assert not sharing.finish(session, late, "JG999999", now=clock.now())
        assert not sharing.failed(session, late, "read-timeout", permanent=True, now=clock.now())
    assert rows(database)[0].receipt_no == "JG000001"
    assert gateway.share(late.decision) == "JG000001"  # and its own late call gets the same receipt


def test_another_answer_than_ours_is_not_believed(
    sqlite_database: Database, gateway: RegulatorsGateway, platform: Platform
) -> None:
    renewals(sqlite_database, 1)
    for value, reason in (
        ({"decision_no": "R9-20311220", "receipt_no": "JG1"}, "another-decision"),
        ({"decision_no": "R1-20311220"}, "no-receipt"),
    ):
        platform.fault("json", DECISIONS, times=1, value=value)
        share.share_due(sqlite_database, gateway)
        assert rows(sqlite_database)[0].last_error == reason
        hasten(sqlite_database)
    share.share_due(sqlite_database, gateway)
    assert rows(sqlite_database)[0].state is ShareState.RECEIPTED


def test_refused_decision_waits_for_a_person_rings_and_can_be_sent_again(
    database: Database, gateway: RegulatorsGateway, told: Settings, platform: Platform
) -> None:
    renewals(database, 1, regulator="未登记的部门")
    share.share_due(database, gateway)
    hasten(database)
    assert share.share_due(database, gateway) == 0
    assert (rows(database)[0].state, rows(database)[0].last_error) == (ShareState.FAILED, "http-422")
    with database.begin() as session:
        assert AlarmKind.DECISIONS_UNSHARED in alarms.watch(session, now=clock.now())
        sharing.name_regulator(session, FOOD, "示例市场监督管理局", actor=MACHINE, now=clock.now())
        sharing.retry(session, 1, actor=MACHINE, now=clock.now())
    assert share.share_due(database, gateway) == 1
    with database.begin() as session:
        assert AlarmKind.DECISIONS_UNSHARED not in alarms.watch(session, now=clock.now())
    stranger = RegulatorsGateway(f"{platform.url}/regulator-api", "another-key-of-16", Transport(1))
    renewals_of_two = made.record(2, UNTIL)
    with database.begin() as session:
        made.take_in(session, [made.record(2, date(2026, 12, 20))], clock.now())
        made.take_in(session, [renewals_of_two], clock.now())
    share.share_due(database, stranger)
    assert rows(database)[1].last_error == "http-401"


def test_kind_without_a_regulator_waits_for_one_and_nothing_is_lost(
    database: Database, gateway: RegulatorsGateway
) -> None:
    renewals(database, 1, regulator="")
    assert share.share_due(database, gateway) == 0
    with database.begin() as session:
        assert not sharing.due(session, now=clock.now())
        late = clock.now() + timedelta(minutes=31)
        assert AlarmKind.DECISIONS_UNSHARED in alarms.watch(session, now=late)
        sharing.name_regulator(session, FOOD, "示例市场监督管理局", actor=MACHINE, now=clock.now())
    assert share.share_due(database, gateway) == 1


def test_what_is_no_longer_true_does_not_leave(database: Database, gateway: RegulatorsGateway) -> None:
    renewals(database, 1)
    with database.begin() as session:
        made.take_in(session, [made.record(1, date(2036, 12, 20))], clock.now())
    assert share.share_due(database, gateway) == 1
    assert [row.state for row in rows(database)] == [ShareState.VOID, ShareState.RECEIPTED]
    with database.begin() as session:  # put back by mistake, and renewed to the same day after all
        made.put_back(session, made.record(1, date(2027, 1, 20)), clock.now())
        made.take_in(session, [made.record(1, UNTIL, contact_name="再示例")], clock.now())
    assert share.share_due(database, gateway) == 1
    assert [row.state for row in rows(database)] == [ShareState.RECEIPTED, ShareState.RECEIPTED]


def test_two_workers_tell_each_decision_once(
    database: Database, reached: Settings, platform: Platform
) -> None:
    renewals(database, *range(1, 13))
    gateways = [RegulatorsGateway(reached.regulator_url, REGULATOR_KEY, Transport(1)) for _ in range(2)]
    workers = [threading.Thread(target=share.share_due, args=(database, one)) for one in gateways]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(30)
    with database.read() as session:
        receipts = select(func.count(DecisionShare.receipt_no.distinct()))
        assert session.execute(receipts).scalar_one() == 12
    assert platform.counts()["decision_puts"] == 12


class Rung:
    """Hears the bell."""

    def __init__(self) -> None:
        self.entries: list[str] = []

    def ring(self, _queue: str, entry: str) -> bool:
        self.entries.append(entry)
        return True

    def beat(self) -> None:
        return


def test_clock_rings_at_once_and_only_where_a_platform_is_named(
    sqlite_database: Database, reached: Settings
) -> None:
    renewals(sqlite_database, 1)
    bell = Rung()
    Clock(reached, sqlite_database, bell).ring_shares()  # type: ignore[arg-type]
    Clock(reached.model_copy(update={"regulator_url": ""}), sqlite_database, bell).ring_shares()  # type: ignore[arg-type]
    assert bell.entries == [share.ENTRY]
