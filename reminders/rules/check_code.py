"""The short code by which a reader asks whether a message is really ours, made from the message's number."""

from collections.abc import Callable

# Ten signs of five bits: twenty bits of a keyed digest of the number, then the number hidden under a mask
# drawn from that digest. Without the key nobody can count our messages by their codes, nor make up a code
# that is accepted, except by chance: one in 2**20, and then a message of that number must exist as well.
# Nothing is stored: codes need no column, and planning stays one statement for all messages.

SIGNS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford: no I, L, O, U
LENGTH = 10
NUMBER_BITS = 30  # a hundred thousand messages a day for 29 years
TAG_BITS = 20
READ_AS = str.maketrans("oOiIlL", "001111", " -—–－　")  # as people type them
_VALUES = {sign: value for value, sign in enumerate(SIGNS)}

Blind = Callable[[str], str]  # keyed digest of a text, at least eight hex digits long


def encode(number: int, blind: Blind) -> str:
    """The code as it is printed, like 7K3M2-QXP9T. Raises ValueError for a number that has none."""
    if not 0 <= number < 1 << NUMBER_BITS:
        raise ValueError("this number is too large for a check code")
    tag = _tag(number, blind)
    value = tag << NUMBER_BITS | number ^ _mask(tag, blind)
    signs = "".join(SIGNS[value >> 5 * place & 31] for place in reversed(range(LENGTH)))
    return printed(signs)


def decode(code: str, blind: Blind) -> int | None:
    """The number of the message, None for a code that was never given out; `code` is as `tidy` leaves it."""
    value = 0
    for sign in code:
        value = value << 5 | _VALUES[sign]
    tag = value >> NUMBER_BITS
    number = value & (1 << NUMBER_BITS) - 1 ^ _mask(tag, blind)
    return number if _tag(number, blind) == tag else None


def tidy(text: str) -> str | None:
    """The ten signs of a code however it was typed: small letters, hyphens, blanks, O for 0, I or L for 1.

    None when this is no code at all.
    """
    signs = text.translate(READ_AS).upper()
    return signs if len(signs) == LENGTH and all(sign in _VALUES for sign in signs) else None


def printed(code: str) -> str:
    """Two groups of five, which people compare more easily."""
    return f"{code[: LENGTH // 2]}-{code[LENGTH // 2 :]}"


def _tag(number: int, blind: Blind) -> int:
    return int(blind(f"check-tag:{number}")[: TAG_BITS // 4], 16)


def _mask(tag: int, blind: Blind) -> int:
    return int(blind(f"check-mask:{tag}")[:8], 16) >> 32 - NUMBER_BITS
