"""The migrations are one chain, and what they build is what the tables say."""

from pathlib import Path

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.engine import Engine

from reminders import db, migrations
from reminders.crypto import Vault
from reminders.db import Database
from reminders.tables.base import Base


def scripts(engine: Engine) -> ScriptDirectory:
    return ScriptDirectory.from_config(migrations.config_for(engine))


def test_every_migration_stands_on_one_before_it_and_one_is_the_newest(database: Database) -> None:
    assert len(scripts(database.engine).get_heads()) == 1


def test_the_newest_schema_is_that_of_the_tables(database: Database) -> None:
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": False})
        found = compare_metadata(context, Base.metadata)
    assert found == []


OLDER = (
    "INSERT INTO follower (id, openid, openid_hash, push_stopped_reason, created_at)"
    " VALUES (1, 'oExample-1', 'h', '', '2026-11-02')",
    "INSERT INTO delivery (id, purpose, channel, follower_id, recipient_hash, for_day, state, state_reason,"
    " epoch, attempt, fence, next_at, dup_risk, outcome_note, closed_by, created_at) VALUES"
    " (1, 'reminder', 'wechat', 1, 'h', '2026-11-02', 'ready', '', 0, 0, 0, '2026-11-02', 0, '', '', "
    "'2026-11-02')",
    "INSERT INTO delivery_attempt (id, delivery_id, epoch, attempt, fence, owner, intent_at, result,"
    " errcode, rid) VALUES (1, 1, 0, 1, 1, 'x', '2026-11-02', '', '', '')",
)


def test_rows_of_an_older_installation_stay(tmp_path: Path, vault: Vault) -> None:
    older = db.open_database(f"sqlite:///{tmp_path / 'older.db'}", vault)
    migrations.upgrade(older.engine, "0001")
    with older.engine.begin() as connection:
        for statement in OLDER:
            connection.exec_driver_sql(statement)
    migrations.upgrade(older.engine)
    with older.engine.connect() as connection:
        for table in ("follower", "delivery", "delivery_attempt"):
            assert connection.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar() == 1
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1
    older.close()
