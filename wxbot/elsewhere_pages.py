"""Adding what the same holder has under another phone: a code to that phone, a code on paper, or a person."""

from flask import Blueprint, redirect, render_template, request
from flask.typing import ResponseReturnValue

from reminders import binding, clock, holders
from wxbot import bind_pages, pages, wording
from wxbot.site import site

bp = Blueprint("elsewhere", __name__)


@bp.get("/h5/bind/others")
def show() -> ResponseReturnValue:
    me = pages.account()
    if me is None:
        return pages.to_login(pages.OTHERS)
    with site().database.read() as reading:
        found = binding.elsewhere(reading, holders.follower_id(reading, me))
    return render_template("bind_others.html", found=found)


@bp.post("/h5/bind/others")
def ask() -> ResponseReturnValue:
    """The code goes to the phone of the license that was tapped; it proves all that this phone has."""
    me, now = pages.account(), clock.now()
    if me is None:
        return pages.to_login(pages.OTHERS)
    bind_pages.spend_address(now)
    with site().database.begin() as writing:
        license_id = request.form.get("license", 0, type=int)
        follower_id = holders.follower_id(writing, me)
        locked_until = binding.start_elsewhere(writing, follower_id, license_id, now=now)
    if locked_until is not None:
        told = wording.locked(locked_until, site().settings)
        return pages.message("没有办成", told, "请回到上一页再试，或在公众号里回复“人工”。", 409)
    return redirect("/h5/bind/code", 303)
