"""The secrets that bind once: what a QR code carries, and the code that a person types from paper."""

import re
import secrets

from reminders.rules.check_code import READ_AS, SIGNS

SCENE_BYTES = 20
SCENE = re.compile(r"b[0-9a-f]{40}")  # the platform takes 1 to 64 signs
LENGTH = 12  # 60 bits; a check code has ten, so that neither is taken for the other
GROUP = 4


def new_scene() -> str:
    """What a QR code says; it tells nothing of the license or the holder."""
    return "b" + secrets.token_hex(SCENE_BYTES)


def new_code() -> str:
    """Twelve signs without those that are mistaken for others, as `tidy` leaves them."""
    return "".join(secrets.choice(SIGNS) for _ in range(LENGTH))


def tidy(text: str) -> str | None:
    """The twelve signs however they were typed; None when this is no such code."""
    signs = text.translate(READ_AS).upper()
    return signs if len(signs) == LENGTH and all(sign in SIGNS for sign in signs) else None


def printed(code: str) -> str:
    """Three groups of four: 7K3M-2QXP-9TRD."""
    return "-".join(code[place : place + GROUP] for place in range(0, LENGTH, GROUP))


def is_scene(text: str) -> bool:
    return SCENE.fullmatch(text) is not None
