"""Learns who is looking at a page, by WeChat's silent web authorisation."""

import hmac
import secrets
from dataclasses import dataclass
from urllib.parse import urlencode

import requests
import structlog
from flask import Blueprint, redirect, request, session
from flask.typing import ResponseReturnValue

from config.settings import Settings
from reminders import holders
from reminders.errors import GatewayError
from wxbot import pages
from wxbot.site import site

bp = Blueprint("oauth", __name__)
log = structlog.get_logger()
TIMEOUT_S = (3.05, 5)


@dataclass(frozen=True)
class Visitor:
    """`is_virtual`: WeChat's snapshot mode, which shows pages under an openid that belongs to nobody."""

    openid: str
    is_virtual: bool


@bp.get("/h5/login")
def login() -> ResponseReturnValue:
    """`next` is a word for a page (`licenses`, `license-7`), never an address."""
    settings, state = site().settings, secrets.token_hex(16)
    session.clear()
    session["state"] = state
    session["next"] = pages.page_word(request.args.get("next", ""))
    query = urlencode(
        {
            "appid": settings.wechat_app_id,
            "redirect_uri": f"{settings.wxbot_url}/h5/oauth",
            "response_type": "code",
            "scope": "snsapi_base",
            "state": state,
        }
    )
    return redirect(f"{settings.wechat_oauth_base}/connect/oauth2/authorize?{query}#wechat_redirect")


@bp.get("/h5/oauth")
def back() -> ResponseReturnValue:
    """The way back from WeChat: the code is exchanged here, on the server, and the state counts once."""
    state, next_word = str(session.get("state", "")), str(session.get("next", ""))
    session.clear()
    code = request.args.get("code", "")
    told = request.args.get("state", "")
    if not state or not code or not hmac.compare_digest(state.encode(), told.encode()):
        return pages.login_failed()
    try:
        visitor = exchange(site().settings, code)
    except GatewayError as error:
        log.warning("login failed", reason=error.reason)
        return pages.login_failed()
    if visitor.is_virtual:
        return pages.use_full_service()
    with site().database.read() as reading:
        is_known = holders.is_follower(reading, visitor.openid)
    if not is_known:
        return pages.follow_first()
    session["openid"] = visitor.openid
    session.permanent = True
    return redirect(pages.page_address(next_word))


def exchange(settings: Settings, code: str) -> Visitor:
    """Raises GatewayError with WeChat's error code or a word; neither code nor secret is ever in it."""
    query = {
        "appid": settings.wechat_app_id,
        "secret": settings.wechat_app_secret,
        "code": code,
        "grant_type": "authorization_code",
    }
    try:
        answer = requests.get(
            f"{settings.wechat_api_base}/sns/oauth2/access_token",
            params=query,
            timeout=TIMEOUT_S,
            allow_redirects=False,
        )
        told = answer.json()
    except (requests.RequestException, ValueError):
        # The cause carries the secret in its text, so it is not kept.
        raise GatewayError("no usable answer", permanent=False) from None
    if not isinstance(told, dict) or not isinstance(told.get("openid"), str) or not told["openid"]:
        reason = told.get("errcode", "no openid") if isinstance(told, dict) else "no object"
        raise GatewayError(str(reason)[:32], permanent=True)
    return Visitor(told["openid"], is_virtual=str(told.get("is_snapshotuser", 0)) not in ("0", "False", ""))
