"""What a holder prefers: messages in WeChat, quiet hours, a pause, and how pages are shown."""

from datetime import date

from flask import Blueprint, g, redirect, render_template, request
from flask.typing import ResponseReturnValue

from reminders import answers, clock, holders
from reminders.errors import Invalid
from reminders.holders import Look
from reminders.rules.answers import USUAL_PAUSE
from reminders.rules.lifecycle import Colours, FontSize, Language, QuietUntil
from wxbot import pages, reader
from wxbot.site import site

bp = Blueprint("settings", __name__)
NOT_UNDERSTOOD = "没有看懂这个选择，请回到上一页重新点一次。"


@bp.get("/h5/settings")
def show() -> ResponseReturnValue:
    openid = pages.openid()
    if openid is None:
        return pages.to_login(pages.SETTINGS)
    with site().database.read() as session:
        follower_id = holders.follower_id(session, openid)
        is_on = holders.accepts_wechat(session, follower_id)
        quiet = holders.quiet_until(session, follower_id)
    return render_template(
        "settings.html",
        is_on=is_on,
        quiet=quiet,
        pause=clock.civil_date(clock.now()) + USUAL_PAUSE,
        done=request.args.get("done", ""),
        in_wechat=pages.account() is not None,
    )


@bp.post("/h5/settings/wechat")
def wechat() -> ResponseReturnValue:
    """Not for somebody known by a phone: nothing is pushed to them, so there is nothing to switch."""
    openid, now = pages.account(), clock.now()
    if openid is None:
        return pages.to_login(pages.SETTINGS)
    with site().database.begin() as session:
        follower_id = holders.follower_id(session, openid)
        holders.set_wechat(session, follower_id, is_on=request.form.get("is_on") == "1", now=now)
    return redirect("/h5/settings?done=wechat", 303)


@bp.post("/h5/settings/quiet")
def quiet() -> ResponseReturnValue:
    openid, now, until = pages.somebody(), clock.now(), request.form.get("until", "")
    if until not in set(QuietUntil):
        raise Invalid(NOT_UNDERSTOOD)
    with site().database.begin() as session:
        holders.set_quiet_until(session, holders.follower_id(session, openid), QuietUntil(until), now=now)
    return redirect("/h5/settings?done=quiet#quiet", 303)


@bp.post("/h5/settings/look")
def look() -> ResponseReturnValue:
    pages.somebody()
    told = request.form
    if told.get("font") not in set(FontSize) or told.get("colours") not in set(Colours):
        raise Invalid(NOT_UNDERSTOOD)
    language = Language(told["lang"]) if told.get("lang") in set(Language) else g.look.language
    reader.keep(
        Look(
            language=language,
            is_care=told.get("care") == "1",
            font=FontSize(told["font"]),
            colours=Colours(told["colours"]),
        )
    )
    return redirect("/h5/settings?done=look#look", 303)


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
