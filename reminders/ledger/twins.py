"""Proposes to take a new company of a sheet for one of the same name; nobody is merged silently."""

from collections import defaultdict
from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from reminders.ledger.sheets import SheetRow
from reminders.ledger.stock import batches
from reminders.rules.identity import name_key
from reminders.rules.lifecycle import HolderKind
from reminders.rules.sheet_shape import Field
from reminders.tables.holders import Holder

IN_LIST = 1_000
OFFER = "台账里有同名的单位"  # what every proposal begins with
ONE = OFFER + "（信用代码 {code}）。这一行没写信用代码，会另立一户；是同一家，就点“是同一家”"
SEVERAL = OFFER + "，不止一家。这一行没写信用代码，会另立一户；请补填信用代码"
WITHOUT_CODE = OFFER + "，但那里没有信用代码，会另立一户；是同一家的，请把它在台账里的几本也填上代码再导入"


class Twins:
    """Companies of the ledger by name, as far as the rows of one batch bear their names."""

    def __init__(self, session: Session, rows: Sequence[SheetRow]) -> None:
        self._codes: defaultdict[str, set[str | None]] = defaultdict(set)
        companies = [one for one in rows if one.row and one.row.holder_kind is HolderKind.COMPANY]
        for some in batches(sorted({one.name_key for one in companies}), IN_LIST):
            found = session.execute(
                select(Holder.name_key, Holder.credit_code).where(
                    Holder.name_key.in_(some), Holder.kind == HolderKind.COMPANY
                )
            )
            for name, code in found:
                self._codes[name].add(code)

    def propose(self, entry: SheetRow) -> None:
        """Warns of a row that comes in as new under a name the ledger knows with other proof of who it is."""
        assert entry.row is not None
        codes = self._codes.get(entry.name_key)
        if not codes or entry.row.holder_kind is not HolderKind.COMPANY:
            return
        named = sorted(code for code in codes if code)
        if entry.row.credit_code:
            if not named:  # two different codes are two companies
                entry.warn(Field.HOLDER, WITHOUT_CODE)
        elif len(named) == 1:
            entry.warn(Field.HOLDER, ONE.format(code=named[0]))
        elif named:
            entry.warn(Field.HOLDER, SEVERAL)


def code_of(session: Session, name: str) -> str | None:
    """The credit code of the one company of this name that has any; None when there are several or none."""
    found = session.execute(
        select(Holder.credit_code)
        .where(Holder.name_key == name_key(name), Holder.kind == HolderKind.COMPANY)
        .where(Holder.credit_code.is_not(None))
        .distinct()
    ).scalars()
    codes = list(found)
    return codes[0] if len(codes) == 1 else None
