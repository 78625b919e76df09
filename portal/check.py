"""Where anybody asks whether a message is really ours, by the check code in it."""

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.installation import database
from portal.security import client_address
from reminders import checking, clock
from reminders.rules import check_code

bp = Blueprint("check", __name__, url_prefix="/check")


@bp.get("/")
def form() -> ResponseReturnValue:
    """The form sends its code here; every result has an address of its own."""
    code = request.args.get("code", "").strip()
    if not code:
        return _page(render_template("public/check.html", code="", fault=""))
    signs = check_code.tidy(code)
    if signs is None:
        return _page(render_template("public/check.html", code=code[:40], fault=checking.NO_CODE), 400)
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
    return _page(render_template("public/checked.html", told=told), 200 if told else 404)


def _page(page: str, code: int = 200) -> Response:
    response = make_response(page, code)
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Robots-Tag"] = "noindex"
    return response
