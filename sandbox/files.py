"""Two servers that keep files, WebDAV under /dav and S3 under /s3, and the public view of them: /site."""

import base64
import hashlib
import hmac
import mimetypes
import time
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

from flask import Blueprint, Response, abort, request

from sandbox.log import SHOWN
from sandbox.world import world

bp = Blueprint("files", __name__)
USER = "sandbox"
CLOCKS_APART_S = 900
DAV = ("GET", "PUT", "DELETE", "MKCOL", "MOVE", "OPTIONS")


@bp.route("/dav/", defaults={"path": ""}, methods=DAV)
@bp.route("/dav/<path:path>", methods=DAV)
def dav(path: str) -> Response:
    wanted = base64.b64encode(f"{USER}:{world().settings.cms_key}".encode()).decode()
    if not hmac.compare_digest(f"Basic {wanted}", request.headers.get("Authorization", "")):
        return Response(status=401, headers={"WWW-Authenticate": "Basic"})
    if request.method == "OPTIONS":
        return Response(headers={"DAV": "1", "Allow": ", ".join(DAV)})
    place = _place("dav", path)
    with world().log.lock:
        if request.method == "MKCOL":
            return _make_folder(place)
        if request.method == "MOVE":
            return _move(place)
        if request.method == "PUT" and not place.parent.is_dir():
            return Response(status=409)  # RFC 4918: the folder must be there
        return _file("dav", path, place)


@bp.route("/s3/<path:path>", methods=["GET", "PUT", "DELETE"])
def s3(path: str) -> Response:
    reason = _refusal()
    if reason:
        world().counts[f"s3_{reason}"] += 1
        return Response(f"<Error><Code>{reason}</Code></Error>", 403, content_type="application/xml")
    place = _place("s3", path)
    with world().log.lock:
        place.parent.mkdir(parents=True, exist_ok=True)
        return _file("s3", path, place)


@bp.get("/site/<kind>/<path:path>")
def site(kind: str, path: str) -> Response:
    """Shown as it lies there; the policy of the page lets no script act."""
    if kind not in ("dav", "s3"):
        abort(404)
    place = _place(kind, path)
    if not place.is_file():
        abort(404)
    return Response(place.read_bytes(), content_type=_type_of(path))


def _file(kind: str, path: str, place: Path) -> Response:
    if request.method == "GET":
        return Response(place.read_bytes()) if place.is_file() else Response(status=404)
    if request.method == "DELETE":
        known = place.is_file()
        place.unlink(missing_ok=True)
        _note(kind, path, b"", live=False)
        return Response(status=204 if known or kind == "s3" else 404)
    place.write_bytes(request.get_data())
    _note(kind, path, request.get_data(), live=True)
    return Response(status=201)


def _make_folder(place: Path) -> Response:
    if place.exists():
        return Response(status=405)
    if not place.parent.is_dir():
        return Response(status=409)
    place.mkdir()
    return Response(status=201)


def _move(place: Path) -> Response:
    target = unquote(urlsplit(request.headers.get("Destination", "")).path)
    if not target.startswith("/dav/"):
        return Response(status=502)
    goal = _place("dav", target.removeprefix("/dav/"))
    if not place.is_file():
        return Response(status=404)
    if goal.exists() and request.headers.get("Overwrite", "T") != "T":
        return Response(status=412)
    known = goal.exists()
    place.replace(goal)
    _note("dav", target.removeprefix("/dav/"), goal.read_bytes(), live=True)
    return Response(status=204 if known else 201)


def _note(kind: str, path: str, content: bytes, *, live: bool) -> None:
    """Pages of notices are what people are shown; the rest is only kept."""
    world().counts[f"{kind}_{request.method.lower()}"] += 1
    if path.startswith("notices/") and path.endswith("index.html"):
        digest = hashlib.sha256(content).hexdigest()
        world().log.append(SHOWN, channel="page", client_msg_id=path, msgid=digest, content={"live": live})


def _place(kind: str, path: str) -> Path:
    root = (world().settings.folder / "files" / kind).resolve()
    root.mkdir(parents=True, exist_ok=True)
    place = (root / path).resolve()
    if not place.is_relative_to(root):
        abort(400)
    return place


def _type_of(path: str) -> str:
    found = mimetypes.guess_type(path)[0] or "application/octet-stream"
    if path.endswith(".atom"):
        found = "application/atom+xml"
    return f"{found}; charset=utf-8" if found.startswith("text/") else found


def _refusal() -> str:
    """Signature Version 4, worked out from the request alone; empty when it is right."""
    told = request.headers.get("Authorization", "")
    stamp, summary = (request.headers.get(f"x-amz-{name}", "") for name in ("date", "content-sha256"))
    try:
        fields = dict(part.strip().split("=", 1) for part in told.split(" ", 1)[1].split(","))
        key_id, day, region, service, end = fields["Credential"].split("/")
        names = fields["SignedHeaders"].split(";")
        at = datetime.strptime(stamp, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except (IndexError, KeyError, ValueError):
        return "AuthorizationHeaderMalformed"
    if abs(time.time() - at.timestamp()) > CLOCKS_APART_S:
        return "RequestTimeTooSkewed"
    if key_id != USER or (service, end) != ("s3", "aws4_request") or "host" not in names:
        return "InvalidAccessKeyId"
    if hashlib.sha256(request.get_data()).hexdigest() != summary:
        return "XAmzContentSHA256Mismatch"
    wanted = _signature(dict(request.headers), names, stamp, summary, (day, region, service, end))
    return "" if hmac.compare_digest(wanted, fields.get("Signature", "")) else "SignatureDoesNotMatch"


def _signature(
    headers: dict[str, str], names: list[str], stamp: str, summary: str, scope: tuple[str, ...]
) -> str:
    told = {name.lower(): value.strip() for name, value in headers.items()}
    lines = "".join(f"{name}:{told.get(name, '')}\n" for name in names)
    path = quote(request.path, safe="/-._~")
    canonical = f"{request.method}\n{path}\n{request.query_string.decode()}\n{lines}\n{';'.join(names)}\n"
    hashed = hashlib.sha256((canonical + summary).encode()).hexdigest()
    key = b"AWS4" + world().settings.cms_key.encode()
    for part in scope:
        key = hmac.digest(key, part.encode(), "sha256")
    text = "\n".join(("AWS4-HMAC-SHA256", stamp, "/".join(scope), hashed))
    return hmac.digest(key, text.encode(), "sha256").hex()
