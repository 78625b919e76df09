"""Copies the whole database into one file and back, alike for SQLite and PostgreSQL."""

import base64
import hashlib
import json
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Date, DateTime, LargeBinary, Table, exists, func, insert, select, text
from sqlalchemy.orm import Session

from reminders import audit, brakes, tables
from reminders.errors import Conflict, Invalid
from reminders.rules.permissions import Actor
from reminders.tables.base import UtcDateTime
from reminders.tables.installation import Installation

MANIFEST = "manifest.json"
FORM = 1
BATCH = 2000


@dataclass(frozen=True)
class Copied:
    """One table of a copy: `digest` is SHA-256 over its lines, in the order of the primary key."""

    table: str
    rows: int
    digest: str


@dataclass(frozen=True)
class Manifest:
    form: int
    schema: str  # revision of the migrations
    made_at: str
    tables: tuple[Copied, ...]

    @property
    def rows(self) -> int:
        return sum(copied.rows for copied in self.tables)


def write(session: Session, place: Path, *, now: datetime, told: Callable[[Copied], None]) -> Manifest:
    """Writes every table as one reading transaction sees it.

    `told` hears of each table. The file appears under its name only when it is complete, readable by its
    owner alone. Field keys are not in it. Raises Conflict when a file of that name is there already.
    """
    if place.exists():
        raise Conflict(f"{place} 已经存在，请换一个文件名。")
    unfinished = place.with_name(place.name + ".unfinished")
    unfinished.touch(mode=0o600)
    found = []
    with zipfile.ZipFile(unfinished, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as file:
        for table in tables.metadata.sorted_tables:
            found.append(_copy_out(session, table, file))
            told(found[-1])
        manifest = Manifest(FORM, _schema(session), now.isoformat(), tuple(found))
        file.writestr(MANIFEST, json.dumps(asdict(manifest), ensure_ascii=False, indent=1))
    unfinished.rename(place)
    return manifest


def restore(
    session: Session, place: Path, *, told: Callable[[Copied], None], actor: Actor, now: datetime
) -> Manifest:
    """Fills an empty, migrated database, then pulls the brake: what was sent since the copy is unknown to it.

    Raises Invalid when the file is damaged or from another schema, Conflict when the database holds rows.
    """
    manifest = _manifest(place)
    if manifest.schema != _schema(session):
        raise Invalid(
            f"备份的库结构是 {manifest.schema}，当前是 {_schema(session)}：请用同一版本恢复后再升级。"
        )
    by_name = {table.name: table for table in tables.metadata.sorted_tables}
    own = _take_mark(session)
    if any(session.execute(select(exists().select_from(table))).scalar() for table in by_name.values()):
        raise Conflict("目标库里已有数据。请新建一个空库，运行 reminders migrate 后再恢复。")
    with zipfile.ZipFile(place) as file:
        for copied in manifest.tables:
            _copy_in(session, by_name[copied.table], copied, file)
            told(copied)
    _compare_mark(session, own)
    if session.get_bind().dialect.name == "postgresql":
        _go_on_counting(session)
    reason = f"由 {manifest.made_at[:16]} 的备份恢复，请核对后再恢复发送"
    brakes.switch_sending(session, is_on=False, reason=reason, actor=actor, now=now)
    detail = {"made_at": manifest.made_at, "rows": manifest.rows}
    audit.record(session, "backup.restore", "database:all", detail, actor=actor, now=now)
    return manifest


def _take_mark(session: Session) -> Installation | None:
    """Of which kind this database is; the mark of the copy takes its place."""
    own = session.get(Installation, 1)
    if own is not None:
        session.delete(own)
        session.flush()
    return own


def _compare_mark(session: Session, own: Installation | None) -> None:
    """A copy from a database that nobody marked is of the kind of the one it comes to."""
    if own is None:
        return
    copied = session.execute(select(Installation.is_practice)).scalar_one_or_none()
    if copied is None:
        session.execute(
            insert(Installation).values(id=1, is_practice=own.is_practice, marked_at=own.marked_at)
        )
    elif copied != own.is_practice:
        whose = ("正式环境", "练习环境")
        raise Conflict(f"这份备份出自{whose[copied]}，不能恢复到{whose[own.is_practice]}。")


def _copy_out(session: Session, table: Table, file: zipfile.ZipFile) -> Copied:
    digest, rows = hashlib.sha256(), 0
    with file.open(f"{table.name}.jsonl", "w", force_zip64=True) as lines:
        for line in _lines(session, table):
            digest.update(line)
            lines.write(line)
            rows += 1
    return Copied(table.name, rows, digest.hexdigest())


def _lines(session: Session, table: Table) -> Iterator[bytes]:
    query = select(table).order_by(*table.primary_key.columns).execution_options(yield_per=BATCH)
    for row in session.execute(query):
        yield (json.dumps([_plain(value) for value in row], ensure_ascii=False) + "\n").encode()


def _plain(value: Any) -> Any:
    if isinstance(value, bytes | memoryview):
        return base64.b64encode(value).decode()
    return value.isoformat() if isinstance(value, date) else value  # a datetime is a date too


def _copy_in(session: Session, table: Table, copied: Copied, file: zipfile.ZipFile) -> None:
    names = [column.name for column in table.columns]
    readers = [_reader(column.type) for column in table.columns]
    digest, batch, rows = hashlib.sha256(), [], 0
    with file.open(f"{table.name}.jsonl") as lines:
        for line in lines:
            digest.update(line)
            values = json.loads(line)
            batch.append({n: r(v) for n, r, v in zip(names, readers, values, strict=True)})
            rows += 1
            if len(batch) == BATCH:
                session.execute(insert(table), batch)
                batch = []
    if batch:
        session.execute(insert(table), batch)
    if (rows, digest.hexdigest()) != (copied.rows, copied.digest):
        raise Invalid(f"备份文件已损坏：{table.name} 与清单不符。请换一份备份。")


def _reader(kind: Any) -> Callable[[Any], Any]:
    if isinstance(kind, LargeBinary):
        return lambda value: None if value is None else base64.b64decode(value)
    if isinstance(kind, UtcDateTime | DateTime):
        return lambda value: None if value is None else datetime.fromisoformat(value)
    if isinstance(kind, Date):
        return lambda value: None if value is None else date.fromisoformat(value)
    return lambda value: value


def _manifest(place: Path) -> Manifest:
    try:
        with zipfile.ZipFile(place) as file:
            told = json.loads(file.read(MANIFEST))
        found = Manifest(**told | {"tables": tuple(Copied(**copied) for copied in told["tables"])})
    except (OSError, KeyError, TypeError, ValueError, zipfile.BadZipFile):
        raise Invalid(f"{place} 不是完整的备份文件。") from None
    if found.form != FORM or {c.table for c in found.tables} != set(tables.metadata.tables):
        raise Invalid("这份备份来自另一个版本，请用写出它的版本恢复。")
    return found


def _schema(session: Session) -> str:
    return str(session.execute(text("SELECT version_num FROM alembic_version")).scalar_one())


def _go_on_counting(session: Session) -> None:
    """PostgreSQL's sequences do not see rows that came with their ids."""
    for table in tables.metadata.sorted_tables:
        keys = list(table.primary_key.columns)
        if len(keys) != 1:
            continue
        sequence = select(func.pg_get_serial_sequence(table.name, keys[0].name))
        name = session.execute(sequence).scalar_one()
        newest = session.execute(select(func.max(keys[0]))).scalar_one() if name else None
        if newest is not None:
            session.execute(select(func.setval(name, newest)))
