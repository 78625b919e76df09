"""Reads dates as people write them in ledgers."""

import re
from datetime import date, timedelta
from functools import lru_cache

from reminders.errors import Invalid
from reminders.rules.identity import clean

EARLIEST, LATEST = date(1980, 1, 1), date(2100, 12, 31)
# Day 0 of the 1900 date system as spreadsheets count it (they believe in 29 February 1900).
SERIAL_ZERO = date(1899, 12, 30)
FOREVER = frozenset({"长期", "长期有效", "永久", "永久有效", "无", "无期限", "无固定期限", "无限期"})

_SPLIT = re.compile(r"(\d{4})\s*[-./年]\s*(\d{1,2})\s*[-./月]\s*(\d{1,2})\s*[日号]?(?:[T ].*|)")
_SOLID = re.compile(r"(\d{4})(\d{2})(\d{2})")
_SERIAL = re.compile(r"(\d{5})(?:\.\d+)?")
_MONTH_ONLY = re.compile(r"\d{4}\s*[-./年]\s*\d{1,2}\s*月?")
_CHINESE = re.compile(
    r"([〇零一二三四五六七八九]{4})年([一二三四五六七八九十]{1,2})月([一二三四五六七八九十]{1,3})[日号]"
)
_DIGITS = {sign: number for number, sign in enumerate("〇一二三四五六七八九")} | {"零": 0}


@lru_cache(maxsize=20_000)
def read(text: str) -> date:
    """2026-12-20, 2026.12.20, 20261220, 2026年12月20日, an Excel day number … Raises Invalid with a cure."""
    plain = clean(text)
    chinese = _CHINESE.fullmatch(plain)
    if chinese:
        year = int("".join(str(_DIGITS[sign]) for sign in chinese[1]))
        return _day(year, _small(chinese[2]), _small(chinese[3]), text)
    parts = _SPLIT.fullmatch(plain) or _SOLID.fullmatch(plain)
    if parts:
        return _day(int(parts[1]), int(parts[2]), int(parts[3]), text)
    serial = _SERIAL.fullmatch(plain)
    if serial:
        return _plausible(SERIAL_ZERO + timedelta(days=int(serial[1])), text)
    if _MONTH_ONLY.fullmatch(plain):
        raise Invalid(f"“{text}”只有年月，请写到日，例如 2026-12-20")
    raise Invalid(f"“{text}”不是能看懂的日期，请写成 2026-12-20 的样子")


def is_forever(text: str) -> bool:
    return clean(text) in FOREVER


def _day(year: int, month: int, day: int, text: str) -> date:
    try:
        return _plausible(date(year, month, day), text)
    except ValueError:
        raise Invalid(f"没有“{text}”这一天，请核对年月日") from None


def _plausible(day: date, text: str) -> date:
    if not EARLIEST <= day <= LATEST:
        raise Invalid(f"“{text}”的年份（{day.year}）不合常理，请核对")
    return day


def _small(text: str) -> int:
    """十 to 三十一 and the single signs."""
    tens, ten, ones = text.rpartition("十")
    return (_DIGITS[tens] if tens else 1) * 10 * bool(ten) + (_DIGITS[ones] if ones else 0)
