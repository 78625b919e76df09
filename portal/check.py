"""Where anybody asks whether a message is really ours, by the check code in it."""

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.installation import database
from portal.public.answers import page, private
from portal.public.heads import KEYWORDS, Head
from portal.security import client_address
from reminders import checking, clock
from reminders.rules import check_code

bp = Blueprint("check", __name__, url_prefix="/check")


@bp.get("/")
def form() -> ResponseReturnValue:
    """The form sends its code here; every result has an address of its own."""
    code = request.args.get("code", "").strip()
    if not code:
        return page("check.html", _head(), code="", fault="")
    signs = check_code.tidy(code)
    if signs is None:
        shown = render_template("public/check.html", head=_head(), code=code[:40], fault=checking.NO_CODE)
        return _said(shown, 400)
    return redirect(url_for("check.result", code=check_code.printed(signs)), 303)


@bp.get("/<code>")
def result(code: str) -> ResponseReturnValue:
    asker, now = f"address:{client_address()}", clock.now()
    if check_code.tidy(code) is None:
        return redirect(url_for("check.form", code=code[:40]), 303)
    with database().read() as session:
        checking.refuse_if_used_up(session, asker, now=now)
    with database().begin() as session:
        told = checking.check(session, code, asker=asker, now=now)
    return _said(render_template("public/checked.html", told=told), 200 if told else 404)


def _said(content: str, code: int) -> Response:
    """What was answered about one code: kept by nobody, listed nowhere."""
    response = private(make_response(content, code))
    response.headers["X-Robots-Tag"] = "noindex"
    return response


def _head() -> Head:
    return Head(
        "核验消息",
        "核验消息",
        "输入提醒里的校验码，查这条消息是不是我们发的、什么时候发的、说的哪种证照。",
        url_for("check.form"),
        "办事服务",
        keywords=(*KEYWORDS, "校验码", "真假", "防诈骗"),
    )
