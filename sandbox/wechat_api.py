"""The platform's API under /cgi-bin: tokens, template messages, QR codes, menu, users."""

import io
import json
import secrets
from datetime import datetime, timedelta
from typing import Any

import segno
from flask import Blueprint, Response, request

from sandbox import account, page_scripts
from sandbox.log import moment
from sandbox.people import Person
from sandbox.template_messages import Refused
from sandbox.tokens import CHINA, GOOD
from sandbox.world import world

bp = Blueprint("wechat_api", __name__)
OPEN = frozenset({"/cgi-bin/token", "/cgi-bin/stable_token", "/cgi-bin/showqrcode"})
ERRORS = {
    40001: "invalid credential, access_token is invalid or not latest",
    42001: "access_token expired",
}
CLEARED_A_MONTH = 10
DAILY_LIMIT = 100_000
LONGEST_QR_S = 2_592_000


@bp.before_request
def check_token() -> Response | None:
    if request.path in OPEN:
        return None
    token = request.args.get("access_token", "")
    if not token:
        return _error(41001, "access_token missing")
    found = world().tokens.check(token)
    return None if found == GOOD else _error(found, ERRORS[found])


@bp.errorhandler(Refused)
def refused(error: Refused) -> Response:
    return _error(error.errcode, str(error))


@bp.post("/cgi-bin/stable_token")
def stable_token() -> Response:
    wanted = _body()
    _check_secret(wanted.get("appid"), wanted.get("secret"))
    if wanted.get("grant_type") != "client_credential":
        raise Refused(40002, "invalid grant_type")
    world().counts["stable_token_calls"] += 1
    token, left = world().tokens.stable(force=wanted.get("force_refresh") is True)
    return _json({"access_token": token, "expires_in": left})


@bp.get("/cgi-bin/stable_token")
def stable_token_by_get() -> Response:
    return _error(43002, "require POST method")


@bp.get("/cgi-bin/token")
def token() -> Response:
    _check_secret(request.args.get("appid"), request.args.get("secret"))
    world().counts["token_calls"] += 1
    fresh, life = world().tokens.plain()
    return _json({"access_token": fresh, "expires_in": life})


@bp.post("/cgi-bin/message/template/send")
def send_template() -> Response:
    msgid = world().templates.send(_body())
    return _json({"errcode": 0, "errmsg": "ok", "msgid": msgid})


@bp.post("/cgi-bin/message/subscribe/bizsend")
def send_notice() -> Response:
    world().notices.send(_body())
    return _ok()


@bp.post("/cgi-bin/message/custom/send")
def send_text() -> Response:
    world().texts.send(_body())
    return _ok()


@bp.get("/cgi-bin/template/get_all_private_template")
def templates() -> Response:
    return _json({"template_list": list((world().templates.known or account.TEMPLATES).values())})


@bp.get("/wxaapi/newtmpl/gettemplate")
def notice_templates() -> Response:
    names = {"template_id": "priTmplId", "title": "title", "content": "content"}
    mine = [{names[key]: value for key, value in one.items()} for one in account.NOTICES.values()]
    return _json({"errcode": 0, "errmsg": "ok", "data": [{**one, "type": 3} for one in mine]})


@bp.post("/cgi-bin/openapi/quota/get")
def quota() -> Response:
    today = datetime.fromtimestamp(world().log.now(), CHINA).date()
    shown = world().log.shown()
    used = 0
    for entry in reversed(shown):
        if datetime.fromtimestamp(moment(entry), CHINA).date() != today:
            break
        used += entry["channel"] == "template"
    limits = {"daily_limit": DAILY_LIMIT, "used": used, "remain": max(DAILY_LIMIT - used, 0)}
    return _json({"errcode": 0, "errmsg": "ok", "quota": limits})


@bp.post("/cgi-bin/clear_quota")
def clear_quota() -> Response:
    """Ten times a month; the day's count itself is a fold over the log and stays as it is here."""
    world().counts["quota_cleared"] += 1
    if world().counts["quota_cleared"] > CLEARED_A_MONTH:
        raise Refused(48006, "forbid to clear quota because of reaching the limit")
    return _ok()


@bp.get("/cgi-bin/get_api_domain_ip")
@bp.get("/cgi-bin/getcallbackip")
def addresses() -> Response:
    return _json({"ip_list": ["127.0.0.1"]})


@bp.get("/cgi-bin/ticket/getticket")
def page_ticket() -> Response:
    ticket, left = page_scripts.give_ticket(world(), request.args.get("type", ""))
    return _json({"errcode": 0, "errmsg": "ok", "ticket": ticket, "expires_in": left})


@bp.post("/cgi-bin/qrcode/create")
def create_qr() -> Response:
    wanted = _body()
    scene = wanted.get("action_info", {}).get("scene", {})
    text = str(scene.get("scene_str") or scene.get("scene_id") or "")
    if not 1 <= len(text) <= 64:
        raise Refused(40051, "invalid scene_str")
    seconds = min(int(wanted.get("expire_seconds") or 60), LONGEST_QR_S)
    ends = datetime.fromtimestamp(world().log.now(), CHINA) + timedelta(seconds=seconds)
    ticket = "gQ" + secrets.token_urlsafe(60)
    world().log.append("ticket", ticket=ticket, scene=text, seconds=seconds, ends=ends.isoformat())
    return _json({"ticket": ticket, "expire_seconds": seconds, "url": f"{world().url()}/phone?scan={ticket}"})


@bp.get("/cgi-bin/showqrcode")
def show_qr() -> Response:
    picture = io.BytesIO()
    link = f"{world().url()}/phone?scan={request.args.get('ticket', '')}"
    segno.make(link, error="m").save(picture, kind="svg", scale=4, border=4)
    return Response(picture.getvalue(), content_type="image/svg+xml")


@bp.post("/cgi-bin/menu/create")
def create_menu() -> Response:
    menu = _body()
    _check_menu(menu.get("button"))
    world().log.append("menu", value=menu)
    return _ok()


@bp.get("/cgi-bin/menu/get")
def get_menu() -> Response:
    stored = world().latest.get("menu")
    if not stored:
        raise Refused(46003, "menu no exist")
    return _json({"menu": stored})


@bp.get("/cgi-bin/menu/delete")
def delete_menu() -> Response:
    world().log.append("menu", value=None)
    return _ok()


@bp.get("/cgi-bin/user/info")
def user_info() -> Response:
    person = world().people.find(request.args.get("openid", ""))
    if person is None:
        raise Refused(40003, "invalid openid")
    return _json(_user(person))


@bp.get("/cgi-bin/user/get")
def followers() -> Response:
    openids = sorted(person.openid for person in world().people.all() if person.follows)
    after = request.args.get("next_openid", "")
    page = [openid for openid in openids if openid > after][:10_000]
    last = page[-1] if page else ""
    return _json({"total": len(openids), "count": len(page), "data": {"openid": page}, "next_openid": last})


def _user(person: Person) -> dict[str, Any]:
    if not person.follows:
        return {"subscribe": 0, "openid": person.openid}
    return {
        "subscribe": 1,
        "openid": person.openid,
        "language": "zh_CN",
        "subscribe_time": int(person.followed_at),
        "subscribe_scene": "ADD_SCENE_QR_CODE" if person.scene else "ADD_SCENE_SEARCH",
        "qr_scene_str": person.scene,
        "tagid_list": [],
    }


def _check_menu(buttons: Any) -> None:
    if not isinstance(buttons, list) or not 1 <= len(buttons) <= 3:
        raise Refused(40016, "invalid button size")
    for top in buttons:
        below = top.get("sub_button") or []
        if len(below) > 5:
            raise Refused(40023, "invalid sub button size")
        for button, longest, code in [(top, 16, 40018), *((sub, 60, 40025) for sub in below)]:
            if not 1 <= len(str(button.get("name", "")).encode()) <= longest:
                raise Refused(code, "invalid button name size")
        for button in below or [top]:
            if len(str(button.get("key", "")).encode()) > 128:
                raise Refused(40019, "invalid button key size")
            if len(str(button.get("url", "")).encode()) > 1024:
                raise Refused(40020, "invalid button url size")


def _check_secret(app_id: object, secret: object) -> None:
    settings = world().settings
    if app_id != settings.app_id:
        raise Refused(40013, "invalid appid")
    if secret != settings.app_secret:
        raise Refused(40125, "invalid appsecret")


def _body() -> dict[str, Any]:
    try:
        body = json.loads(request.get_data())
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise Refused(47001, "data format error")
    return body


def _ok() -> Response:
    return _json({"errcode": 0, "errmsg": "ok"})


def _error(errcode: int, errmsg: str) -> Response:
    world().counts[f"errcode_{errcode}"] += 1
    return _json({"errcode": errcode, "errmsg": f"{errmsg} rid: {secrets.token_hex(12)}"})


def _json(value: dict[str, Any]) -> Response:
    body = json.dumps(value, ensure_ascii=False)
    return Response(body, content_type="application/json; encoding=utf-8")
