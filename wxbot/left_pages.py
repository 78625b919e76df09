"""What somebody unbound by themselves within the week, and the button that takes it back."""

from flask import Blueprint, redirect, render_template, request
from flask.typing import ResponseReturnValue

from reminders import binding, clock, holders
from wxbot import pages
from wxbot.site import site

bp = Blueprint("left", __name__)


@bp.get("/h5/left")
def show() -> ResponseReturnValue:
    """`ended` and `back`: how many, just before."""
    me = pages.openid()
    if me is None:
        return pages.to_login(pages.LEFT)
    with site().database.read() as reading:
        listed, unlisted = binding.left(reading, holders.follower_id(reading, me), now=clock.now())
    return render_template(
        "left.html",
        listed=listed,
        unlisted=unlisted,
        ended=request.args.get("ended", 0, type=int),
        back=request.args.get("back", type=int),
    )


@bp.post("/h5/left")
def come_back() -> ResponseReturnValue:
    me, now = pages.somebody(), clock.now()
    chosen = None if request.form.get("all") else request.form.getlist("binding", type=int)
    with site().database.begin() as writing:
        count = binding.come_back(writing, holders.follower_id(writing, me), chosen, now=now)
    return redirect(f"/h5/left?back={count}", 303)
