"""The own account: another password, new recovery codes, and where trials of wordings go."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal import session
from portal.errors import go_back_to
from portal.installation import database, settings
from portal.session import actor, requires
from portal.staff.bind_passes import picture
from reminders import clock, own_messages, own_reach, staff
from reminders.errors import Conflict, Invalid
from reminders.rules.permissions import Permission

bp = Blueprint("own_account", __name__, url_prefix="/account")


@bp.get("/")
@requires(Permission.OWN_ACCOUNT)
def show() -> ResponseReturnValue:
    with database().read() as opened:
        left = staff.codes_left(opened, actor=actor())
        reach = staff.own_reach_of(opened, actor=actor())
    return render_template("staff/own_account.html", left=left, reach=reach)


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


@bp.post("/wechat")
@requires(Permission.WRITE_TEMPLATE)
def ask_qr() -> ResponseReturnValue:
    go_back_to(url_for("staff.own_account.show"))
    with database().begin() as opened:
        pass_id = staff.ask_own_qr(opened, actor=actor(), now=clock.now())
    return redirect(url_for("staff.own_account.show_qr", pass_id=pass_id), 303)


@bp.get("/wechat/<int:pass_id>")
@requires(Permission.WRITE_TEMPLATE)
def show_qr(pass_id: int) -> ResponseReturnValue:
    """Waits, by asking again, while the platform draws the code; a used one leads back to the account."""
    with database().read() as opened:
        qr = staff.own_qr(opened, pass_id, actor=actor(), now=clock.now())
    if qr is None:
        flash("这个二维码用过了，或者过了 10 分钟。下面写着关联好了没有。", "info")
        return redirect(url_for("staff.own_account.show"), 303)
    return render_template("staff/own_wechat.html", qr=qr, picture=picture(qr))


@bp.post("/wechat/forget")
@requires(Permission.WRITE_TEMPLATE)
def forget_wechat() -> ResponseReturnValue:
    go_back_to(url_for("staff.own_account.show"))
    with database().begin() as opened:
        own_reach.forget_wechat(opened, actor=actor(), now=clock.now())
    flash("已取消关联，不再往您的微信试发。", "success")
    return redirect(url_for("staff.own_account.show"), 303)


@bp.post("/phone")
@requires(Permission.WRITE_TEMPLATE)
def ask_code() -> ResponseReturnValue:
    go_back_to(url_for("staff.own_account.show"))
    refuse_while_stopped()
    with database().begin() as opened:
        staff.ask_code(opened, request.form.get("phone", ""), actor=actor(), now=clock.now())
    flash("验证码几秒钟内发到这个手机，10 分钟内有效。收到后填在下面。", "success")
    return redirect(url_for("staff.own_account.show", _anchor="own-code"), 303)


@bp.post("/phone/prove")
@requires(Permission.WRITE_TEMPLATE)
def prove_phone() -> ResponseReturnValue:
    go_back_to(url_for("staff.own_account.show"))
    now = clock.now()
    with database().begin() as opened:
        staff.count_code_try(opened, actor=actor(), now=now)
    with database().begin() as opened:
        staff.prove_phone(opened, request.form.get("own_code", ""), actor=actor(), now=now)
    flash("手机核实好了，可以在“模板”里试发短信。", "success")
    return redirect(url_for("staff.own_account.show"), 303)


@bp.post("/phone/forget")
@requires(Permission.WRITE_TEMPLATE)
def forget_phone() -> ResponseReturnValue:
    go_back_to(url_for("staff.own_account.show"))
    with database().begin() as opened:
        own_reach.forget_phone(opened, actor=actor(), now=clock.now())
    flash("已删除，不再往这个手机试发。", "success")
    return redirect(url_for("staff.own_account.show"), 303)


def refuse_while_stopped() -> None:
    """The brake of the settings, which the database does not know of."""
    if settings().sending == "off":
        raise Conflict(own_messages.STOPPED)
