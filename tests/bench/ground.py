"""Databases for benches: SQLite in a temporary folder, PostgreSQL where one is found, and a large ledger."""

import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

from sqlalchemy import func, insert, select, update

from config.settings import DATA
from reminders import catalogue, db, migrations, windows
from reminders.crypto import Vault
from reminders.db import Database
from reminders.rules.lifecycle import BindHow, DateKind, Expiry, HolderKind, LicenseState
from reminders.rules.permissions import system
from reminders.tables.bindings import Binding, Follower
from reminders.tables.catalogue import CatalogueEntry
from reminders.tables.holders import Contact, Holder
from reminders.tables.ledger import License
from reminders.tables.windows import LadderStep
from tests.bench.measure import say
from tests.conftest import FIELD_KEYS
from tests.postgres import NoPostgres, Server

TODAY = date(2027, 3, 1)
NOW = datetime(2027, 3, 1, 2, 0, tzinfo=UTC)  # ten in the morning in Weihai
ACTOR = system("bench")
ALWAYS = (time(0), time.max)
CHUNK = 20_000
LICENSES_A_HOLDER = 3
STEADY_DAYS = tuple(TODAY + timedelta(days=n) for n in range(-30, 1_796))  # expiries spread over five years


@contextmanager
def databases() -> Iterator[list[tuple[str, Database]]]:
    """Empty, migrated databases with the catalogue: SQLite always, PostgreSQL when there is one."""
    folder = Path(tempfile.mkdtemp(prefix="reminders-bench-"))
    vault = Vault.from_text(FIELD_KEYS)
    opened = [("sqlite", db.open_database(f"sqlite:///{folder / 'bench.db'}", vault, pool_size=20))]
    server: Server | None = None
    try:
        try:
            server = Server()
            opened.append(("postgresql", db.open_database(server.create("bench"), vault, pool_size=20)))
        except NoPostgres as reason:
            say(f"no PostgreSQL here: {reason}")
        for _name, database in opened:
            prepare(database)
        yield opened
    finally:
        for _name, database in opened:
            database.close()
        if server:
            server.remove()
        shutil.rmtree(folder, ignore_errors=True)


def prepare(database: Database) -> None:
    migrations.upgrade(database.engine)
    with database.begin() as session:
        texts = [(DATA / name).read_text(encoding="utf-8") for name in ("catalogue.csv", "departments.csv")]
        catalogue.load(session, *texts, actor=ACTOR, now=NOW)


def fill(
    database: Database, licenses: int, *, bound_every: int = 2, days: Sequence[date] = STEADY_DAYS
) -> None:
    """A stock as after years of service: holders with three licenses each, every second one bound."""
    holders = max(1, licenses // LICENSES_A_HOLDER)
    with database.begin() as session:
        entry_ids = list(
            session.execute(
                select(CatalogueEntry.id).where(CatalogueEntry.renewal_latest.is_not(None))
            ).scalars()
        )
        windows.ensure(session, [(entry, DateKind.MAIN, day) for entry in entry_ids for day in days])
    _insert_people(database, holders, bound_every)
    for start in range(0, licenses, CHUNK):
        rows = [_license(n, holders, entry_ids, days) for n in range(start, min(start + CHUNK, licenses))]
        with database.begin() as session:
            session.execute(insert(License), rows)
            session.execute(
                insert(Binding),
                [_binding(row) for row in rows if row["holder_id"] % bound_every == 0],
            )
    _as_if_planned_yesterday(database)


def _insert_people(database: Database, holders: int, bound_every: int) -> None:
    vault = database.vault
    sealed = vault.seal("13800000001")
    for start in range(1, holders + 1, CHUNK):
        ids = range(start, min(start + CHUNK, holders + 1))
        with database.begin() as session:
            session.execute(insert(Holder), [_holder(n) for n in ids])
            session.execute(
                insert(Contact),
                [
                    {"id": n, "holder_id": n, "name": "张示例", "phone_cipher": sealed, "created_at": NOW}
                    | {"phone_hash": vault.blind(f"{13_000_000_000 + n}")}
                    for n in ids
                ],
            )
            session.execute(
                insert(Follower),
                [
                    {"id": n, "openid": openid(n), "openid_hash": vault.blind(f"openid:{openid(n)}")}
                    | {"followed_at": NOW, "push_stopped_reason": "", "created_at": NOW}
                    for n in ids
                    if n % bound_every == 0
                ],
            )


def _holder(n: int) -> dict[str, object]:
    name = f"示例{n}号有限公司"
    keys = {"name": name, "name_key": name, "identity_key": f"name:{n}"}
    return {"id": n, "kind": HolderKind.COMPANY, "created_at": NOW} | keys


def openid(number: int) -> str:
    return f"o-bench-{number:020d}"


def _license(n: int, holders: int, entry_ids: list[int], days: Sequence[date]) -> dict[str, object]:
    number = f"SL{n:09d}"
    holder = n % holders + 1
    return {
        "id": n + 1, "catalogue_entry_id": entry_ids[n % len(entry_ids)], "holder_id": holder,
        "contact_id": holder, "license_no": number, "number_key": number, "identity_key": f"no:{number}",
        "expiry": Expiry.DATED, "expires_on": days[n * 7919 % len(days)], "state": LicenseState.ACTIVE,
        "version": 1, "created_at": NOW, "updated_at": NOW,
    }  # fmt: skip


def _binding(row: dict[str, object]) -> dict[str, object]:
    return {
        "follower_id": row["holder_id"],
        "license_id": row["id"],
        "how": BindHow.PHONE_CODE,
        "bound_at": NOW,
    }


def _as_if_planned_yesterday(database: Database) -> None:
    """Every license waits for its next step after yesterday, as in a service that ran every night."""
    coming = (
        select(func.min(LadderStep.due_on))
        .where(
            LadderStep.catalogue_entry_id == License.catalogue_entry_id,
            LadderStep.date_kind == DateKind.MAIN,
            LadderStep.expires_on == License.expires_on,
            LadderStep.due_on >= TODAY,
        )
        .correlate(License)
        .scalar_subquery()
    )
    with database.begin() as session:
        session.execute(
            update(License).values(next_due_on=coming).execution_options(synchronize_session=False)
        )
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("ANALYZE")
