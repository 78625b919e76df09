"""A database belongs to a practice or to a real installation, and the other kind does not open it."""

from pathlib import Path

import pytest
from sqlalchemy.engine import Engine

from reminders import backup, db, installations, ledger, migrations, spreadsheet
from reminders.db import Database
from reminders.errors import Conflict, Invalid, WrongDatabase
from reminders.rules.permissions import operator
from tests import builders, builders_ledger
from tests.builders import NOW

SOMEBODY = operator("root")


def address(engine: Engine) -> str:
    return engine.url.render_as_string(hide_password=False)


def opened(database: Database, *, is_practice: bool | None) -> Database:
    return db.open_database(address(database.engine), database.vault, is_practice=is_practice)


@pytest.mark.parametrize("is_practice", [True, False])
def test_marked_database_opens_for_its_own_kind_only(database: Database, *, is_practice: bool) -> None:
    for kind in (True, False):  # nobody marked it yet
        with opened(database, is_practice=kind).read() as session:
            assert installations.is_practice(session) is None
    with database.begin() as session:
        installations.settle(session, is_practice=is_practice, now=NOW)
        installations.settle(session, is_practice=not is_practice, now=NOW)  # marked once and for good
    own, other = (opened(database, is_practice=kind) for kind in (is_practice, not is_practice))
    with own.read() as session:
        assert installations.is_practice(session) is is_practice
    for _ in range(2):  # it is looked at until it fits
        with pytest.raises(WrongDatabase, match="练习环境"), other.read() as session:
            installations.is_practice(session)
    own.close()
    other.close()


def test_older_database_with_people_in_it_is_a_real_one(tmp_path: Path, vault: db.Vault) -> None:
    for name, people in (("empty.db", 0), ("older.db", 1)):
        older = db.open_database(f"sqlite:///{tmp_path / name}", vault)
        migrations.upgrade(older.engine, "0001")
        if people:
            with older.engine.begin() as connection:
                connection.exec_driver_sql(
                    "INSERT INTO follower (id, openid, openid_hash, push_stopped_reason, created_at)"
                    " VALUES (1, 'oExample-1', 'h', '', '2026-11-02')"
                )
        migrations.upgrade(older.engine)
        with older.read() as session:
            assert installations.is_practice(session) is (False if people else None)
        older.close()


def test_copy_of_a_practice_is_not_restored_into_a_real_installation(
    database: Database, tmp_path: Path
) -> None:
    real = db.open_database(f"sqlite:///{tmp_path / 'real.db'}", database.vault)
    migrations.upgrade(real.engine)
    with database.begin() as session:
        builders.holder(session)
        installations.settle(session, is_practice=True, now=NOW)
    with database.read() as session:
        backup.write(session, tmp_path / "copy.zip", now=NOW, told=lambda _one: None)
    with real.begin() as session:
        installations.settle(session, is_practice=False, now=NOW)
    with pytest.raises(Conflict, match="练习环境"), real.begin() as session:
        backup.restore(session, tmp_path / "copy.zip", told=lambda _one: None, actor=SOMEBODY, now=NOW)
    with real.read() as session:
        assert installations.is_practice(session) is False
    real.close()


@pytest.mark.parametrize(
    "title", ["台账（练习）", "台账（示例数据）", "台账"], ids=["practice", "demo", "real"]
)
def test_exported_practice_is_not_imported_into_a_real_ledger(database: Database, title: str) -> None:
    rows = [[title], *builders_ledger.annex2([])[1:]]
    data = builders_ledger.xlsx(rows)
    workbook = spreadsheet.read(data, "台账.xlsx")
    with database.begin() as session:
        builders.entry(session)
        ledger.preview(session, "台账.xlsx", data, workbook, actor=SOMEBODY, now=NOW)  # nobody marked it
        installations.settle(session, is_practice=False, now=NOW)
    if title == "台账":
        with database.begin() as session:
            ledger.preview(session, "台账.xlsx", data, workbook, actor=SOMEBODY, now=NOW)
        return
    with pytest.raises(Invalid, match="练习环境的台账"), database.begin() as session:
        ledger.preview(session, "台账.xlsx", data, workbook, actor=SOMEBODY, now=NOW)
