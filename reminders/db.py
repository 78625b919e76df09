"""Opens the database: one opener for writing, one for reading, alike on SQLite and PostgreSQL."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any, cast

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.orm import Session

from reminders.crypto import Vault
from reminders.errors import WrongDatabase

WRITE = "reminders_write"
VAULT = "vault"
WRITER_WAIT_S = 15.0
STANDS_STILL_S = 60.0  # as long as a lease: then others may have what this process holds

HAS_MARK = {
    "sqlite": "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = 'installation'",
    "postgresql": "SELECT to_regclass('installation') IS NOT NULL",
}
FOR_PRACTICE = (
    "这个数据库是练习环境的，里面的人都是虚构的；PRACTICE 没有设为 true，所以不能打开。请换 DATABASE_URL。"
)
FOR_REAL = "这个数据库是正式环境的，有真实的持证人；PRACTICE=true 时不能打开。请给练习环境一个空的数据库。"


@dataclass(frozen=True)
class Database:
    """A database and the keys to its sealed fields; make one per process, after any fork."""

    engine: Engine
    vault: Vault

    @contextmanager
    def begin(self) -> Iterator[Session]:
        """One write transaction: commits on leaving, rolls back on an error."""
        with self._session(write=True) as session, session.begin():
            yield session

    @contextmanager
    def read(self) -> Iterator[Session]:
        """One read-only transaction on a single snapshot."""
        with self._session(write=False) as session, session.begin():
            yield session

    @contextmanager
    def _session(self, *, write: bool) -> Iterator[Session]:
        options: dict[str, Any] = {WRITE: write}
        if self.engine.dialect.name == "postgresql":
            options["postgresql_readonly"] = not write
            if not write:  # the default would give every statement a snapshot of its own
                options["isolation_level"] = "REPEATABLE READ"
        with Session(self.engine.execution_options(**options), expire_on_commit=False) as session:
            session.info[VAULT] = self.vault
            yield session

    def close(self) -> None:
        self.engine.dispose()


def open_database(
    url: str,
    vault: Vault,
    *,
    pool_size: int = 5,
    wait_s: float = WRITER_WAIT_S,
    stands_still_s: float = STANDS_STILL_S,
    is_practice: bool | None = None,
) -> Database:
    """Opens nothing yet: the first transaction connects. Raises ArgumentError on a URL nobody understands.

    `wait_s` is how long a transaction waits for another writer before it fails; `stands_still_s` is how long
    one may ask nothing of PostgreSQL before it is ended: a frozen process must not keep rows locked.
    With `is_practice` connecting to a database that is marked otherwise raises WrongDatabase.
    """
    pool: dict[str, Any] = {"pool_size": pool_size, "max_overflow": pool_size}
    milliseconds = int(wait_s * 1000)
    backend = make_url(url).get_backend_name()
    if backend == "sqlite":
        engine = create_engine(url, **pool)
        event.listen(engine, "connect", partial(_prepare_sqlite, milliseconds))
        event.listen(engine, "begin", _begin_sqlite)
    else:
        still = f"-c idle_in_transaction_session_timeout={int(stands_still_s * 1000)}"
        limits = {"options": f"-c lock_timeout={milliseconds} {still}"}
        engine = create_engine(url, **pool, pool_pre_ping=True, connect_args=limits)
    if is_practice is not None:
        event.listen(engine, "connect", partial(_refuse_other, backend, is_practice))
    return Database(engine, vault)


def vault_of(session: Session) -> Vault:
    """The keys that belong to the database this session talks to."""
    return cast(Vault, session.info[VAULT])


def _refuse_other(backend: str, is_practice: bool, connection: Any, _record: object) -> None:
    """Nobody plays with real people's data, and nobody takes made-up data for real; unmarked is either."""
    cursor = connection.cursor()
    cursor.execute(HAS_MARK[backend])
    is_marked = bool(cursor.fetchone()[0])
    cursor.execute("SELECT is_practice FROM installation" if is_marked else "SELECT NULL")
    row = cursor.fetchone()
    cursor.close()
    connection.rollback()
    if row is not None and row[0] is not None and bool(row[0]) != is_practice:
        raise WrongDatabase(FOR_PRACTICE if row[0] else FOR_REAL)


def _prepare_sqlite(busy_ms: int, connection: Any, _record: object) -> None:
    # The driver must not open transactions by itself: a lazy BEGIN becomes "database is locked" under load.
    connection.isolation_level = None
    for pragma in (
        "journal_mode=WAL",
        f"busy_timeout={busy_ms}",
        "foreign_keys=ON",
        "synchronous=FULL",  # NORMAL may forget the last commits on power loss, that is, repeat a send
        "temp_store=MEMORY",
        "cache_size=-65536",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    write = connection.get_execution_options().get(WRITE, True)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")
