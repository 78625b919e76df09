"""What we keep of a person: to read, to take along, to withdraw consent to, and to have deleted."""

import json

from flask import Blueprint, Response, redirect, render_template, request, session
from flask.typing import ResponseReturnValue

from reminders import clock, consents, holders, sightings
from reminders.consents.personal_data import KEPT_BY_LAW
from reminders.rules import consent
from wxbot import data_kinds, pages
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
    folded = [(kind, data_kinds.newest(kept, kind)) for kind in data_kinds.KINDS]
    return render_template(
        "data.html",
        kept=kept,
        folded=folded,
        few=data_kinds.FEW,
        settings_kept=data_kinds.settings(kept),
        is_given=is_given,
        bound=bound,
        kept_by_law=KEPT_BY_LAW,
    )


@bp.get("/h5/data/kept/<slug>")
def kind(slug: str) -> ResponseReturnValue:
    """All of one kind, a page at a time."""
    openid, page = pages.openid(), max(request.args.get("page", 1, type=int), 1)
    found = next((kind for kind in data_kinds.KINDS if kind.slug == slug), None)
    if openid is None or found is None:
        return pages.to_login(pages.DATA) if openid is None else redirect("/h5/data")
    with site().database.read() as reading:
        kept = consents.personal_data(reading, holders.follower_id(reading, openid))
    rows, start = data_kinds.newest(kept, found), (page - 1) * data_kinds.MOST
    return render_template(
        "data_kind.html",
        kind_kept=found,
        rows=rows[start : start + data_kinds.MOST],
        total=len(rows),
        page=page,
        is_last=start + data_kinds.MOST >= len(rows),
    )


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
