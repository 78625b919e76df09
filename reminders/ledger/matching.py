"""Decides which license of the ledger a row of a sheet is: the number first, else holder, phone and date."""

from collections import Counter
from collections.abc import Hashable

from reminders.ledger.sheets import SAME, SheetRow
from reminders.ledger.stock import Known, Stock
from reminders.rules.sheet_shape import Field

ASK_NUMBER = "请补填证照编号"


class Matcher:
    """Matches the rows of one file; each license of the ledger is given to one row only."""

    def __init__(self, counts: Counter[Hashable]) -> None:
        self._counts = counts  # rows without a number per key, in the whole file
        self._claimed: dict[int, SheetRow] = {}

    def match(self, entry: SheetRow, stock: Stock) -> Known | None:
        """The license this row is; None when it is new, or when the row was refused meanwhile."""
        assert entry.row is not None
        if entry.number_key:
            found = stock.by_number.get((entry.row.entry_id, entry.number_key)) or self._adopted(entry, stock)
        else:
            found = self._unnumbered(entry, stock)
        if found is None:
            return None
        other = self._claimed.setdefault(found.license_id, entry)
        if other is not entry:
            entry.refuse(Field.NUMBER, SAME.format(place=f"第 {other.row_no} 行"))
            return None
        return found

    def _adopted(self, entry: SheetRow, stock: Stock) -> Known | None:
        """A license without a number that this row now gives one: same kind, holder and expiry day."""
        assert entry.row is not None
        found = [
            known
            for known in stock.meant_by(entry)
            if not known.number_key
            and known.expires_on == entry.row.expires_on
            and known.license_id not in self._claimed
        ]
        return found[0] if len(found) == 1 else None

    def _unnumbered(self, entry: SheetRow, stock: Stock) -> Known | None:
        """A row without a number never renews or ends a numbered license; on the same day it is the same."""
        assert entry.row is not None
        candidates = stock.meant_by(entry)
        if not candidates:
            return None
        unnumbered = [known for known in candidates if not known.number_key]
        same_day = [known for known in candidates if known.expires_on == entry.row.expires_on]
        for some in ([known for known in same_day if not known.number_key], same_day):
            if len(some) == 1:
                return some[0]
        if same_day:
            entry.refuse(
                Field.NUMBER,
                f"台账里这个持证人有 {len(same_day)} 个同一天期满的证照，分不清是哪个，{ASK_NUMBER}",
            )
        elif len(unnumbered) == 1 and all(self._counts[key] <= 1 for key in entry.marks()):
            return unnumbered[0]
        elif unnumbered:
            entry.warn(
                Field.NUMBER,
                f"这个持证人有几个没有编号的同类证照，期满日期都对不上，会作为新证照加入；{ASK_NUMBER}",
            )
        else:
            entry.warn(
                Field.NUMBER,
                f"台账里有编号为“{candidates[0].license_no}”的同类证照，因这一行没有编号，会作为新证照加入；{ASK_NUMBER}",
            )
        return None
