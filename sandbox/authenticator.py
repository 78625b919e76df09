"""The authenticator on a made-up colleague's phone: the code of RFC 6238 that it shows now."""

import base64
import hashlib
import hmac
import secrets
import time

STEP_S = 30


def new_secret() -> str:
    return base64.b32encode(secrets.token_bytes(20)).decode()


def code(secret: str, at: float | None = None) -> str:
    """Six digits; `at` in seconds since 1970, now unless given."""
    step = int(time.time() if at is None else at) // STEP_S
    digest = hmac.new(base64.b32decode(secret), step.to_bytes(8, "big"), hashlib.sha1).digest()
    place = digest[-1] & 15
    number = int.from_bytes(digest[place : place + 4], "big") & 0x7FFFFFFF
    return f"{number % 10**6:06d}"
