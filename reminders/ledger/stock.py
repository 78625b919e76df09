"""Finds the licenses of the ledger that rows of a sheet may mean, many rows at a time."""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import select
from sqlalchemy.orm import QueryableAttribute, Session

from reminders.ledger.sheets import SheetRow
from reminders.rules.lifecycle import Expiry, LicenseState
from reminders.tables.holders import Contact, Holder
from reminders.tables.ledger import License

IN_LIST = 1_000
SET_ASIDE = "undone:"  # keys of licenses that came in by an undone import: no row of a sheet is one of them

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Known:
    """A license of the ledger with its holder and contact, as far as a row is compared with it."""

    license_id: int
    version: int
    entry_id: int
    number_key: str | None
    license_no: str | None
    identity_key: str
    expiry: Expiry
    expires_on: date | None
    issued_on: date | None
    companion_on: date | None
    state: LicenseState
    holder_id: int
    holder_name: str
    name_key: str
    credit_code: str | None
    id_hash: str | None
    contact_id: int | None
    contact_name: str | None
    phone_hash: str | None
    phone_cipher: bytes | None


@dataclass(frozen=True)
class Stock:
    by_number: dict[tuple[int, str], Known] = field(default_factory=dict)
    by_key: defaultdict[Hashable, list[Known]] = field(default_factory=lambda: defaultdict(list))

    def add(self, known: Known) -> None:
        if known.number_key:
            self.by_number[known.entry_id, known.number_key] = known
        if known.credit_code:
            self.by_key[known.entry_id, "credit", known.credit_code].append(known)
        if known.id_hash:
            self.by_key[known.entry_id, "id", known.id_hash].append(known)
        if known.phone_hash:
            self.by_key[known.entry_id, "name", known.name_key, known.phone_hash].append(known)

    def meant_by(self, entry: SheetRow) -> list[Known]:
        """Candidates under the surest key that finds any."""
        return next((found for key in entry.marks() if (found := self.by_key.get(key))), [])


def load(session: Session, rows: Sequence[SheetRow]) -> Stock:
    """Everything in the ledger that these rows could be."""
    stock = Stock()
    seen: set[int] = set()
    entries = sorted({entry.row.entry_id for entry in rows if entry.row})
    numbers = {entry.number_key for entry in rows if entry.number_key}
    _take(session, stock, seen, entries, License.number_key, numbers)
    unknown = [e for e in rows if e.row and (e.row.entry_id, e.number_key) not in stock.by_number]
    codes = {entry.row.credit_code for entry in unknown if entry.row and entry.row.credit_code}
    _take(session, stock, seen, entries, Holder.credit_code, codes)
    _take(session, stock, seen, entries, Holder.id_number_hash, {e.id_hash for e in unknown if e.id_hash})
    _take(session, stock, seen, entries, Contact.phone_hash, {e.phone_hash for e in unknown if e.phone_hash})
    return stock


def _take(
    session: Session,
    stock: Stock,
    seen: set[int],
    entries: Sequence[int],
    column: QueryableAttribute[Any],
    values: Iterable[str],
) -> None:
    for some in batches(sorted(values), IN_LIST):
        statement = (
            select(*COLUMNS)
            .join(Holder, Holder.id == License.holder_id)
            .outerjoin(Contact, Contact.id == License.contact_id)
            .where(column.in_(some), License.catalogue_entry_id.in_(entries))
            .where(~License.identity_key.startswith(SET_ASIDE, autoescape=True))
        )
        for record in session.execute(statement):
            known = Known(*record)
            if known.license_id not in seen:
                seen.add(known.license_id)
                stock.add(known)


def batches(items: Iterable[T], size: int) -> Iterator[list[T]]:
    iterator = iter(items)
    while some := list(islice(iterator, size)):
        yield some


COLUMNS: tuple[Any, ...] = (
    License.id,
    License.version,
    License.catalogue_entry_id,
    License.number_key,
    License.license_no,
    License.identity_key,
    License.expiry,
    License.expires_on,
    License.issued_on,
    License.companion_on,
    License.state,
    Holder.id,
    Holder.name,
    Holder.name_key,
    Holder.credit_code,
    Holder.id_number_hash,
    Contact.id,
    Contact.name,
    Contact.phone_hash,
    Contact.phone_cipher,
)
