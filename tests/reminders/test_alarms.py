"""Alarms ring once, say what to do, and end by themselves when their cause is gone."""

from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from reminders import alarms, brakes, clock, supervision
from reminders.db import Database
from reminders.errors import NotFound
from reminders.rules.lifecycle import AlarmKind, Channel, DeliveryState, ImportState, Role, RunState
from reminders.tables.alarms import Alarm
from reminders.tables.deliveries import Delivery, PlannerRun, ProviderEvent
from reminders.tables.ledger import LedgerImport
from tests import builders, builders_queue
from tests.builders import CLOCK, NOW


def ring(database: Database) -> list[AlarmKind]:
    with database.begin() as session:
        return alarms.watch(session, now=NOW)


def texts(database: Database) -> dict[AlarmKind, str]:
    with database.read() as session:
        return {one.kind: one.text for one in alarms.open_alarms(session)}


def test_quiet_installation_rings_nothing(database: Database) -> None:
    assert ring(database) == []
    assert texts(database) == {}


def test_missing_run_rings_until_one_ends(database: Database) -> None:
    with database.begin() as session:
        builders.license(session, entry_id=builders.entry(session).id, expires_on=None)
    assert ring(database) == []  # a fresh installation has a day to begin
    with database.begin() as session:
        session.add(
            PlannerRun(for_day=clock.civil_date(NOW), started_at=NOW, finished_at=NOW - timedelta(hours=27))
        )
    assert ring(database) == [AlarmKind.PLANNER_MISSING]
    assert "27 小时" in texts(database)[AlarmKind.PLANNER_MISSING]
    with database.begin() as session:
        session.execute(update(PlannerRun).values(finished_at=NOW))
    assert ring(database) == []
    assert texts(database) == {}


def test_installation_that_never_planned_rings_after_a_day(database: Database) -> None:
    with database.begin() as session:
        builders.license(session, entry_id=builders.entry(session).id, expires_on=None)
    with database.begin() as session:
        assert alarms.watch(session, now=NOW + timedelta(hours=27)) == [AlarmKind.PLANNER_MISSING]
    assert "从未运行" in texts(database)[AlarmKind.PLANNER_MISSING]


def test_held_run_rings_and_names_itself(database: Database) -> None:
    with database.begin() as session:
        run = PlannerRun(for_day=clock.civil_date(NOW), started_at=NOW, finished_at=NOW, state=RunState.HELD)
        session.add(run)
        session.flush()
    assert ring(database) == [AlarmKind.RUN_HELD]
    assert f"第 {run.id} 次" in texts(database)[AlarmKind.RUN_HELD]


def test_circuit_rings_until_it_closes_but_not_for_a_pause_of_seconds(database: Database) -> None:
    with database.begin() as session:
        brakes.open_circuit(
            session, brakes.fresh_sends(Channel.WECHAT), "outage", NOW + timedelta(seconds=30), now=NOW
        )
    assert ring(database) == []
    with database.begin() as session:
        brakes.open_circuit(session, "wechat:single", "47003", None, now=NOW)
    assert ring(database) == [AlarmKind.CIRCUIT_OPEN]
    assert "wechat:single（47003）" in texts(database)[AlarmKind.CIRCUIT_OPEN]
    with database.begin() as session:
        brakes.close_circuit(session, "wechat:single")
    assert ring(database) == []


@pytest.mark.parametrize("state", [DeliveryState.BLOCKED, DeliveryState.REVIEW])
def test_messages_that_wait_for_a_person_ring(database: Database, state: DeliveryState) -> None:
    with database.begin() as session:
        builders_queue.delivery(session)
        session.execute(update(Delivery).values(state=state))
    assert AlarmKind.MESSAGES_STUCK in ring(database)


def test_receipts_that_match_nothing_ring_after_a_day(database: Database) -> None:
    with database.begin() as session:
        session.add(
            ProviderEvent(
                channel=Channel.WECHAT,
                recipient_hash="x",
                status="success",
                digest="d",
                received_at=NOW - timedelta(hours=25),
            )
        )
    assert ring(database) == [AlarmKind.RECEIPTS_UNMATCHED]


def test_alarm_opens_once_renews_its_words_and_keeps_who_saw_it(database: Database) -> None:
    with database.begin() as session:
        alarms.tell(session, AlarmKind.BOOKS_UNBALANCED, "一", now=NOW)
        alarms.tell(session, AlarmKind.BOOKS_UNBALANCED, "二", now=NOW + timedelta(hours=1))
        (one,) = alarms.open_alarms(session)
        who = builders.actor(builders.staff(session, role=Role.LEAD))
        alarms.mark_seen(session, one.id, actor=who, now=NOW)
    assert (one.text, one.opened_at) == ("二", NOW)
    with database.begin() as session:
        (seen,) = alarms.open_alarms(session)
        alarms.tell(session, AlarmKind.BOOKS_UNBALANCED, None, now=NOW)
        with pytest.raises(NotFound):
            alarms.mark_seen(session, one.id, actor=CLOCK, now=NOW)
        alarms.tell(session, AlarmKind.BOOKS_UNBALANCED, "三", now=NOW)
    assert seen.seen_by == who.name
    assert texts(database) == {AlarmKind.BOOKS_UNBALANCED: "三"}
    with database.read() as session:
        assert session.execute(select(func.count()).select_from(Alarm)).scalar_one() == 2


def test_message_that_does_not_leave_rings_in_daytime_and_is_seen_without_a_clock(database: Database) -> None:
    with database.begin() as session:
        row = builders_queue.delivery(session, next_at=NOW - timedelta(minutes=20))
        assert AlarmKind.MESSAGES_OVERDUE in {one.kind for one in alarms.ringing_now(session, now=NOW)}
        assert alarms.watch(session, now=NOW) == [AlarmKind.MESSAGES_OVERDUE]
        assert [one.id > 0 for one in alarms.ringing_now(session, now=NOW)] == [True]
        assert alarms.watch(session, now=NOW + timedelta(hours=12)) == []  # by night everything waits
        brakes.open_circuit(session, "wechat", "40164", None, now=NOW)
        assert alarms.watch(session, now=NOW) == [AlarmKind.CIRCUIT_OPEN]
        brakes.close_circuit(session, "wechat")
        row.next_at = NOW
        session.flush()
        assert alarms.watch(session, now=NOW) == []


def test_dead_clock_is_seen_by_whoever_looks(database: Database) -> None:
    with database.begin() as session:
        builders.license(session, entry_id=builders.entry(session).id, expires_on=None)
    with database.read() as session:
        [one] = alarms.ringing_now(session, now=NOW + timedelta(hours=27))
        assert (one.kind, one.id) == (AlarmKind.PLANNER_MISSING, 0)
    with database.begin() as session, pytest.raises(NotFound):
        alarms.mark_seen(session, one.id, actor=CLOCK, now=NOW)


def test_code_that_no_table_lists_rings_by_its_name(database: Database) -> None:
    with database.begin() as session:
        row = builders_queue.delivery(session)
        row.state, row.ambiguous_since, row.state_reason = DeliveryState.UNKNOWN, NOW, "unlisted:49999"
        row.next_at = NOW
        session.flush()
        assert alarms.watch(session, now=NOW) == [AlarmKind.UNLISTED_CODES]
    assert "49999" in texts(database)[AlarmKind.UNLISTED_CODES]
    with database.begin() as session:
        session.get_one(Delivery, row.id).state = DeliveryState.DELIVERED
        session.flush()
        assert alarms.watch(session, now=NOW) == []


def test_department_without_ledger_rings_until_it_sends_one(database: Database) -> None:
    with database.begin() as session:
        silent = builders.department(session, name="示例无台账科")
        empty = builders.entry(session, department_id=silent.id)
    assert AlarmKind.LEDGER_MISSING not in ring(database)  # nobody has a ledger yet
    with database.begin() as session:
        other = builders.license(session, entry_id=builders.entry(session).id, expires_on=date(2027, 3, 1))
        other.created_at = NOW - timedelta(days=2)
    assert AlarmKind.LEDGER_MISSING in ring(database)
    assert "示例无台账科台账里还没有证照" in texts(database)[AlarmKind.LEDGER_MISSING]
    with database.begin() as session:
        builders.license(session, entry_id=empty.id, expires_on=date(2027, 3, 1))
    assert AlarmKind.LEDGER_MISSING not in ring(database)


def test_license_typed_in_is_no_sheet_that_a_department_sent(database: Database) -> None:
    long_ago, lately = NOW - timedelta(days=101), NOW - timedelta(days=1)
    with database.begin() as session:
        place = builders.department(session, name="示例登记科")
        license_ = builders.license(
            session, entry_id=builders.entry(session, department_id=place.id).id, expires_on=None
        )
        license_.created_at = long_ago
        license_.import_id = accepted(session, place.id, lately, is_typed=True)
    assert AlarmKind.LEDGER_MISSING in ring(database)
    assert "示例登记科只有手工登记的证照" in texts(database)[AlarmKind.LEDGER_MISSING]
    with database.begin() as session:
        sheet = accepted(session, place.id, lately)
    assert AlarmKind.LEDGER_MISSING not in ring(database)
    with database.begin() as session:
        session.get_one(LedgerImport, sheet).accepted_at = long_ago
    ring(database)
    assert "示例登记科超过 100 天没有导入台账" in texts(database)[AlarmKind.LEDGER_MISSING]


def accepted(session: Session, department_id: int, at: datetime, *, is_typed: bool = False) -> int:
    made = LedgerImport(
        file_name="示例.xlsx",
        digest="示例",
        department_id=department_id,
        is_typed=is_typed,
        state=ImportState.ACCEPTED,
        created_by=CLOCK.ref,
        created_at=at,
        accepted_at=at,
    )
    session.add(made)
    session.flush()
    return made.id


def test_order_past_its_deadline_rings_until_it_is_answered(database: Database) -> None:
    with database.begin() as session:
        department = builders.department(session, name="示例科")
        issued_at = NOW - timedelta(days=20)
        deadline = clock.civil_date(NOW) - timedelta(days=1)
        order_id = supervision.issue_order(
            session, department.id, "补报台账", deadline, actor=builders.CLOCK, now=issued_at
        )
    assert AlarmKind.ORDERS_LATE in ring(database)
    assert "示例科的整改通知逾期未回复" in texts(database)[AlarmKind.ORDERS_LATE]
    with database.begin() as session:
        supervision.answer_order(session, order_id, "已报", actor=builders.CLOCK, now=NOW)
    assert AlarmKind.ORDERS_LATE not in ring(database)
