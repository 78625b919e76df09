"""Finds phone numbers and ID numbers in text that is about to become public, however they are written."""

import html
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html.parser import HTMLParser

from reminders.rules.identity import RESIDENT_SIGNS, RESIDENT_WEIGHTS, STARS

BREAK = "¶"  # stands between blocks and cells, where digits on both sides are no longer one number
PHONE, RESIDENT = "手机号", "身份证号"
OF_PEOPLE = (PHONE, RESIDENT)

_CHINESE_DIGITS = str.maketrans("〇零一二三四五六七八九壹贰叁肆伍陆柒捌玖幺", "00123456789123456789" + "1")
# Signs people put inside a number. Commas and colons are left out: 13:30-17:00 and 1、3、5 are not phones.
_GAP = r"[\s\-‐‑‒–—―−.·•・/\\|()\[\]_~*＊+]{0,3}"
_LONG = re.compile(r"\d{11,}[xX]?")
_MOBILE = re.compile(rf"(?<!\d)(?:(?:\+|00)?86{_GAP}|0)?(1{_GAP}[3-9](?:{_GAP}\d){{9}})(?!\d)")
_LANDLINE = re.compile(r"(?<!\d)\(?(0\d{2,3})[\s\-)/.]{0,3}(\d{3,4}[\s\-.]?\d{4})(?!\d)")
_LABELLED = re.compile(
    r"(?i)(?:电话|手机|座机|联系方式|tel|phone|mobile)[^\d¶]{0,8}(\d{3,4}[\s\-.]?\d{4})(?!\d)"
)
_RESIDENT = re.compile(rf"(?<!\d)(\d(?:{_GAP}\d){{16}}{_GAP}[\dXx])(?!\d)")
_NUMBERS = re.compile(r"\(?\d[\d\s\-()]{3,}\d")
_INLINE = frozenset({"a", "abbr", "b", "code", "em", "i", "s", "small", "span", "strong", "sub", "sup", "u"})


@dataclass(frozen=True)
class Found:
    """Something that must not become public. `shown` is blanked enough to be repeated to the author."""

    where: str
    what: str
    shown: str


def find_personal(text: str, where: str, *, allowed: frozenset[str] = frozenset()) -> tuple[Found, ...]:
    """Everything in the text that looks like a personal number; `allowed` are published service phones."""
    plain = plain_digits(text)
    found: dict[str, str] = {}
    for match in _LONG.finditer(plain):
        found.setdefault(_digits(match[0]), _kind_of_long(match[0]))
    for match in _RESIDENT.finditer(plain):
        number = _digits(match[1]).upper()
        if _is_resident_number(number):
            found.setdefault(number, RESIDENT)
    for match in _MOBILE.finditer(plain):
        found.setdefault(_digits(match[1]), PHONE)
    for pattern in (_LANDLINE, _LABELLED):
        for match in pattern.finditer(plain):
            found.setdefault(_digits("".join(match.groups())), "电话号码")
    return tuple(
        Found(where, what, number[:2] + STARS)
        for number, what in found.items()
        if not _is_allowed(number, allowed)
    )


def find_in_html(page: str, where: str, *, allowed: frozenset[str] = frozenset()) -> tuple[Found, ...]:
    """The same for what a browser would show, attributes included."""
    return find_personal(visible_text(page), where, allowed=allowed)


def service_numbers(phones: Iterable[str]) -> frozenset[str]:
    """Digits of the telephone numbers an office publishes on purpose."""
    return frozenset(_digits(match) for text in phones for match in _NUMBERS.findall(plain_digits(text)))


def find_in_table(
    rows: Iterable[Sequence[str]], where: str, *, allowed: frozenset[str] = frozenset()
) -> tuple[Found, ...]:
    """The same for cells of a table; `where` becomes `where 第 n 行`. Quick when all is well."""
    lines = [BREAK.join(cells) for cells in rows]
    if not find_personal(BREAK.join(lines), where, allowed=allowed):
        return ()
    return tuple(
        found
        for number, line in enumerate(lines, 1)
        for found in find_personal(line, f"{where}第 {number} 行", allowed=allowed)
    )


def plain_digits(text: str) -> str:
    """Every kind of digit becomes 0–9 and signs without width go, so that a number reads as one."""
    return unicodedata.normalize("NFKC", html.unescape(text)).translate(_FOLD)


def visible_text(page: str) -> str:
    """Text and attribute values of a page; blocks and cells are parted, inline tags leave no gap."""
    reader = _Reader()
    reader.feed(page)
    reader.close()
    return "".join(reader.parts)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self.asides: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in _INLINE:
            self.parts.append(BREAK)
        self.asides += [value for _, value in attrs if value]

    def handle_endtag(self, tag: str) -> None:
        if tag not in _INLINE:
            self.parts.append(BREAK)

    def handle_data(self, data: str) -> None:
        self.parts.append(data)

    def close(self) -> None:
        super().close()
        self.parts += [BREAK + aside for aside in self.asides]


class _Fold(dict[int, int | str | None]):
    """What each sign becomes, worked out when it is first met: a digit, nothing, or itself."""

    def __missing__(self, code: int) -> int | str | None:
        sign = chr(code)
        found: int | str | None = sign
        if unicodedata.category(sign) in ("Cf", "Mn"):
            found = None
        elif sign.isdecimal():
            found = str(unicodedata.decimal(sign))
        self[code] = found
        return found


_FOLD = _Fold(_CHINESE_DIGITS)


def _digits(text: str) -> str:
    return re.sub(r"[^\dXx]", "", text)


def _kind_of_long(number: str) -> str:
    if re.fullmatch(r"1[3-9]\d{9}", number):
        return PHONE
    return RESIDENT if _is_resident_number(number.upper()) else "11 位以上的长号码"


def _is_resident_number(number: str) -> bool:
    if not re.fullmatch(r"\d{17}[\dX]", number):
        return False
    total = sum(int(sign) * weight for sign, weight in zip(number, RESIDENT_WEIGHTS, strict=False))
    return number[17] == RESIDENT_SIGNS[total % 11]


def _is_allowed(number: str, allowed: frozenset[str]) -> bool:
    return number in allowed or (7 <= len(number) <= 8 and any(known.endswith(number) for known in allowed))
