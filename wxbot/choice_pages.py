"""How one license is reminded: by which ways, how often, for all of a person's at one tap, or not at all."""

from flask import Blueprint, redirect, render_template, request
from flask.typing import ResponseReturnValue

from reminders import binding, clock, holders
from reminders.errors import Invalid
from reminders.holders import Choices
from wxbot import pages
from wxbot.site import site

bp = Blueprint("choices", __name__)
NOT_UNDERSTOOD = "没有看懂这个选择，请回到上一页重新点一次。"
ON_OFF = {"1": True, "0": False}


@bp.get("/h5/licenses/<int:license_id>/reminders")
def show(license_id: int) -> ResponseReturnValue:
    openid, now = pages.openid(), clock.now()
    if openid is None:
        return pages.to_login(f"license-{license_id}")
    with site().database.read() as session:
        own = holders.license_page(session, openid, license_id, now=now)
        chosen = holders.choices(session, holders.follower_id(session, openid), license_id)
        is_reached = holders.is_reached(session, license_id)
    return render_template(
        "choices.html",
        own=own,
        chosen=chosen,
        is_reached=is_reached,
        in_wechat=pages.account() is not None,
        done=request.args.get("done", ""),
    )


@bp.post("/h5/licenses/<int:license_id>/reminders")
def choose(license_id: int) -> ResponseReturnValue:
    openid, now = pages.somebody(), clock.now()
    told = {name: ON_OFF.get(request.form.get(name, "")) for name in ("wechat", "sms", "calls", "fewer")}
    with site().database.begin() as session:
        follower_id = holders.follower_id(session, openid)
        before = holders.choices(session, follower_id, license_id)
        if pages.account() is None:  # nothing is pushed to somebody known by a phone only
            told["wechat"] = before.wechat
        if any(value is None for value in told.values()):
            raise Invalid(NOT_UNDERSTOOD)
        chosen = Choices(**{name: bool(value) for name, value in told.items()})
        everything = request.form.get("all") == "yes"
        holders.choose(session, follower_id, license_id, chosen, everything=everything, now=now)
    return redirect(f"/h5/licenses/{license_id}/reminders?done={'all' if everything else 'one'}", 303)


@bp.get("/h5/licenses/<int:license_id>/unbind")
def before_unbinding(license_id: int) -> ResponseReturnValue:
    """What stops and what stays, before anything ends."""
    openid, now = pages.openid(), clock.now()
    if openid is None:
        return pages.to_login(f"license-{license_id}")
    with site().database.read() as session:
        own = holders.license_page(session, openid, license_id, now=now)
    return render_template("unbind.html", own=own)


@bp.post("/h5/licenses/<int:license_id>/unbind")
def unbind(license_id: int) -> ResponseReturnValue:
    openid, now = pages.somebody(), clock.now()
    with site().database.begin() as session:
        own = holders.license_page(session, openid, license_id, now=now)
        binding.unbind(session, holders.follower_id(session, openid), [own.binding_id], now=now)
    return redirect("/h5/left?ended=1", 303)
