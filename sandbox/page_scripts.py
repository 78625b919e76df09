"""The platform's script for web pages, and the window in which a person answers a subscription button.

A stand-in: it knows one open tag. It checks the page's signature as the platform does, by its own ticket.
"""

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from flask import Blueprint, Response, render_template, request
from flask.typing import ResponseReturnValue

from sandbox import oauth
from sandbox.template_messages import Refused
from sandbox.world import World, world

bp = Blueprint("page_scripts", __name__)
LIFE_S = 7200
SCRIPT = Path(__file__).parent / "static" / "jweixin.js"


@bp.get("/open/js/jweixin-1.6.0.js")
def script() -> Response:
    return Response(SCRIPT.read_text(encoding="utf-8"), content_type="text/javascript; charset=utf-8")


def give_ticket(known: World, kind: str) -> tuple[str, int]:
    """The same one until it runs out. Raises Refused."""
    if kind != "jsapi":
        raise Refused(40097, "invalid args")
    kept = known.latest.get("jsapi_ticket") or {"ticket": "", "until": 0}
    left = int(kept["until"] - known.log.now())
    if left > 0:
        return str(kept["ticket"]), left
    ticket = f"sandbox-{secrets.token_hex(20)}"
    known.log.append("jsapi_ticket", value={"ticket": ticket, "until": known.log.now() + LIFE_S})
    return ticket, LIFE_S


@bp.route("/open/subscribe", methods=["GET", "POST"])
def window() -> ResponseReturnValue:
    """The question the platform asks; the answer goes to the bot as an event, then back to the page."""
    told = request.values
    person = world().people.find(request.cookies.get(oauth.COOKIE, ""))
    problem = "" if person else "不知道这是谁的手机，请先从公众号里打开页面。"
    if not _is_signed(world(), told):
        problem = "config:invalid signature，页面的签名不对。"
    if problem or person is None:
        return render_template("subscribe.html", problem=problem, told={}), 400
    if request.method == "GET":
        return render_template("subscribe.html", problem="", told=told)
    said = "accept" if told.get("said") == "accept" else "reject"
    world().notices.answer(person.openid, said, "subscribe_msg_popup_event", [told["template"]])
    return render_template("subscribe.html", problem="", told={}, back=told["url"])


def _is_signed(known: World, told: Mapping[str, str]) -> bool:
    kept = known.latest.get("jsapi_ticket")
    timestamp, nonce, url = (told.get(name, "") for name in ("timestamp", "nonce", "url"))
    if (
        not kept
        or told.get("app_id") != known.settings.app_id
        or urlsplit(url).scheme not in ("http", "https")
    ):
        return False
    text = f"jsapi_ticket={kept['ticket']}&noncestr={nonce}&timestamp={timestamp}&url={url}"
    expected = hashlib.sha1(text.encode()).hexdigest()
    return hmac.compare_digest(expected, told.get("signature", ""))
