"""Commands of the jobs door, run as an operator runs them."""

import json
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
import redis
from click.testing import CliRunner, Result
from sqlalchemy import select, update

from config.settings import Settings
from jobs import bell
from jobs.clock import Clock
from reminders import alarms, brakes, cli, clock, message_templates
from reminders.db import Database
from reminders.rules.lifecycle import Channel
from reminders.rules.wordings import TEXT, TemplateKind, Wording
from reminders.tables.audit import AuditEntry
from reminders.tables.deliveries import Delivery, PlannerRun
from reminders.tables.ledger import License
from tests import builders, builders_queue
from tests.builders import CLOCK
from tests.conftest import FIELD_KEYS
from tests.jobs.conftest import Platform

pytestmark = pytest.mark.usefixtures("environment")


@pytest.fixture
def environment(told: Settings, sqlite_database: Database, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    values = told.model_dump() | {
        "database_url": str(sqlite_database.engine.url),
        "sending_hours": "00:00-24:00",
        "field_keys": FIELD_KEYS,
    }
    for name, value in values.items():
        monkeypatch.setenv(name.upper(), str(value))
    yield


def run(*arguments: str, code: int = 0) -> Result:
    done = CliRunner().invoke(cli.main, list(arguments))
    assert done.exit_code == code, done.output
    return done


def test_sending_stops_and_starts_with_a_trace(sqlite_database: Database) -> None:
    run("sending", "stop", "--reason", "演练")
    assert "演练" in run("sending", "status").output
    run("sending", "start")
    status = json.loads(run("sending", "status", "--json").output)
    assert (status["is_on"], status["setting"]) == (True, "on")
    with sqlite_database.read() as session:
        actions = list(session.execute(select(AuditEntry.action).order_by(AuditEntry.id)).scalars())
    assert actions == ["sending.stop", "sending.start"]


def test_sending_is_not_stopped_without_a_reason() -> None:
    run("sending", "stop", code=2)
    assert "原因" in run("sending", "stop", "--reason", " ", code=1).output
    assert "sending: on" in run("sending", "status").output


def test_circuit_is_shown_and_closed_by_name(sqlite_database: Database) -> None:
    with sqlite_database.begin() as session:
        row = builders_queue.delivery(session)
        row.state, row.state_reason = "blocked", "wechat:single"  # type: ignore[assignment]
        brakes.open_circuit(session, "wechat:single", "47003 r-1", None, now=clock.now())
    shown = run("sending", "status").output
    assert "wechat:single until somebody closes it (47003 r-1)" in shown
    assert "在工作台“模板”里改字段类型" in shown
    assert "blocked: 1" in shown
    assert "1 blocked" in run("sending", "resume", "wechat:single").output
    with sqlite_database.read() as session:
        assert session.execute(select(Delivery.state)).scalar_one() == "ready"
    assert "wechat:single" in run("sending", "resume", "wechat:single", code=1).output


def test_quota_is_told(platform: Platform) -> None:
    assert "left" in run("wechat", "quota").output
    assert json.loads(run("wechat", "quota", "--json").output)["errcode"] == 0
    platform.fault("errcode", match="/cgi-bin/openapi/quota/get", value=48001)
    assert "48001" in run("wechat", "quota", code=1).output


def test_menu_is_put_on_the_account(platform: Platform) -> None:
    assert "+我的证照" in run("wechat", "menu", "diff", code=1).output
    run("wechat", "menu", "push")
    assert "has the menu" in run("wechat", "menu", "diff").output
    platform.fault("errcode", match="/cgi-bin/menu/create", value=40017)
    assert "40017" in run("wechat", "menu", "push", code=1).output


def test_quota_is_cleared_only_when_meant(platform: Platform) -> None:
    assert "anew" in run("wechat", "clear-quota", "--yes").output
    refused = CliRunner().invoke(cli.main, ["wechat", "clear-quota"], input="n\n")
    assert refused.exit_code == 1
    platform.fault("errcode", match="/cgi-bin/clear_quota", value=48006)
    assert "48006" in run("wechat", "clear-quota", "--yes", code=1).output


def test_doctor_names_each_fault_with_its_cure(store: redis.Redis) -> None:
    found = {f["name"]: f for f in json.loads(run("doctor", "--json", code=1).output)}
    assert {name for name, f in found.items() if f["mark"] == "✗"} == {
        "catalogue",
        "clock",
        "sender",
        "worker",
    }
    assert all(f["cure"] for f in found.values() if f["mark"] != "✓")
    assert "reminders catalogue load" in run("doctor", code=1).output
    store.set(bell.HEARTBEAT_KEY, 1)
    assert "✓ clock" in run("doctor", code=1).output


def test_doctor_sees_a_dead_platform_and_a_dead_redis(
    platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    platform.fault("errcode", match="/cgi-bin/stable_token", value=40125)
    assert "✗ wechat: no token: 40125" in run("doctor", code=1).output
    monkeypatch.setenv("REDIS_URL", "redis://127.0.0.1:9/0")
    assert "✗ redis: ConnectionError" in run("doctor", code=1).output


def test_doctor_sees_an_old_schema(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path_factory.mktemp('empty') / 'empty.db'}")
    assert "run `reminders migrate`" in run("doctor", code=1).output


def test_backup_is_written_and_not_restored_over_rows(sqlite_database: Database, tmp_path: Path) -> None:
    with sqlite_database.begin() as session:
        builders_queue.delivery(session)
    assert "rows of" in run("backup", str(tmp_path / "one.zip")).output
    assert "已有数据" in run("restore", str(tmp_path / "one.zip"), code=1).output


def test_audit_is_verified_and_exported(sqlite_database: Database) -> None:
    run("sending", "stop", "--reason", "演练")
    assert "1 entries is whole" in run("audit", "verify").output
    assert json.loads(run("audit", "export").output)["action"] == "sending.stop"
    with sqlite_database.begin() as session:
        session.execute(update(AuditEntry).values(actor="somebody"))
    assert "broken at entry 1" in run("audit", "verify", code=1).output


def test_run_above_the_cap_is_confirmed_by_command(
    sqlite_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RUN_CAP", "1")
    with sqlite_database.begin() as session:
        entry_id = builders.entry(session).id
        for _ in range(2):
            row = builders.license(
                session, entry_id=entry_id, expires_on=clock.civil_date(clock.now()) + timedelta(days=80)
            )
            builders.binding(session, license_id=row.id)
    assert "plan confirm 1" in run("plan").output
    assert "2 new messages" in run("plan", "--dry-run").output
    run("plan", "discard", "2", code=1)
    assert "2 new messages" in run("plan", "confirm", "1").output
    assert "不在等待确认" in run("plan", "confirm", "1", code=1).output


def test_another_day_is_written_only_when_somebody_vouches_for_it() -> None:
    assert "--confirm-date" in run("plan", "--on", "2030-01-02", code=1).output
    run("plan", "--on", "2030-01-02", "--dry-run")
    run("plan", "--on", "2030-01-02", "--confirm-date")
    assert "日期倒退" in run("plan", code=1).output
    run("plan", "--confirm-date")
    run("plan")


def test_books_are_shown_and_a_lost_message_fails_the_command(sqlite_database: Database) -> None:
    assert "The books balance." in run("books").output
    with sqlite_database.begin() as session:
        row = builders_queue.delivery(session, for_day=clock.civil_date(clock.now()))
        session.execute(update(Delivery).values(state="undeliverable"))
        session.execute(update(License).values(next_due_on=None))
    told = run("books", code=1).output
    assert f"delivery {row.id} (wechat, undeliverable, ) has no next step" in told
    shown = json.loads(run("books", "--json", code=1).output)
    assert (shown["balances"], shown["stranded_deliveries"]) == (False, [row.id])


def test_clock_rings_when_the_date_cannot_be_trusted(
    sqlite_database: Database, told: Settings, store: redis.Redis
) -> None:
    ticking = Clock(told, sqlite_database, bell.Bell(store))
    ticking.plan()
    with sqlite_database.begin() as session:
        session.execute(update(PlannerRun).values(for_day=date(2020, 1, 1)))
    ticking.plan()
    ticking.watch()
    ticking.balance()
    assert "clock_differs" in run("doctor", code=1).output
    run("plan", "--confirm-date")
    ticking.plan()
    with sqlite_database.read() as session:
        assert alarms.open_alarms(session) == []


def test_dry_run_lists_who_would_be_told_what(sqlite_database: Database) -> None:
    with sqlite_database.begin() as session:
        expires_on = clock.civil_date(clock.now()) + timedelta(days=80)
        row = builders.license(session, entry_id=builders.entry(session).id, expires_on=expires_on)
    assert f"{row.license_no}" in run("plan", "--dry-run", "--list").output
    assert "NO CHANNEL" in run("plan", "--dry-run", "--list").output
    assert "NO CHANNEL" not in run("plan", "--dry-run", "--list", "--department", "别的科室").output
    told = json.loads(run("plan", "--dry-run", "--list", "--json").output)
    assert (told["license_id"], told["channel"]) == (row.id, None)
    run("plan", "--list", code=2)


def test_every_sms_is_shown_with_what_it_costs(sqlite_database: Database) -> None:
    with sqlite_database.begin() as session:
        saved = Wording(TemplateKind.SMS_CODE, {TEXT: "您的绑定码是{code}。"}, "T-9", params=("code",))
        message_templates.take_over(session, [saved], actor=CLOCK, now=clock.now())
    shown = run("sms", "preview").output
    assert "您的绑定码是482913" in shown  # as it is in force, not as the file has it
    assert "[single]" in shown
    assert "1 paid" in shown
    assert "【威海审批】" in shown


def test_rows_that_no_sms_reaches_are_listed_before_anything_is_sent(sqlite_database: Database) -> None:
    assert "Every row" in run("sms", "check").output
    with sqlite_database.begin() as session:
        department = builders.department(session, method=Channel.SMS, name="示例短信科")
        entry = builders.entry(session, department_id=department.id)
        builders.license(session, entry_id=entry.id, expires_on=date(2027, 3, 1))
    shown = run("sms", "check", code=1).output
    assert "示例短信科" in shown
    assert "no phone" in shown
