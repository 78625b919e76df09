"""The door of the console: the password, the second factor or its set-up, invitations, signing out."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal import handbook, session
from portal.errors import go_back_to
from portal.installation import database, settings
from portal.public.codes import drawn
from portal.security import client_address
from portal.session import before_sign_in, requires
from reminders import clock, staff
from reminders.errors import Invalid, LimitReached
from reminders.rules.permissions import Permission

bp = Blueprint("sign_in", __name__)
TOO_LATE = "登录只做了一半，已过 5 分钟。请重新输入账号和密码。"


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
        half = staff.finish_password(
            opened,
            attempt,
            address,
            matches=matches,
            is_for_administrators=settings().passwords_are_for_administrators,
            now=now,
        )
    if half is None:
        flash(staff.WRONG, "danger")
        return redirect(url_for("staff.sign_in.show"), 303)
    session.enter_half(half, now=now)
    return redirect(url_for(f"staff.sign_in.{'code' if half.has_factor else 'enrol'}"), 303)


@bp.get("/sign-in/help")
@before_sign_in
def help_page() -> ResponseReturnValue:
    """The one chapter of the handbook for which nobody can be signed in yet."""
    return render_template("staff/handbook_chapter.html", chapter=handbook.chapter_of("staff.sign_in.show"))


@bp.get("/sign-in/code")
@before_sign_in
def code() -> ResponseReturnValue:
    half = session.half(now=clock.now())
    if half is None or not half.has_factor:
        return _start_again()
    return render_template("staff/sign_in_code.html", practice=settings().practice)


@bp.post("/sign-in/code")
@before_sign_in
def check_code() -> ResponseReturnValue:
    go_back_to(url_for("staff.sign_in.code"))
    now, half = clock.now(), session.half(now=clock.now())
    if half is None or not half.has_factor:
        return _start_again()
    with database().begin() as opened:
        staff.count_code(opened, half, now=now)
    with database().begin() as opened:
        signed = staff.finish_sign_in(opened, half, request.form.get("code", ""), client_address(), now=now)
    if signed is None:
        flash(staff.WRONG_CODE, "danger")
        return redirect(url_for("staff.sign_in.code"), 303)
    session.enter(signed, now=now)
    return redirect(url_for("staff.home.show"), 303)


@bp.get("/sign-in/enrol")
@before_sign_in
def enrol() -> ResponseReturnValue:
    """The secret is shown only to somebody who just gave the password, until it was proved once."""
    half = session.half(now=clock.now())
    if half is None or half.has_factor:
        return _start_again()
    with database().read() as opened:
        shown = staff.enrolment(opened, half.staff_id)
    return render_template("staff/sign_in_enrol.html", picture=drawn(shown.uri), secret=shown.secret)


@bp.post("/sign-in/enrol")
@before_sign_in
def finish_enrolment() -> ResponseReturnValue:
    """The recovery codes stand in this answer only: nobody can read them again."""
    go_back_to(url_for("staff.sign_in.enrol"))
    now, half = clock.now(), session.half(now=clock.now())
    if half is None or half.has_factor:
        return _start_again()
    with database().begin() as opened:
        staff.count_code(opened, half, now=now)
    with database().begin() as opened:
        done = staff.finish_enrolment(opened, half, request.form.get("code", ""), client_address(), now=now)
    if done is None:
        flash(staff.WRONG_CODE, "danger")
        return redirect(url_for("staff.sign_in.enrol"), 303)
    signed, codes = done
    session.enter(signed, now=now)
    return render_template("staff/recovery_codes.html", codes=codes)


@bp.get("/invitation")
@before_sign_in
def invitation() -> ResponseReturnValue:
    return render_template("staff/invitation.html")


@bp.post("/invitation")
@before_sign_in
def accept() -> ResponseReturnValue:
    go_back_to(url_for("staff.sign_in.invitation"))
    now = clock.now()
    password = request.form.get("password", "")
    if password != request.form.get("again", ""):
        raise Invalid("两次输入的密码不一样，请重新输入。")
    with database().begin() as opened:
        is_allowed = staff.count_try(opened, client_address(), now=now)
    if not is_allowed:
        raise LimitReached("尝试次数过多，请 15 分钟后再试。")
    hashed = staff.hash_password(password)
    with database().begin() as opened:
        staff.accept(opened, request.form.get("login", ""), request.form.get("code", ""), hashed, now=now)
    flash("密码已设好。请用账号和新密码登录，接着绑定身份验证器。", "success")
    return redirect(url_for("staff.sign_in.show"), 303)


@bp.post("/sign-out")
@requires(Permission.SIGN_OUT)
def leave() -> ResponseReturnValue:
    with database().begin() as opened:
        staff.sign_out(opened, actor=session.actor(), now=clock.now())
    session.leave()
    flash("已退出。您在其他电脑上的登录也一并结束了。", "success")
    return redirect(url_for("staff.sign_in.show"), 303)


def _start_again() -> ResponseReturnValue:
    flash(TOO_LATE, "info")
    return redirect(url_for("staff.sign_in.show"), 303)
