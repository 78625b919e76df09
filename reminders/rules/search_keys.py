"""Makes the short keys by which a row of the ledger is found: pinyin initials, and the last four signs."""

from functools import lru_cache

from pypinyin import Style, lazy_pinyin
from pypinyin.seg.simpleseg import seg

from reminders.rules.identity import name_key, number_key

TAIL = 4
LONGEST = 200


def initials(name: str) -> str:
    """First letters of the pinyin, other letters and digits as they stand: 示例1号药房 → sl1hyf."""
    return "".join(map(_letters, seg(name_key(name))))[:LONGEST]


@lru_cache(maxsize=10_000)
def _letters(word: str) -> str:
    """Of one word, as the library reads it among others: the names of a large sheet share their words."""
    letters = "".join(lazy_pinyin([word], style=Style.FIRST_LETTER)).lower()
    return "".join(sign for sign in letters if sign.isascii() and sign.isalnum())


def tail(number: str) -> str:
    """The last four signs of a phone or license number; fewer where it has no more."""
    return number_key(number)[-TAIL:]


def phone_mark(digits: str) -> str:
    """What is blinded so that the end of a sealed phone can be looked up."""
    return f"tail:{digits[-TAIL:]}"
