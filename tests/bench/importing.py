"""Import of a large sheet, read, checked, compared, accepted: ours against openpyxl with the ORM."""

import io
import random
import tempfile
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import openpyxl
from sqlalchemy import func, select, text

from reminders import ledger, spreadsheet, tables
from reminders.db import Database
from reminders.rules.lifecycle import Expiry, HolderKind, LicenseState
from reminders.tables.catalogue import CatalogueEntry
from reminders.tables.holders import Contact, Holder
from reminders.tables.ledger import License
from sandbox import sample_ledger
from sandbox.sample_ledger import KINDS, Row
from tests.bench import ground
from tests.bench.ground import ACTOR, NOW
from tests.bench.measure import Sample, Sizes, check, compare, say, timed

KEPT = {"catalogue_entry", "department", "renewal_window", "ladder_step"}
ROUNDS = 2  # the baseline takes most of a minute


def run(sizes: Sizes) -> None:
    count = sizes.pick(100_000, 3_000)
    rows = _rows(count)
    with tempfile.TemporaryDirectory(prefix="reminders-bench-") as folder, ground.databases() as found:
        path = Path(folder) / "台账.xlsx"
        sample_ledger.write(path, rows)
        say(f"{count:,} rows in {path.stat().st_size / 2**20:.1f} MB")
        for name, database in found:
            compare(f"import of {count:,} rows, {name}",
                    _emptied(database, count, lambda database=database: ours(database, path)),
                    _emptied(database, count, lambda database=database: naive(database, path)),
                    rounds=min(sizes.rounds, ROUNDS), goal="≥ 20× SQLite, ≥ 30× PostgreSQL")  # fmt: skip


def ours(database: Database, path: Path) -> int:
    """The whole use: bytes, rows of text in a child process, preview with all faults, acceptance, windows."""
    data = path.read_bytes()
    workbook = spreadsheet.read(data, path.name)
    with database.begin() as session:
        import_id = ledger.preview(session, path.name, data, workbook, actor=ACTOR, now=NOW)
    with database.begin() as session:
        ledger.accept(session, import_id, actor=ACTOR, now=NOW)
    return _licenses(database)


def naive(database: Database, path: Path) -> int:
    """openpyxl, and for each row a look for holder, contact and license, then add; one commit at the end."""
    book = openpyxl.load_workbook(io.BytesIO(path.read_bytes()), read_only=True, data_only=True)
    with database.begin() as session:
        entries = {entry.license_name: entry.id for entry in session.scalars(select(CatalogueEntry))}
        for sheet in book.worksheets:
            for cells in sheet.iter_rows(min_row=4, values_only=True):
                _, name, kind, number, code, _issued, expires, person, phone, *_ = cells
                holder = session.query(Holder).filter_by(name_key=name).first()
                if holder is None:
                    keys = {"name_key": name, "identity_key": f"name:{name}", "credit_code": code or None}
                    holder = Holder(kind=HolderKind.COMPANY, name=name, created_at=NOW, **keys)
                    session.add(holder)
                    session.flush()
                digest = database.vault.blind(_digits(phone))
                contact = session.query(Contact).filter_by(holder_id=holder.id, phone_hash=digest).first()
                if contact is None:
                    contact = Contact(holder_id=holder.id, name=person, phone_hash=digest, created_at=NOW,
                                      phone_cipher=database.vault.seal(_digits(phone)))  # fmt: skip
                    session.add(contact)
                    session.flush()
                _upsert(session, entries[kind], number, holder.id, contact.id, _day(expires))
    return _licenses(database)


def _upsert(session, entry_id: int, number: str, holder_id: int, contact_id: int, expires_on: date) -> None:  # type: ignore[no-untyped-def]
    known = session.query(License).filter_by(catalogue_entry_id=entry_id, identity_key=f"no:{number}").first()
    if known is None:
        known = License(catalogue_entry_id=entry_id, identity_key=f"no:{number}", license_no=number,
                        number_key=number, expiry=Expiry.DATED, state=LicenseState.ACTIVE, version=1,
                        created_at=NOW, updated_at=NOW)  # fmt: skip
        session.add(known)
    known.holder_id, known.contact_id, known.expires_on = holder_id, contact_id, expires_on
    session.flush()


def _emptied(database: Database, count: int, work: Callable[[], int]) -> Callable[[], Sample]:
    """Each round begins with the catalogue and no ledger, and must end with every row in it."""

    def measured() -> Sample:
        with database.begin() as session:
            for table in reversed(tables.metadata.sorted_tables):
                if table.name not in KEPT:
                    session.execute(table.delete())
            session.execute(text("SELECT 1"))
        sample = timed(work)
        check(sample.items == count, f"{sample.items} licenses from {count} rows")
        return sample

    return measured


def _licenses(database: Database) -> int:
    with database.read() as session:
        return session.execute(select(func.count()).select_from(License)).scalar_one()


def _rows(count: int) -> list[Row]:
    draw = random.Random(22)
    companies = [kind for kind in KINDS if not kind[4]]
    rows = []
    for number in range(count):
        name, department, letters, years, _personal = companies[number % len(companies)]
        expires_on = ground.TODAY + timedelta(days=draw.randint(10, 1_500))
        holder = f"示例第{number // 2}号有限公司"
        phone = str(13_000_000_000 + number // 2)
        rows.append(Row(holder, name, department, f"SL{letters}{number:08d}", expires_on, "张示例", phone,
                        "", years))  # fmt: skip
    return rows


def _digits(cell: object) -> str:
    text_of = str(int(cell)) if isinstance(cell, float) else str(cell)
    wide = str.maketrans("０１２３４５６７８９", "0123456789")
    return text_of.translate(wide).replace(" ", "")


def _day(cell: object) -> date:
    if hasattr(cell, "date"):
        return cell.date()  # type: ignore[no-any-return]
    plain = str(cell).replace("年", "-").replace("月", "-").replace("日", "").replace(".", "-")
    if plain.isdigit():
        return date(int(plain[:4]), int(plain[4:6]), int(plain[6:]))
    year, month, day = plain.split("-")
    return date(int(year), int(month), int(day))
