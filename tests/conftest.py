"""Shared fixtures: every test that touches the database runs on SQLite and on PostgreSQL."""

import base64
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from reminders import db, migrations, tables
from reminders.crypto import Vault
from tests.postgres import NoPostgres, Server

FIELD_KEYS = f"index:{base64.b64encode(b'i' * 32).decode()},k1:{base64.b64encode(b's' * 16).decode()}"


@pytest.fixture(scope="session")
def vault() -> Vault:
    return Vault.from_text(FIELD_KEYS)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory, vault: Vault) -> Path:
    path = tmp_path_factory.mktemp("template") / "template.db"
    database = db.open_database(f"sqlite:///{path}", vault)
    migrations.upgrade(database.engine)
    with database.engine.connect() as connection:
        connection.exec_driver_sql("COMMIT")
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()
    return path


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Server]:
    try:
        server = Server()
    except NoPostgres as reason:
        if os.environ.get("CI"):
            raise
        pytest.skip(f"SKIPPED LOUDLY: no PostgreSQL here, so nothing was proved on it ({reason})")
    yield server
    server.remove()


@pytest.fixture(scope="session")
def postgres_database(postgres_server: Server, vault: Vault) -> Iterator[db.Database]:
    database = db.open_database(postgres_server.create("tests"), vault, pool_size=20)
    migrations.upgrade(database.engine)
    yield database
    database.close()


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database(request: pytest.FixtureRequest, tmp_path: Path, vault: Vault) -> Iterator[db.Database]:
    """An empty, migrated database; the test runs once on each kind."""
    if request.param == "sqlite":
        path = tmp_path / "reminders.db"
        shutil.copy(request.getfixturevalue("sqlite_template"), path)
        opened = db.open_database(f"sqlite:///{path}", vault, pool_size=20)
        yield opened
        opened.close()
        return
    opened = request.getfixturevalue("postgres_database")
    yield opened
    names = ", ".join(f'"{table.name}"' for table in tables.metadata.sorted_tables)
    with opened.engine.begin() as connection:
        connection.execute(text(f"TRUNCATE {names} RESTART IDENTITY CASCADE"))


@pytest.fixture
def sqlite_database(tmp_path: Path, vault: Vault, sqlite_template: Path) -> Iterator[db.Database]:
    """An empty, migrated SQLite database, for tests in which the kind of database plays no part."""
    path = tmp_path / "reminders.db"
    shutil.copy(sqlite_template, path)
    opened = db.open_database(f"sqlite:///{path}", vault, pool_size=20)
    yield opened
    opened.close()
