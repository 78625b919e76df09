"""`reminders ledger` at the command line: preview, accept, discard, export, and what a script reads."""

import json
from pathlib import Path

import pytest

from reminders.db import Database
from tests.builders_ledger import MARKET, annex1, annex2, row, xlsx
from tests.portal.test_catalogue_commands import Command, command

__all__ = ["command"]


@pytest.fixture
def sheet(tmp_path: Path, sqlite_database: Database) -> Path:
    with sqlite_database.begin() as session:
        annex1(session)
    path = tmp_path / "台账.xlsx"
    path.write_bytes(xlsx(annex2([row(1), row(2)], department=MARKET)))
    return path


def test_import_previews_then_accept_writes_then_export_gives_it_back(
    command: Command, sheet: Path, tmp_path: Path
) -> None:
    previewed = command("ledger", "import", sheet, "--json")
    told = json.loads(previewed.stdout)
    assert (previewed.exit_code, told["state"], told["counts"]["new"]) == (0, "preview", 2)
    assert command("ledger", "export", tmp_path / "out.xlsx", "--all").stdout.startswith("0 rows")
    assert "已导入" in command("ledger", "accept", str(told["import_id"])).stdout
    assert command("ledger", "export", tmp_path / "out.xlsx", "--all").stdout.startswith("2 rows")
    again = command("ledger", "import", tmp_path / "out.xlsx")
    assert "新增 0 行，更新 0 行，换证 0 行，无变化 2 行" in again.stdout
    assert list(tmp_path.glob(".*.part")) == []


def test_faults_are_told_with_row_and_column_and_nothing_is_accepted(
    command: Command, sheet: Path, tmp_path: Path
) -> None:
    bad = tmp_path / "bad.xlsx"
    bad.write_bytes(xlsx(annex2([row(1, expires="2026-02-30"), row(2)])))
    refused = command("ledger", "import", bad, "--accept")
    assert refused.exit_code == 2
    assert "工作表“台账”第 4 行 D 列（期满日期）：没有“2026-02-30”这一天" in refused.stdout
    assert command("ledger", "import", bad, "--accept", "--good-rows-only").exit_code == 0
    assert command("ledger", "import", sheet, "--accept").exit_code == 0


def test_dry_run_keeps_nothing(command: Command, sheet: Path) -> None:
    assert "什么也没有保存" in command("ledger", "import", sheet, "--dry-run").stdout
    missing = command("ledger", "accept", "1")
    assert missing.exit_code == 1 and "没有这次导入" in missing.stderr


def test_discarded_preview_and_unreadable_file_are_refused_in_words(
    command: Command, sheet: Path, tmp_path: Path
) -> None:
    import_id = json.loads(command("ledger", "import", sheet, "--json").stdout)["import_id"]
    assert command("ledger", "discard", import_id).exit_code == 0
    assert command("ledger", "accept", import_id).exit_code == 1
    foreign = tmp_path / "台账.et"
    foreign.write_bytes(b"x")
    refused = command("ledger", "import", foreign)
    assert refused.exit_code == 1 and "另存为" in refused.stderr
