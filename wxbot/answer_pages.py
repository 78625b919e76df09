"""The buttons under a license: each gives an answer with one tap, or takes one back."""

from datetime import date

from flask import Blueprint, redirect, render_template, request
from flask.typing import ResponseReturnValue

from reminders import answers, clock, holders
from reminders.errors import Invalid
from reminders.rules.lifecycle import AnswerKind, DateKind
from wxbot import pages
from wxbot.site import site

bp = Blueprint("answers", __name__)


@bp.get("/h5/answers")
def index() -> ResponseReturnValue:
    """Everything this person answered and may take back, also about licenses no longer bound to them."""
    openid = pages.openid()
    if openid is None:
        return pages.to_login(pages.ANSWERS)
    with site().database.read() as session:
        follower_id = holders.follower_id(session, openid)
        given = answers.standing(session, follower_id)
        names = holders.license_names(session, [one.license_id for one in given])
    return render_template("answers.html", given=given, names=names)


@bp.post("/h5/licenses/<int:license_id>/answers")
def give(license_id: int) -> ResponseReturnValue:
    kind, date_kind = request.form.get("kind", ""), request.form.get("date", DateKind.MAIN)
    if kind not in set(AnswerKind) or date_kind not in set(DateKind):
        raise Invalid("没有看懂这个选择，请回到上一页重新点一次。")
    openid, now = pages.somebody(), clock.now()
    with site().database.begin() as session:
        follower_id = holders.follower_id(session, openid)
        answers.give(
            session,
            follower_id,
            license_id,
            AnswerKind(kind),
            DateKind(date_kind),
            until=_day(request.form.get("until", "")),
            note=request.form.get("note", ""),
            phone=request.form.get("phone", ""),
            now=now,
        )
    if AnswerKind(kind) is AnswerKind.HANDED_OVER:
        return redirect("/h5/answers", 303)
    return redirect(f"/h5/licenses/{license_id}", 303)


@bp.post("/h5/answers/<int:answer_id>/withdraw")
def withdraw(answer_id: int) -> ResponseReturnValue:
    openid, now = pages.somebody(), clock.now()
    with site().database.begin() as session:
        follower_id = holders.follower_id(session, openid)
        license_id = answers.withdraw(session, follower_id, answer_id, now=now)
    return redirect(f"/h5/licenses/{license_id}", 303)


def _day(text: str) -> date | None:
    """None: the usual pause."""
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise Invalid("日期没有看懂，请写成 2027-01-20 的样子。") from None
