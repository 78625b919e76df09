"""Makes the short keys by which a row of the ledger is found: pinyin initials, and the last four signs."""

from pypinyin import Style, lazy_pinyin

from reminders.rules.identity import name_key, number_key

TAIL = 4
LONGEST = 200


def initials(name: str) -> str:
    """First letters of the pinyin, other letters and digits as they stand: 示例1号药房 → sl1hyf."""
    letters = lazy_pinyin(name_key(name), style=Style.FIRST_LETTER)
    return "".join(sign for sign in "".join(letters).lower() if sign.isascii() and sign.isalnum())[:LONGEST]


def tail(number: str) -> str:
    """The last four signs of a phone or license number; fewer where it has no more."""
    return number_key(number)[-TAIL:]


def phone_mark(digits: str) -> str:
    """What is blinded so that the end of a sealed phone can be looked up."""
    return f"tail:{digits[-TAIL:]}"
