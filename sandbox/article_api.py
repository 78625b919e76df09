"""The platform's API for articles: pictures, drafts, publishing, mass sends; and the pages followers see."""

import json
import secrets
from typing import Any

from flask import Blueprint, Response, abort, render_template, request
from markupsafe import Markup

from sandbox import wechat_api
from sandbox.account_articles import AccountArticles
from sandbox.template_messages import Refused
from sandbox.world import world

bp = Blueprint("article_api", __name__)
MEGA = 2**20
PNG, JPG = b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff"


@bp.before_request
def check_token() -> Response | None:
    return wechat_api.check_token() if request.path.startswith("/cgi-bin/") else None


@bp.errorhandler(Refused)
def refused(error: Refused) -> Response:
    if error.errcode == 45065:
        told = {"errcode": 45065, "errmsg": "clientmsgid exist", "msg_id": int(str(error))}
        return _json(told)
    return wechat_api.refused(error)


# --- pictures ---


@bp.post("/cgi-bin/material/add_material")
def add_material() -> Response:
    """A permanent picture; counted in the account's library."""
    if request.args.get("type") != "image":
        raise Refused(40004, "invalid media type")
    media_id, url = _keep_picture(10 * MEGA)
    return _json({"media_id": media_id, "url": url})


@bp.post("/cgi-bin/media/uploadimg")
def upload_image() -> Response:
    _, url = _keep_picture(MEGA)
    return _json({"url": url})


@bp.post("/cgi-bin/material/batchget_material")
def materials() -> Response:
    known = [entry for entry in _account().materials.values() if entry["permanent"]]
    page = _page(known[::-1])
    items = [{"media_id": one["media_id"], "name": one["name"], "url": one["url"]} for one in page]
    return _json({"total_count": len(known), "item_count": len(items), "item": items})


@bp.get("/articles/pictures/<name>")
def picture(name: str) -> Response:
    path = world().settings.folder / "pictures" / name
    if "/" in name or not path.is_file():
        abort(404)
    return Response(path.read_bytes(), content_type="image/png")


# --- drafts ---


@bp.post("/cgi-bin/draft/add")
def add_draft() -> Response:
    return _json({"media_id": _account().add_draft(_body().get("articles"))})


@bp.post("/cgi-bin/draft/get")
def get_draft() -> Response:
    media_id = str(_body().get("media_id", ""))
    if media_id not in _account().drafts:
        raise Refused(40007, "invalid media_id")
    return _json({"news_item": _account().drafts[media_id]})


@bp.post("/cgi-bin/draft/batchget")
def drafts() -> Response:
    found = list(_account().drafts.items())[::-1]
    items = [{"media_id": key, "content": {"news_item": told}} for key, told in _page(found)]
    return _json({"total_count": len(found), "item_count": len(items), "item": items})


@bp.post("/cgi-bin/draft/delete")
def delete_draft() -> Response:
    media_id = str(_body().get("media_id", ""))
    if media_id not in _account().drafts:
        raise Refused(40007, "invalid media_id")
    world().log.append("draft_gone", media_id=media_id)
    return _json({"errcode": 0, "errmsg": "ok"})


# --- publishing ---


@bp.post("/cgi-bin/freepublish/submit")
def submit() -> Response:
    number = _account().submit(str(_body().get("media_id", "")))
    return _json({"errcode": 0, "errmsg": "ok", "publish_id": number, "msg_data_id": int(number)})


@bp.post("/cgi-bin/freepublish/get")
def get_job() -> Response:
    job = _account().jobs.get(str(_body().get("publish_id", "")))
    if job is None:
        raise Refused(53502, "publish_id invalid")
    told: dict[str, Any] = {"publish_id": job.number, "publish_status": job.status, "fail_idx": []}
    if job.article_id:
        item = [{"idx": 1, "article_url": _account().address(job.article_id)}]
        told |= {"article_id": job.article_id, "article_detail": {"count": 1, "item": item}}
    return _json(told)


@bp.post("/cgi-bin/freepublish/getarticle")
def get_article() -> Response:
    known = _account().articles.get(str(_body().get("article_id", "")))
    if known is None or not known["live"] or known["how"] != "free":
        raise Refused(53600, "article_id invalid")
    return _json({"news_item": [{**one, "is_deleted": False} for one in known["news_item"]]})


@bp.post("/cgi-bin/freepublish/delete")
def delete_article() -> Response:
    _account().delete(str(_body().get("article_id", "")))
    return _json({"errcode": 0, "errmsg": "ok"})


@bp.post("/cgi-bin/freepublish/batchget")
def published() -> Response:
    """Mass-sent ones are not in this list."""
    live = [(key, one) for key, one in _account().articles.items() if one["live"] and one["how"] == "free"][
        ::-1
    ]
    items = [
        {
            "article_id": key,
            "content": {
                "news_item": [
                    {**told, "url": _account().address(key), "content": ""} for told in one["news_item"]
                ]
            },
        }
        for key, one in _page(live)
    ]
    return _json({"total_count": len(live), "item_count": len(items), "item": items})


# --- mass sends ---


@bp.post("/cgi-bin/message/mass/sendall")
def send_all() -> Response:
    wanted = _body()
    if wanted.get("msgtype") != "mpnews" or not wanted.get("filter", {}).get("is_to_all"):
        raise Refused(40008, "invalid message type")
    media_id = str(wanted.get("mpnews", {}).get("media_id", ""))
    number = _account().send_all(media_id, str(wanted.get("clientmsgid", "")))
    return _json({"errcode": 0, "errmsg": "send job submission success", "msg_id": int(number)})


@bp.post("/cgi-bin/message/mass/get")
def get_mass() -> Response:
    job = _account().mass.get(str(_body().get("msg_id", "")))
    if job is None:
        raise Refused(40059, "invalid msg id")
    return _json({"msg_id": int(job.number), "msg_status": job.status})


@bp.post("/cgi-bin/message/mass/delete")
def delete_mass() -> Response:
    _account().delete_mass(str(_body().get("msg_id", "")))
    return _json({"errcode": 0, "errmsg": "ok"})


# --- what followers see ---


@bp.get("/articles")
def front() -> str:
    live = [(key, one) for key, one in _account().articles.items() if one["live"]][::-1]
    return render_template("account_articles.html", articles=live)


@bp.get("/articles/<article_id>")
def page(article_id: str) -> str:
    known = _account().articles.get(article_id)
    if known is None:
        abort(404)
    if not known["live"]:
        abort(410)
    one = known["news_item"][0]
    return render_template("account_article.html", one=one, body=Markup(one["content"]))


def _account() -> AccountArticles:
    account = world().account
    account.url = account.url or world().url()
    return account


def _keep_picture(largest: int) -> tuple[str, str]:
    file = request.files.get("media")
    content = file.read() if file else b""
    if not content or not content.startswith((PNG, JPG)):
        raise Refused(40005, "invalid file type")
    if len(content) > largest:
        raise Refused(40009, "invalid image size")
    permanent = "add_material" in request.path
    name = f"{secrets.token_hex(12)}.png"
    folder = world().settings.folder / "pictures"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(content)
    media_id, url = f"material-{secrets.token_urlsafe(24)}", f"{world().url()}/articles/pictures/{name}"
    told = (file.filename if file else "") or name
    world().log.append("material", media_id=media_id, name=told, url=url, permanent=permanent)
    world().counts["materials_added" if permanent else "images_uploaded"] += 1
    return media_id, url


def _page(found: list[Any]) -> list[Any]:
    wanted = _body()
    offset, count = int(wanted.get("offset", 0)), int(wanted.get("count", 20))
    if not 1 <= count <= 20:
        raise Refused(40097, "invalid args")
    return found[offset : offset + count]


def _body() -> dict[str, Any]:
    try:
        body = json.loads(request.get_data())
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise Refused(47001, "data format error")
    return body


def _json(value: dict[str, Any]) -> Response:
    return Response(json.dumps(value, ensure_ascii=False), content_type="application/json; encoding=utf-8")
