"""What holders think of us in five levels, and mistakes they report; what we answer stands beside."""

from flask import Blueprint, redirect, render_template, request
from flask.typing import ResponseReturnValue

from reminders import clock, feedback, holders
from reminders.errors import Invalid
from reminders.rules.service_words import ABOUTS, LEVELS, REASONS, FeedbackAbout, Reason, Satisfaction
from wxbot import pages
from wxbot.site import site

bp = Blueprint("feedback", __name__)
NOT_UNDERSTOOD = "没有看懂这个选择，请回到上一页重新点一次。"


@bp.get("/h5/feedback")
def show() -> ResponseReturnValue:
    """`license` and `about` say what is meant, when the link came from somewhere."""
    openid = pages.openid()
    if openid is None:
        return pages.to_login(pages.FEEDBACK)
    about = request.args.get("about", "")
    with site().database.read() as session:
        told = feedback.own(session, holders.follower_id(session, openid))
    return render_template(
        "feedback.html",
        told=told,
        levels=LEVELS,
        abouts=ABOUTS,
        reasons=REASONS,
        about=about if about in set(FeedbackAbout) else FeedbackAbout.REMINDER,
        license_id=_number(request.args.get("license", "")),
        done=request.args.get("done", ""),
    )


@bp.post("/h5/feedback")
def give() -> ResponseReturnValue:
    openid, now, told = pages.somebody(), clock.now(), request.form
    about, level, reasons = told.get("about", ""), told.get("level", ""), told.getlist("reason")
    is_known = about in set(FeedbackAbout) and set(reasons) <= set(Reason)
    if not is_known or (level and level not in set(Satisfaction)):
        raise Invalid(NOT_UNDERSTOOD)
    with site().database.begin() as session:
        feedback.give(
            session,
            holders.follower_id(session, openid),
            FeedbackAbout(about),
            Satisfaction(level) if level else None,
            told.get("words", ""),
            _number(told.get("license", "")),
            map(Reason, reasons),
            now=now,
        )
    return redirect("/h5/feedback?done=1", 303)


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None
