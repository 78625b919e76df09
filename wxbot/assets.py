"""Serves what never changes under its address, small and for a year: the address changes with the content."""

import gzip
import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from flask import Blueprint, Response, abort, request
from flask.typing import ResponseReturnValue

bp = Blueprint("assets", __name__)
HERE = Path(__file__).parent / "static"
NAMES = ("weui-2.6.26.min.css", "tokens.css", "pages.css", "binding.css", "where.svg", "subscribe.js")
KINDS = {"css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}


@dataclass(frozen=True)
class Asset:
    content: bytes
    packed: bytes
    digest: str


@bp.get("/h5/static/<name>")
def show(name: str) -> ResponseReturnValue:
    if name not in NAMES:
        abort(404)
    asset = read(name)
    is_packed = request.accept_encodings.quality("gzip") > 0
    response = Response(
        asset.packed if is_packed else asset.content,
        mimetype=KINDS[name.rpartition(".")[2]],
    )
    if is_packed:
        response.headers["Content-Encoding"] = "gzip"
    response.headers["Vary"] = "Accept-Encoding"
    response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    response.set_etag(f"{asset.digest}{'-gz' if is_packed else ''}")
    return response.make_conditional(request)


@bp.app_template_global()
def asset_url(name: str) -> str:
    return f"/h5/static/{name}?v={read(name).digest}"


@cache
def read(name: str) -> Asset:
    content = (HERE / name).read_bytes()
    return Asset(content, gzip.compress(content, 9, mtime=0), hashlib.sha256(content).hexdigest()[:12])
