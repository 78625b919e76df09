"""What we keep of a person: to read, to take along, to withdraw consent to, and to have deleted."""

import json

from flask import Blueprint, Response, redirect, render_template, session
from flask.typing import ResponseReturnValue

from reminders import clock, consents, holders, sightings
from reminders.consents.personal_data import KEPT_BY_LAW
from reminders.rules import consent
from wxbot import pages
from wxbot.site import site
from wxbot.voice import retell, say, spoken

bp = Blueprint("data", __name__)


@bp.get("/h5/privacy")
def privacy() -> ResponseReturnValue:
    """Open to everybody: it is read before anything is known of the reader."""
    return render_template("privacy.html", notice=consent.current(spoken()), version=consent.CURRENT)


@bp.get("/h5/data")
def show() -> ResponseReturnValue:
    openid = pages.openid()
    if openid is None:
        return pages.to_login(pages.DATA)
    with site().database.read() as reading:
        follower_id = holders.follower_id(reading, openid)
        kept = consents.personal_data(reading, follower_id)
        is_given = consents.is_given(reading, follower_id)
    bound = sum(one["解除时间"] is None for one in kept["绑定"])
    return render_template("data.html", kept=kept, is_given=is_given, bound=bound, kept_by_law=KEPT_BY_LAW)


@bp.get("/h5/data/seen")
def seen() -> ResponseReturnValue:
    """Who of the staff looked, called, printed or exported: department and role, never a name."""
    openid = pages.openid()
    if openid is None:
        return pages.to_login(pages.SEEN)
    with site().database.read() as reading:
        follower_id = holders.follower_id(reading, openid)
        found = sightings.of(reading, follower_id)
    return render_template("seen.html", found=found, local=lambda at: at.astimezone(clock.SHANGHAI))


@bp.get("/h5/data/export")
def export() -> ResponseReturnValue:
    openid = pages.openid()
    if openid is None:
        return pages.to_login(pages.DATA)
    with site().database.read() as reading:
        kept = consents.personal_data(reading, holders.follower_id(reading, openid))
    answer = Response(json.dumps(kept, ensure_ascii=False, indent=2), mimetype="application/json")
    answer.headers["Content-Disposition"] = 'attachment; filename="my-data.json"'
    return answer


@bp.post("/h5/data/withdraw")
def withdraw() -> ResponseReturnValue:
    openid, now = pages.somebody(), clock.now()
    with site().database.begin() as writing:
        consents.withdraw(writing, holders.follower_id(writing, openid), now=now)
    return redirect("/h5/data", 303)


@bp.post("/h5/data/delete")
def delete() -> ResponseReturnValue:
    openid, now = pages.somebody(), clock.now()
    with site().database.begin() as writing:
        consents.forget(writing, holders.follower_id(writing, openid), now=now)
    session.clear()
    return pages.message(
        "已删除",
        say("我们记下的您的内容已经删除，绑定已解除，不再发提醒。") + retell(KEPT_BY_LAW),
        "可以关闭这一页了。",
        200,
    )
