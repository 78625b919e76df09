"""Signs a request, so that its receiver knows who sent it, when, and that nobody changed it on the way."""

import hashlib
import hmac

from reminders import clock


def signed(key: bytes, method: str, path: str, content: bytes) -> tuple[str, str]:
    """The moment in seconds since 1970, and the HMAC-SHA256 over method, path, moment and body digest."""
    stamp = str(int(clock.now().timestamp()))
    text = "\n".join((method, path, stamp, hashlib.sha256(content).hexdigest()))
    return stamp, hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
