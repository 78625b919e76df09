"""Checks the signature of a request: HMAC-SHA256 over method, path, moment and body."""

import hashlib
import hmac
import time

from flask import request

CLOCKS_APART_S = 300


def problem(key: str) -> str:
    """Why the request cannot be trusted; empty when it can. The path is signed with its query."""
    stamp = request.headers.get("X-Timestamp", "")
    if not stamp.isdigit() or abs(time.time() - int(stamp)) > CLOCKS_APART_S:
        return "TIMESTAMP"
    body = hashlib.sha256(request.get_data()).hexdigest()
    query = request.query_string.decode()
    path = str(request.environ.get("RAW_URI") or (f"{request.path}?{query}" if query else request.path))
    wanted = hmac.new(key.encode(), "\n".join((request.method, path, stamp, body)).encode(), hashlib.sha256)
    told = request.headers.get("X-Signature", "").lower()
    return "" if key and hmac.compare_digest(wanted.hexdigest(), told) else "SIGNATURE"
