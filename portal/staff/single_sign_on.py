"""The second door of the console: to the city's single sign-on and back, and first of all by invitation."""

import hmac

import structlog
from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask import session as cookie
from flask.typing import ResponseReturnValue

from portal import session, single_sign_on
from portal.errors import go_back_to
from portal.installation import database, settings
from portal.security import client_address
from portal.session import before_sign_in
from portal.single_sign_on import Journey, Proven
from reminders import clock, staff
from reminders.errors import LimitReached
from reminders.rules.single_sign_on import NotTrusted
from reminders.staff import HalfIn

bp = Blueprint("single_sign_on", __name__, url_prefix="/sign-in/single")
log = structlog.get_logger(__name__)
JOURNEY = "journey"
LASTS_S = 600
FAILED = "统一身份认证没有完成，没有登录。请重新点一次；一直不行，请联系系统管理员。"


@bp.get("/")
@before_sign_in
def leave() -> ResponseReturnValue:
    """Off to the provider; what must come back is kept in the person's own cookie."""
    if not settings().has_single_sign_on:
        abort(404)
    invitation = cookie.get("invited") if _is_young("invited_at") else None
    try:
        address, journey = single_sign_on.start(settings(), _back())
    except NotTrusted as error:
        log.warning("single_sign_on.failed", reason=str(error))
        flash("统一身份认证暂时连不上。请稍后再试，管理员可用账号和密码登录。", "danger")
        return redirect(url_for("staff.sign_in.show"), 303)
    cookie.clear()
    cookie[JOURNEY] = [journey.state, journey.nonce, journey.verifier, invitation]
    cookie["since"] = int(clock.now().timestamp())
    return redirect(address, 303)


@bp.post("/invitation")
@before_sign_in
def bring_invitation() -> ResponseReturnValue:
    """A link leads on from here, because a form may not lead to another site (form-action)."""
    if not settings().has_single_sign_on:
        abort(404)
    go_back_to(url_for("staff.sign_in.invitation"))
    now = clock.now()
    with database().begin() as opened:
        is_allowed = staff.count_try(opened, client_address(), now=now)
    if not is_allowed:
        raise LimitReached("尝试次数过多，请 15 分钟后再试。")
    with database().begin() as opened:  # the row is locked, which a reading transaction may not
        invitation = staff.invited(
            opened, request.form.get("login", ""), request.form.get("code", ""), now=now
        )
    cookie.clear()
    cookie.update(invited=invitation, invited_at=int(now.timestamp()))
    return render_template("staff/single_sign_on.html")


@bp.get("/back")
@before_sign_in
def back() -> ResponseReturnValue:
    """State and age first, then the code; the journey is forgotten whatever comes of it."""
    if not settings().has_single_sign_on:
        abort(404)
    told, is_young = cookie.get(JOURNEY), _is_young("since")
    cookie.clear()
    state, code = request.args.get("state", ""), request.args.get("code", "")
    if not told or not is_young or not hmac.compare_digest(told[0].encode(), state.encode()):
        return _refuse("state", "登录页打开太久，或在另一个窗口重新开始过。请从登录页重新点一次。")
    if request.args.get("error") or not code:
        return _refuse(request.args.get("error", "no-code")[:40], "统一身份认证没有放行，没有登录。")
    try:
        proven = single_sign_on.prove(settings(), code, Journey(*told[:3]), _back())
    except NotTrusted as error:
        return _refuse(str(error), FAILED)
    return _come_in(proven, told[3])


def _come_in(proven: Proven, invitation: int | None) -> ResponseReturnValue:
    go_back_to(url_for("staff.sign_in.show"))
    now, issuer = clock.now(), settings().oidc_issuer
    if invitation is not None:
        with database().begin() as opened:
            staff.link_invited(opened, invitation, issuer, proven.subject, now=now)
    with database().begin() as opened:
        half = staff.person_of(opened, issuer, proven.subject, client_address(), now=now)
    if half is None:
        return _refuse("unknown-subject", staff.UNKNOWN)
    if proven.has_second_factor and settings().oidc_second_factor == "provider":
        return _enter(half)
    session.enter_half(half, now=now)
    return redirect(url_for(f"staff.sign_in.{'code' if half.has_factor else 'enrol'}"), 303)


def _enter(half: HalfIn) -> ResponseReturnValue:
    now = clock.now()
    with database().begin() as opened:
        signed = staff.enter_linked(opened, half, client_address(), now=now)
    session.enter(signed, now=now)
    return redirect(url_for("staff.home.show"), 303)


def _refuse(reason: str, words: str) -> ResponseReturnValue:
    log.warning("single_sign_on.refused", reason=reason)
    flash(words, "danger")
    return redirect(url_for("staff.sign_in.show"), 303)


def _back() -> str:
    """Our address as it is registered at the provider, whatever the proxy made of the request."""
    return f"{settings().portal_url}{url_for('staff.single_sign_on.back')}"


def _is_young(name: str) -> bool:
    return bool(clock.now().timestamp() - cookie.get(name, 0) <= LASTS_S)
