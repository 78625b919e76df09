"""How an SMS is written and counted: placeholders, signature, and the parts that are paid for."""

import re
import unicodedata
from collections.abc import Mapping

PLACEHOLDER = re.compile(r"\{(\w+)\}")
SINGLE_SIGNS = 70  # of a message with Chinese in it (UCS-2), the signature included
PART_SIGNS = 67  # of each part of a longer one; three go to the header that joins them
LONGEST_PARAM = 35  # signs of one placeholder, the smallest room any of the platforms gives
LONGEST_PARTS = 5  # beyond this no platform takes it


# What operators and platforms honour as "no more"; letters in any case, blanks do not matter.
REFUSALS = frozenset({"T", "TD", "N", "退订", "退", "TUIDING", "取消", "停止", "不要再发"})
WELCOMES = frozenset({"DY", "订阅", "恢复", "Y"})


def is_refusal(text: str) -> bool:
    return _plain(text) in REFUSALS


def is_welcome(text: str) -> bool:
    """They want SMS again."""
    return _plain(text) in WELCOMES


def fill(text: str, params: Mapping[str, str]) -> str:
    """Raises KeyError for a placeholder without a value."""
    return PLACEHOLDER.sub(lambda found: params[found.group(1)], text)


def placeholders(text: str) -> list[str]:
    return PLACEHOLDER.findall(text)


def signed(text: str, signature: str) -> str:
    return f"【{signature}】{text}"


def segments(text: str, signature: str) -> int:
    """Messages that are paid for; a sign outside the basic plane counts as two."""
    count = signs(text, signature)
    return 1 if count <= SINGLE_SIGNS else -(-count // PART_SIGNS)


def signs(text: str, signature: str) -> int:
    """What is counted, the signature included."""
    return len(signed(text, signature).encode("utf-16-le")) // 2


def _plain(text: str) -> str:
    """Without blanks and punctuation, in half-width capitals."""
    kept = unicodedata.normalize("NFKC", text).upper()
    return "".join(sign for sign in kept if sign.isalnum())
