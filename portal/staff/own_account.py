"""The own account: another password, and new recovery codes."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal import session
from portal.errors import go_back_to
from portal.installation import database
from portal.session import actor, requires
from reminders import clock, staff
from reminders.errors import Invalid
from reminders.rules.permissions import Permission

bp = Blueprint("own_account", __name__, url_prefix="/account")


@bp.get("/")
@requires(Permission.OWN_ACCOUNT)
def show() -> ResponseReturnValue:
    with database().read() as opened:
        left = staff.codes_left(opened, actor=actor())
    return render_template("staff/own_account.html", left=left)


@bp.post("/password")
@requires(Permission.OWN_ACCOUNT)
def change_password() -> ResponseReturnValue:
    """Both slow looks at passwords hold no transaction."""
    go_back_to(url_for("staff.own_account.show"))
    now, new = clock.now(), request.form.get("new", "")
    if new != request.form.get("again", ""):
        raise Invalid("两次输入的新密码不一样，请重新输入。")
    with database().begin() as opened:
        attempt = staff.own_attempt(opened, actor=actor(), now=now)
    if not staff.password_matches(attempt, request.form.get("old", "")):
        raise Invalid("现在的密码不对，请重新输入。")
    hashed = staff.hash_password(new)
    with database().begin() as opened:
        epoch = staff.change_password(opened, hashed, actor=actor(), now=now)
    session.enter(staff.SignedIn(actor(), epoch), now=now)
    flash("密码已改。您在其他电脑上的登录已经结束。", "success")
    return redirect(url_for("staff.own_account.show"), 303)


@bp.post("/recovery-codes")
@requires(Permission.OWN_ACCOUNT)
def renew_codes() -> ResponseReturnValue:
    """The codes stand in this answer only."""
    go_back_to(url_for("staff.own_account.show"))
    now = clock.now()
    half = session.as_half()
    with database().begin() as opened:
        staff.count_code(opened, half, now=now)
    with database().begin() as opened:
        codes = staff.renew_codes(opened, request.form.get("code", ""), actor=actor(), now=now)
    return render_template("staff/recovery_codes.html", codes=codes)
