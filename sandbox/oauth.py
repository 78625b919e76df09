"""The platform's sign-in of web pages: a code for the person holding the phone, exchanged for the openid."""

import secrets
import time
from typing import Any
from urllib.parse import urlencode, urlsplit, urlunsplit

from flask import Blueprint, Response, jsonify, redirect, render_template, request
from flask.typing import ResponseReturnValue

from sandbox.people import Person, new_openid
from sandbox.world import world

bp = Blueprint("oauth", __name__)
COOKIE = "sandbox_person"
CODE_LIFE_S = 300
SCOPES = frozenset({"snsapi_base", "snsapi_userinfo"})


@bp.get("/connect/oauth2/authorize")
def authorize() -> ResponseReturnValue:
    """As the person whose phone it is; asks who that is when the browser does not say."""
    target = request.args.get("redirect_uri", "")
    problem = _problem(target)
    if problem:
        return render_template("oauth.html", problem=problem, people=[]), 400
    person = world().people.find(request.args.get("as") or request.cookies.get(COOKIE, ""))
    if person is None:
        query = request.query_string.decode()
        return render_template("oauth.html", problem="", people=world().people.all(), query=query)
    answer = redirect(_with(target, code=_new_code(person), state=request.args.get("state", "")))
    answer.set_cookie(COOKIE, person.openid, httponly=True, samesite="Lax")
    return answer


@bp.get("/sns/oauth2/access_token")
def access_token() -> Response:
    settings = world().settings
    if request.args.get("appid") != settings.app_id:
        return _error(40013, "invalid appid")
    if request.args.get("secret") != settings.app_secret:
        return _error(40125, "invalid appsecret")
    with world().lock:
        found = world().codes.pop(request.args.get("code", ""), None)
    if found is None or found["ends"] < time.time():
        return _error(40029, "invalid code")
    world().counts["oauth"] += 1
    token = {"access_token": secrets.token_urlsafe(48), "refresh_token": secrets.token_urlsafe(48)}
    answer: dict[str, Any] = {**token, "expires_in": 7200, "openid": found["openid"], "scope": found["scope"]}
    if found["snapshot"]:
        answer["is_snapshotuser"] = 1
    return jsonify(answer)


def _problem(target: str) -> str:
    if request.args.get("appid") != world().settings.app_id:
        return "appid 不是本公众号的"
    if urlsplit(target).scheme not in ("http", "https"):
        return "redirect_uri 不是网址"
    if request.args.get("response_type") != "code" or request.args.get("scope") not in SCOPES:
        return "response_type 或 scope 不对"
    return ""


def _new_code(person: Person) -> str:
    code = "0" + secrets.token_urlsafe(24)
    openid = new_openid() if person.snapshot else person.openid  # snapshot mode: nobody's openid
    with world().lock:
        world().codes[code] = {
            "openid": openid,
            "snapshot": person.snapshot,
            "scope": request.args["scope"],
            "ends": time.time() + CODE_LIFE_S,
        }
    return code


def _with(url: str, **query: str) -> str:
    parts = urlsplit(url)
    joined = "&".join(filter(None, (parts.query, urlencode(query))))
    return urlunsplit((parts.scheme, parts.netloc, parts.path, joined, ""))


def _error(errcode: int, errmsg: str) -> Response:
    return jsonify(errcode=errcode, errmsg=f"{errmsg}, rid: {secrets.token_hex(12)}")
