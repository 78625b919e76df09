"""Proposes to take a new company of a sheet for one of the same name; nobody is merged silently."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from reminders.ledger.sheets import SheetRow
from reminders.ledger.stock import batches
from reminders.rules.identity import holder_key, name_key
from reminders.rules.lifecycle import HolderKind
from reminders.rules.sheet_shape import Field
from reminders.tables.holders import Holder

IN_LIST = 1_000
OFFER = "台账里有同名的单位"  # what every proposal begins with
ONE = OFFER + "（信用代码 {code}）。这一行没写信用代码，会另立一户；是同一家，就点“是同一家”"
SEVERAL = OFFER + "，不止一家。这一行没写信用代码，会另立一户；请补填信用代码"
OTHER_PHONE = OFFER + "，电话不同，两边都没写信用代码，会另立一户；是同一家，就点“是同一家”"
OTHER_PHONES = OFFER + "，不止一家，都没有信用代码，电话也都不同，会另立一户；请补填信用代码"
WITHOUT_CODE = OFFER + "，但那里没有信用代码，会另立一户；是同一家的，请把它在台账里的几本也填上代码再导入"


class Twins:
    """Companies of the ledger by name, as far as the rows of one batch bear their names."""

    def __init__(self, session: Session, rows: Sequence[SheetRow]) -> None:
        self._codes: defaultdict[str, set[str]] = defaultdict(set)
        self._without: defaultdict[str, set[str]] = defaultdict(set)  # keys of those without a code
        companies = [one for one in rows if one.row and one.row.holder_kind is HolderKind.COMPANY]
        for some in batches(sorted({one.name_key for one in companies}), IN_LIST):
            found = session.execute(
                select(Holder.name_key, Holder.credit_code, Holder.identity_key).where(
                    Holder.name_key.in_(some), Holder.kind == HolderKind.COMPANY
                )
            )
            for name, code, key in found:
                if code:
                    self._codes[name].add(code)
                else:
                    self._without[name].add(key)

    def propose(self, entry: SheetRow) -> None:
        """Warns of a row that comes in as new under a name the ledger knows with other proof of who it is."""
        assert entry.row is not None
        if entry.row.holder_kind is not HolderKind.COMPANY or entry.holder_id is not None:
            return
        named, without = sorted(self._codes[entry.name_key]), self._without[entry.name_key]
        if entry.row.credit_code:
            if without and not named:  # two different codes are two companies
                entry.warn(Field.HOLDER, WITHOUT_CODE)
        elif len(named) == 1:
            entry.warn(Field.HOLDER, ONE.format(code=named[0]))
        elif named:
            entry.warn(Field.HOLDER, SEVERAL)
        elif without and _key(entry) not in without:
            entry.warn(Field.HOLDER, OTHER_PHONE if len(without) == 1 else OTHER_PHONES)


def code_of(session: Session, name: str) -> str | None:
    """The credit code of the one company of this name that has any; None when there are several or none."""
    found = session.execute(_named(name, Holder.credit_code).where(Holder.credit_code.is_not(None)))
    codes = list(found.scalars())
    return codes[0] if len(codes) == 1 else None


def holder_without_code(session: Session, name: str) -> int | None:
    """The one company of this name, when it has no credit code; None when there are several or none."""
    holders = list(session.execute(_named(name, Holder.id)).scalars())
    return holders[0] if len(holders) == 1 else None


def _named(name: str, column: Any) -> Select[Any]:
    mine = (Holder.name_key == name_key(name), Holder.kind == HolderKind.COMPANY)
    return select(column).where(*mine).distinct()


def _key(entry: SheetRow) -> str:
    """By which the row's holder is found, as it has no code: the name with the phone."""
    return holder_key(
        entry.name_key,
        credit_code=None,
        id_number_hash=entry.id_hash or None,
        phone_hash=entry.phone_hash or None,
    )
