"""到期自查: a number and its holder's name in, one of four words out."""

from flask import Response, make_response, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.installation import database
from portal.public import bp
from portal.public.answers import page, private
from portal.public.heads import Head
from portal.security import client_address
from reminders import clock
from reminders import self_check as checking
from reminders.errors import Invalid, LimitReached


@bp.get("/self-check")
def self_check() -> ResponseReturnValue:
    return page("self_check.html", _head(), fault="")


@bp.post("/self-check")
def answer() -> ResponseReturnValue:
    """What was typed is neither shown again nor kept: the answer page would otherwise tell it to the next."""
    asker, now = f"address:{client_address()}", clock.now()
    number, name = request.form.get("number", ""), request.form.get("name", "")
    try:
        with database().read() as session:
            checking.refuse_if_used_up(session, asker, now=now)
        with database().begin() as session:
            standing = checking.check(session, number, name, asker=asker, now=now)
    except (Invalid, LimitReached) as refusal:
        code = 429 if isinstance(refusal, LimitReached) else 400
        return _said(render_template("public/self_check.html", head=_head(), fault=refusal.message), code)
    return _said(render_template("public/self_checked.html", head=_head(), standing=standing))


def _said(content: str, code: int = 200) -> Response:
    return private(make_response(content, code))


def _head() -> Head:
    return Head(
        "到期自查",
        "到期自查",
        "输入证照编号和持证单位名称，查看证照是否有效、将到期或已过期。",
        url_for("public.self_check"),
        "办事服务",
    )
