"""The door of the console: signing in and out."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal import session
from portal.errors import go_back_to
from portal.installation import database
from portal.security import client_address
from portal.session import before_sign_in, requires
from reminders import clock, staff
from reminders.rules.permissions import Permission

bp = Blueprint("sign_in", __name__)


@bp.get("/sign-in")
@before_sign_in
def show() -> ResponseReturnValue:
    return render_template("staff/sign_in.html")


@bp.post("/sign-in")
@before_sign_in
def enter() -> ResponseReturnValue:
    """The try is counted and committed first; the slow look at the password holds no transaction."""
    go_back_to(url_for("staff.sign_in.show"))
    now, address = clock.now(), client_address()
    with database().begin() as opened:
        attempt = staff.begin_sign_in(opened, request.form.get("login", ""), address, now=now)
    matches = staff.password_matches(attempt, request.form.get("password", ""))
    with database().begin() as opened:
        signed = staff.finish_sign_in(opened, attempt, address, matches=matches, now=now)
    if signed is None:
        flash(staff.WRONG, "danger")
        return redirect(url_for("staff.sign_in.show"), 303)
    session.enter(signed, now=now)
    return redirect(url_for("staff.home.show"), 303)


@bp.post("/sign-out")
@requires(Permission.SIGN_OUT)
def leave() -> ResponseReturnValue:
    with database().begin() as opened:
        staff.sign_out(opened, actor=session.actor(), now=clock.now())
    session.leave()
    flash("已退出。您在其他电脑上的登录也一并结束了。", "success")
    return redirect(url_for("staff.sign_in.show"), 303)
