"""Fits values into the typed fields of WeChat template messages."""

import re
from collections.abc import Callable, Mapping
from datetime import date

# What the platform calls a field says what it takes (template message page, rules since 2023-05-04). A text
# that is too long is cut there without a word; a wrong one is answered with 47003, which stops the template.
# So both happen here first, and a kind that is not in this file is refused when the mapping is read.

Value = str | int | date

KEY = re.compile(r"([a-z]+(?:_[a-z]+)*)(\d{1,3})")
UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]+")
EMOJI = re.compile(r"[\U00010000-\U0010ffff\u2600-\u27bf\ufe0f]")
ELLIPSIS = "…"
PLACES = ("山东省", "威海市")
LEGAL_FORMS = ("股份有限公司", "有限责任公司", "有限公司")


class FieldFault(ValueError):
    """This value cannot stand in this field; the text names the field, never the value."""


def kind_of(key: str) -> str:
    """`thing12` → `thing`. Raises FieldFault for a key whose kind is not known here."""
    found = KEY.fullmatch(key)
    if found is None or found.group(1) not in KINDS:
        raise FieldFault(f"{key}: not a kind of template field known here ({', '.join(sorted(KINDS))})")
    return found.group(1)


def fit(key: str, value: Value | None, *, allowed: Mapping[str, tuple[str, ...]]) -> str:
    """The text for this field. `allowed` lists, by key, the preset words of `const` and `enum` fields.

    Raises FieldFault when the value is absent or has the wrong shape; only free text is ever shortened.
    """
    kind = kind_of(key)
    if value is None:
        raise FieldFault(f"{key}: there is nothing to say")
    text = one_line(str(value))
    if not text:
        raise FieldFault(f"{key}: there is nothing to say")
    if kind in PRESET:
        if text not in allowed.get(key, ()):
            raise FieldFault(f"{key}: not one of the words chosen when the template was added")
        return text
    return KINDS[kind](key, text)


def one_line(text: str) -> str:
    """Without line breaks, control characters and emoji; runs of blanks become one."""
    return " ".join(EMOJI.sub("", UNPRINTABLE.sub(" ", text)).split())


def cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1].rstrip() + ELLIPSIS


def shorten_company(name: str, most: int = 20) -> str:
    """Drops the place and then the legal form of a company's name, and only as far as needed."""
    short = one_line(name)
    for place in PLACES:
        if len(short) > most and short.startswith(place):
            short = short.removeprefix(place)
    for form in LEGAL_FORMS:
        if len(short) > most:
            short = short.removesuffix(form)
    return cut(short, most)


def _shaped(pattern: str) -> Callable[[str, str], str]:
    shape = re.compile(pattern)

    def check(key: str, text: str) -> str:
        if shape.fullmatch(text) is None:
            raise FieldFault(f"{key}: the value does not have the shape this field takes")
        return text

    return check


def _thing(_key: str, text: str) -> str:
    return cut(text, 20)


def _name(_key: str, text: str) -> str:
    """Ten Chinese characters, or twenty letters and signs."""
    return cut(text, 20 if text.isascii() else 10)


_DAY = r"\d{4}(?:年\d{1,2}月\d{1,2}日|-\d{2}-\d{2}|/\d{2}/\d{2})"
_MINUTE = r"(?:[01]?\d|2[0-3]):[0-5]\d(?::[0-5]\d)?"
_MOMENT = rf"(?:{_DAY}(?: {_MINUTE})?|{_MINUTE})"

PRESET = frozenset({"const", "enum"})
KINDS: dict[str, Callable[[str, str], str]] = {
    "thing": _thing,
    "name": _name,
    "character_string": _shaped(r"[\x20-\x7e]{1,32}"),
    "phrase": _shaped(r"[\u4e00-\u9fff]{1,5}"),
    "time": _shaped(rf"{_MOMENT}(?:~{_MOMENT})?"),
    "date": _shaped(rf"{_DAY}(?: {_MINUTE})?"),
    "number": _shaped(r"-?\d{1,31}(?:\.\d{1,30})?"),
    "amount": _shaped(r"[¥￥$€]?\d{1,10}(?:\.\d{1,2})?元?"),
    "phone_number": _shaped(r"[0-9+\-() ]{1,17}"),
    "car_number": _shaped(r"[\u4e00-\u9fffA-Z0-9]{1,8}"),
    "letter": _shaped(r"[A-Za-z]{1,32}"),
    "symbol": _shaped(r"[!-/:-@\[-`{-~]{1,5}"),
    "const": _thing,
    "enum": _thing,
}
