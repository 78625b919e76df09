"""How long a license kind is valid: the catalogue's wording, and whether a license's dates agree with it."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import date

from reminders.errors import Invalid
from reminders.rules.dates import ONE_DAY, minus_months

NO_FIXED_TERM = "无"
SPAN = re.compile(r"(\d{1,2})(?:[至\-~—–](\d{1,2}))?年(?:\(([^()]+)\))?")
# A renewal decided early may run from the day after the old expiry, so a term may end up to this much
# later than counted from the day of issue (the earliest window opens 6 months before expiry).
EARLY_DECISION_MONTHS = 6


@dataclass(frozen=True)
class Span:
    """A term of so many years; `only_for` names the class it is meant for, for example `C类`."""

    min_years: int
    max_years: int
    only_for: str = ""


@dataclass(frozen=True)
class Validity:
    """`spans` is empty where the catalogue says 无: what the license itself says counts."""

    text: str
    spans: tuple[Span, ...]

    @property
    def min_years(self) -> int | None:
        return min((span.min_years for span in self.spans), default=None)

    @property
    def max_years(self) -> int | None:
        return max((span.max_years for span in self.spans), default=None)


def parse(text: str) -> Validity:
    """Understands 5年 · 3至5年 · 3-5年 · 2至5年,1年(C类) · 无, in full or half width. Raises Invalid."""
    plain = unicodedata.normalize("NFKC", text).replace(" ", "")
    if plain == NO_FIXED_TERM:
        return Validity(text, ())
    return Validity(text, tuple(_span(part, text) for part in re.split("[,、;]", plain)))


def check(validity: Validity, issued_on: date, expires_on: date) -> str | None:
    """A sentence for whoever checks the ledger when the two dates do not fit the term, else None.

    Both ends are in use: 2020-03-01 to 2025-02-28 and to 2025-03-01 are 5 years.
    """
    if expires_on <= issued_on:
        return f"期满日期 {expires_on} 不晚于发证日期 {issued_on}，请核对"
    if not validity.spans or any(_fits(span, issued_on, expires_on) for span in validity.spans):
        return None
    return f"发证日期 {issued_on} 至期满日期 {expires_on} 与目录有效期“{validity.text}”不符，请核对"


def _span(part: str, text: str) -> Span:
    found = SPAN.fullmatch(part)
    if found is None:
        raise Invalid(f"有效期“{text}”无法识别，请写成 5年、3至5年、2至5年,1年(C类) 或 无")
    least, most, only_for = found.groups()
    span = Span(int(least), int(most or least), only_for or "")
    if not 1 <= span.min_years <= span.max_years:
        raise Invalid(f"有效期“{text}”的年数不对，请核对")
    return span


def _fits(span: Span, issued_on: date, expires_on: date) -> bool:
    earliest = _plus_years(issued_on, span.min_years) - ONE_DAY
    latest = minus_months(_plus_years(issued_on, span.max_years), -EARLY_DECISION_MONTHS)
    return earliest <= expires_on <= latest


def _plus_years(day: date, years: int) -> date:
    return minus_months(day, -12 * years)
