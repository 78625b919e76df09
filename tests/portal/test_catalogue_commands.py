"""`reminders catalogue` and `reminders workdays` at the command line: text, JSON, dry runs and refusals."""

import json
import logging
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import Engine

from config import settings
from reminders.cli import main
from reminders.db import Database
from tests.conftest import FIELD_KEYS

Command = Callable[..., Result]


@pytest.fixture
def command(sqlite_database: Database, monkeypatch: pytest.MonkeyPatch) -> Command:
    for name, value in {
        "DATABASE_URL": address(sqlite_database.engine),
        "FIELD_KEYS": FIELD_KEYS,
        "SECRET_KEY": "s" * 32,
        "WECHAT_APP_ID": "wx-example",
        "WECHAT_APP_SECRET": "s" * 16,
        "WECHAT_TOKEN": "t" * 16,
        "WECHAT_AES_KEY": "a" * 43,
        "WXBOT_URL": "http://127.0.0.1:1",
        "PORTAL_URL": "http://127.0.0.1:2",
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(logging.getLogger(), "handlers", [])  # a command points logs at its own stderr
    return lambda *arguments: CliRunner().invoke(main, [str(argument) for argument in arguments])


def address(engine: Engine) -> str:
    return engine.url.render_as_string(hide_password=False)


def test_load_then_show_lists_the_25_entries(command: Command) -> None:
    assert "Added 33" in command("catalogue", "load").stdout
    shown = command("catalogue", "show")
    assert shown.exit_code == 0
    assert len(shown.stdout.splitlines()) == 25
    assert "期满前6个月至期满前2个月" in shown.stdout.splitlines()[0]
    entries = [json.loads(line) for line in command("catalogue", "show", "--json").stdout.splitlines()]
    assert [entry["id"] for entry in entries] == list(range(1, 26))


def test_load_says_what_changed_and_a_dry_run_changes_nothing(command: Command, tmp_path: Path) -> None:
    command("catalogue", "load")
    changed = tmp_path / "departments.csv"
    text = (settings.DATA / "departments.csv").read_text(encoding="utf-8")
    changed.write_text(text.replace("0631-0000006", "0631-0000066"), encoding="gb18030")
    for _ in range(2):
        tried = command("catalogue", "load", "--departments", changed, "--dry-run")
        assert "~ 投资一科 service_phone: 0631-0000006 → 0631-0000066" in tried.stdout
    done = json.loads(command("catalogue", "load", "--departments", changed, "--json").stdout)
    assert [change["new"] for change in done["changed"]] == ["0631-0000066"]
    assert (
        json.loads(command("catalogue", "load", "--departments", changed, "--json").stdout)["changed"] == []
    )


def test_faults_end_with_one_and_name_each_line(command: Command, tmp_path: Path) -> None:
    faulty = tmp_path / "catalogue.csv"
    text = (settings.DATA / "catalogue.csv").read_text(encoding="utf-8")
    faulty.write_text(text.replace("confirmed", "sure", 2), encoding="utf-8")
    refused = command("catalogue", "load", "--entries", faulty)
    assert refused.exit_code == 1
    assert "catalogue.csv 第 2 行 confidence" in refused.stderr
    assert "catalogue.csv 第 3 行 confidence" in refused.stderr


def test_workdays_are_imported_and_an_incomplete_year_is_refused(command: Command) -> None:
    shipped = settings.DATA / "workdays.csv"
    done = json.loads(command("workdays", "import", shipped, "--json").stdout)
    assert done == {"years": [2026], "days": 25, "licenses_recomputed": 0, "dry_run": False}
    refused = command("workdays", "import", shipped, "--year", "2027", "--source", "示例通知")
    assert refused.exit_code == 1
    assert "2027 年不完整" in refused.stderr


def test_a_wrong_setting_or_an_empty_database_is_told_plainly(
    command: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path}/empty.db")
    assert "reminders migrate" in command("catalogue", "show").stderr
    monkeypatch.setenv("FIELD_KEYS", "k1:" + "x" * 80)
    broken = command("catalogue", "show")
    assert (broken.exit_code, "Traceback" in broken.output) == (1, False)
    assert "FIELD_KEYS" in broken.stderr
    monkeypatch.delenv("FIELD_KEYS")
    assert "FIELD_KEYS: is missing" in command("catalogue", "show").stderr
