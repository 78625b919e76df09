"""A copy of the database comes back whole, on either kind of database, and with sending stopped."""

import json
import shutil
import zipfile
from pathlib import Path

import pytest
from sqlalchemy import func, select

from reminders import audit, backup, brakes, db
from reminders.backup import Copied, Manifest
from reminders.db import Database
from reminders.errors import Conflict, Invalid
from reminders.rules.permissions import operator
from reminders.tables.deliveries import Delivery
from reminders.tables.holders import Contact
from tests import builders, builders_queue
from tests.builders import NOW

SOMEBODY = operator("root")


def silent(_copied: Copied) -> None:
    """Nobody listens."""


@pytest.fixture
def filled(database: Database) -> Database:
    with database.begin() as session:
        for _ in range(3):
            builders_queue.delivery(session, licenses=2)
        builders_queue.code(session)
        audit.record(session, "a.b", "c:1", {"行": 1}, actor=SOMEBODY, now=NOW)
    return database


@pytest.fixture
def target(tmp_path: Path, sqlite_template: Path, vault: db.Vault) -> Database:
    path = tmp_path / "target.db"
    shutil.copy(sqlite_template, path)
    return db.open_database(f"sqlite:///{path}", vault)


def copy(database: Database, place: Path) -> Manifest:
    with database.read() as session:
        return backup.write(session, place, now=NOW, told=silent)


def restore(database: Database, place: Path) -> Manifest:
    with database.begin() as session:
        return backup.restore(session, place, told=silent, actor=SOMEBODY, now=NOW)


def sums(manifest: Manifest) -> dict[str, tuple[int, str]]:
    """Without what restoring itself writes down."""
    own = {"audit_entry", "audit_head", "switch"}
    return {c.table: (c.rows, c.digest) for c in manifest.tables if c.table not in own}


def test_copy_comes_back_with_the_checksum_of_every_table_on_another_kind(
    filled: Database, target: Database, tmp_path: Path
) -> None:
    made = copy(filled, tmp_path / "one.zip")
    restore(target, tmp_path / "one.zip")
    assert sums(copy(target, tmp_path / "two.zip")) == sums(made)
    with target.read() as session:
        assert audit.first_broken_link(session) is None
        sealed = session.execute(select(Contact.phone_cipher)).scalars().first()
        assert sealed is not None
        assert target.vault.open(sealed).startswith("1")


def test_copy_comes_back_from_sqlite_and_new_rows_find_free_ids(
    target: Database, database: Database, tmp_path: Path
) -> None:
    with target.begin() as session:
        builders_queue.delivery(session, licenses=2)
    copy(target, tmp_path / "one.zip")
    restore(database, tmp_path / "one.zip")
    with database.begin() as session:
        builders_queue.delivery(session, follower=builders.follower(session, openid="oExample-later"))
        assert session.execute(select(func.count()).select_from(Delivery)).scalar_one() == 2


def test_sending_is_stopped_after_restoring(filled: Database, target: Database, tmp_path: Path) -> None:
    copy(filled, tmp_path / "one.zip")
    restore(target, tmp_path / "one.zip")
    with target.read() as session:
        assert not brakes.sending_is_on(session)


def test_database_with_rows_is_not_overwritten(filled: Database, tmp_path: Path) -> None:
    copy(filled, tmp_path / "one.zip")
    with pytest.raises(Conflict, match="已有数据"):
        restore(filled, tmp_path / "one.zip")


def test_file_that_is_there_is_not_overwritten(filled: Database, tmp_path: Path) -> None:
    copy(filled, tmp_path / "one.zip")
    with pytest.raises(Conflict, match="已经存在"):
        copy(filled, tmp_path / "one.zip")


def test_copy_is_for_its_owner_alone(filled: Database, tmp_path: Path) -> None:
    copy(filled, tmp_path / "one.zip")
    assert (tmp_path / "one.zip").stat().st_mode & 0o077 == 0
    assert [path.name for path in tmp_path.glob("*.unfinished")] == []


def changed(place: Path, member: str, text: str) -> Path:
    other = place.with_name("changed.zip")
    with zipfile.ZipFile(place) as source, zipfile.ZipFile(other, "w") as file:
        for name in source.namelist():
            file.writestr(name, text if name == member else source.read(name))
    return other


def test_damaged_copy_is_refused_and_nothing_of_it_stays(
    filled: Database, target: Database, tmp_path: Path
) -> None:
    copy(filled, tmp_path / "one.zip")
    bad = changed(tmp_path / "one.zip", "follower.jsonl", "")
    with pytest.raises(Invalid, match="损坏"):
        restore(target, bad)
    assert sum(rows for rows, _ in sums(copy(target, tmp_path / "after.zip")).values()) == 0


def test_copy_of_another_schema_is_refused(filled: Database, target: Database, tmp_path: Path) -> None:
    copy(filled, tmp_path / "one.zip")
    with zipfile.ZipFile(tmp_path / "one.zip") as file:
        manifest = json.loads(file.read("manifest.json"))
    old = changed(tmp_path / "one.zip", "manifest.json", json.dumps(manifest | {"schema": "0000"}))
    with pytest.raises(Invalid, match="同一版本"):
        restore(target, old)


def test_any_other_file_is_refused(target: Database, tmp_path: Path) -> None:
    (tmp_path / "note.txt").write_text("示例", encoding="utf-8")
    for name in ("note.txt", "missing.zip"):
        with pytest.raises(Invalid, match="不是完整的备份"):
            restore(target, tmp_path / name)


def test_reader_sees_one_moment_however_many_statements_it_makes(database: Database) -> None:
    count = select(func.count()).select_from(Delivery)
    with database.read() as reader:
        before = reader.execute(count).scalar_one()
        with database.begin() as writer:
            builders_queue.delivery(writer)
        assert reader.execute(count).scalar_one() == before
    with database.read() as reader:
        assert reader.execute(count).scalar_one() == before + 1
