"""The government service site: takes signed articles under /cms-api and shows what is live under /cms."""

import hashlib
import hmac
import time

from flask import Blueprint, Response, abort, jsonify, render_template, request
from markupsafe import Markup

from sandbox.log import SHOWN
from sandbox.world import world

bp = Blueprint("cms", __name__)
CLOCKS_APART_S = 300
FIELDS = ("title", "html", "published_at", "digest", "source")


@bp.before_request
def check_signature() -> tuple[Response, int] | None:
    if not request.path.startswith("/cms-api/"):
        return None
    timestamp = request.headers.get("X-Timestamp", "")
    if not timestamp.isdigit() or abs(time.time() - int(timestamp)) > CLOCKS_APART_S:
        return jsonify(code="TIMESTAMP", message="X-Timestamp 缺少或超过五分钟"), 401
    body = hashlib.sha256(request.get_data()).hexdigest()
    path = str(request.environ.get("RAW_URI") or request.path).partition("?")[0]
    text = "\n".join((request.method, path, timestamp, body))
    wanted = hmac.new(world().settings.cms_key.encode(), text.encode(), hashlib.sha256).hexdigest()
    if not hmac.compare_digest(wanted, request.headers.get("X-Signature", "").lower()):
        return jsonify(code="SIGNATURE", message="X-Signature 不对"), 401
    return None


@bp.put("/cms-api/articles/<external_id>")
def put(external_id: str) -> tuple[Response, int]:
    """The same article as often as wanted: one external id is one page."""
    wanted = request.get_json(silent=True)
    if not isinstance(wanted, dict) or not wanted.get("title") or not wanted.get("html"):
        return jsonify(code="PARAMS_ILLEGAL", message="title 或 html 缺少"), 400
    article = {name: str(wanted.get(name) or "") for name in FIELDS}
    with world().log.lock:
        known = world().articles.get(external_id)
        if known is None or not known["live"] or any(known[name] != article[name] for name in FIELDS):
            world().log.append("article", external_id=external_id, live=True, **article)
            world().log.append(
                SHOWN,
                channel="article",
                client_msg_id=external_id,
                msgid=article["digest"],
                content={"title": article["title"]},
            )
    world().counts["article_puts"] += 1
    return _described(external_id), 201 if known is None else 200


@bp.get("/cms-api/articles/<external_id>")
def get(external_id: str) -> tuple[Response, int]:
    if external_id not in world().articles:
        return jsonify(code="NOT_FOUND", message="没有这篇文章"), 404
    return _described(external_id), 200


@bp.delete("/cms-api/articles/<external_id>")
def delete(external_id: str) -> tuple[Response, int]:
    """Takes the page down; nothing changes when it is down or was never there."""
    with world().log.lock:
        known = world().articles.get(external_id)
        if known is None:
            return jsonify(external_id=external_id, digest="", url="", live=False), 200
        if known["live"]:
            article = {name: known[name] for name in FIELDS}
            world().log.append("article", external_id=external_id, live=False, **article)
    return _described(external_id), 200


@bp.get("/cms")
def front() -> str:
    live = [article for article in list(world().articles.values())[::-1] if article["live"]]
    return render_template("cms.html", articles=live)


@bp.get("/cms/articles/<external_id>")
def page(external_id: str) -> str:
    article = world().articles.get(external_id)
    if article is None:
        abort(404)
    if not article["live"]:
        abort(410)
    # shown as it came: the page's own policy lets no script and no style of it act
    return render_template("cms_article.html", article=article, body=Markup(article["html"]))


def _described(external_id: str) -> Response:
    article = world().articles[external_id]
    url = f"{world().url()}/cms/articles/{external_id}"
    return jsonify(external_id=external_id, digest=article["digest"], url=url, live=article["live"])
