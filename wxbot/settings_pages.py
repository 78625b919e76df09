"""What a holder prefers: messages in WeChat on or off, and a pause for everything at once."""

from datetime import date

from flask import Blueprint, redirect, render_template, request
from flask.typing import ResponseReturnValue

from reminders import answers, clock, holders
from reminders.errors import Invalid
from reminders.rules.answers import USUAL_PAUSE
from wxbot import pages
from wxbot.site import site

bp = Blueprint("settings", __name__)


@bp.get("/h5/settings")
def show() -> ResponseReturnValue:
    openid = pages.openid()
    if openid is None:
        return pages.to_login(pages.SETTINGS)
    with site().database.read() as session:
        is_on = holders.accepts_wechat(session, holders.follower_id(session, openid))
    pause = clock.civil_date(clock.now()) + USUAL_PAUSE
    return render_template("settings.html", is_on=is_on, pause=pause, done=request.args.get("done", ""))


@bp.post("/h5/settings/wechat")
def wechat() -> ResponseReturnValue:
    openid, now = pages.somebody(), clock.now()
    with site().database.begin() as session:
        follower_id = holders.follower_id(session, openid)
        holders.set_wechat(session, follower_id, is_on=request.form.get("is_on") == "1", now=now)
    return redirect("/h5/settings?done=wechat", 303)


@bp.post("/h5/settings/pause")
def pause() -> ResponseReturnValue:
    openid, now = pages.somebody(), clock.now()
    try:
        until = date.fromisoformat(request.form.get("until", ""))
    except ValueError:
        raise Invalid("日期没有看懂，请写成 2027-01-20 的样子。") from None
    with site().database.begin() as session:
        paused = answers.pause_all(session, holders.follower_id(session, openid), until, now=now)
    if not paused:
        raise Invalid("没有可以暂停到这一天的证照：临近最迟申请日的不能暂停，请选早一点的日子。")
    return redirect("/h5/answers", 303)
