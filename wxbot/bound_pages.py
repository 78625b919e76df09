"""After the proof: what is bound, how to be reminded of it, what else the phone proves, who one is."""

from flask import Blueprint, redirect, render_template, request, session
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from reminders import binding, clock, holders
from reminders.errors import Invalid
from reminders.holders import JustBound
from reminders.rules.lifecycle import BindRole, QuietUntil
from wxbot import more_talk, pages, wording
from wxbot.site import site

bp = Blueprint("bound", __name__)
MOST_OFFERED = 60  # rows to tick; a longer page weighs more than 60 KB
QUIET = {
    QuietUntil.OPENING: "上班时间就可以",
    QuietUntil.NOON: "中午 12 点以后",
    QuietUntil.AFTERNOON: "下午 2 点以后",
    QuietUntil.EVENING: "下午 5 点半以后",
}


@bp.get("/h5/bind/choose")
def choices() -> ResponseReturnValue:
    return redirect("/h5/bind") if pages.openid() is None else _page()


@bp.post("/h5/bind/choose")
def choose() -> ResponseReturnValue:
    me, now = pages.somebody(), clock.now()
    wanted = None if request.form.get("all") else request.form.getlist("license", type=int)
    role = request.form.get("role", "")
    try:
        with site().database.begin() as writing:
            follower_id = holders.follower_id(writing, me)
            if wanted is None or wanted:
                binding.take(writing, follower_id, wanted, now=now)
            if role in set(BindRole):
                binding.set_role(writing, follower_id, BindRole(role))
            if request.form.get("ways"):
                _keep_ways(writing, follower_id, is_account=pages.account() is not None)
    except Invalid as error:
        return _page(error.message)
    return redirect(pages.page_address(session.pop("next", pages.LICENSES)), 303)


def _keep_ways(writing: Session, follower_id: int, *, is_account: bool) -> None:
    """Boxes that are not ticked do not come; to somebody known by a phone nothing goes in WeChat."""
    now, told = clock.now(), request.form
    holders.choose_first(
        writing,
        follower_id,
        wechat="wechat" in told if is_account else True,
        sms="sms" in told,
        calls="calls" in told,
        now=now,
    )
    until = told.get("until", "")
    if until in set(QuietUntil) and QuietUntil(until) != holders.quiet_until(writing, follower_id):
        holders.set_quiet_until(writing, follower_id, QuietUntil(until), now=now)


def _page(fault: str = "") -> ResponseReturnValue:
    me, now = pages.somebody(), clock.now()
    with site().database.read() as reading:
        follower_id = holders.follower_id(reading, me)
        mine = holders.my_licenses(reading, me, most=pages.MOST_LISTED, now=now)
        more = binding.more(reading, follower_id, now=now)
        offered = binding.offered(reading, follower_id, now=now)
        elsewhere = binding.count_elsewhere(reading, follower_id)
        fresh = holders.just_bound(reading, follower_id, now=now)
        quiet = holders.quiet_until(reading, follower_id)
    told = render_template(
        "bind_choose.html",
        fault=fault,
        mine=mine,
        fresh=fresh,
        next_reminder=_next(fresh),
        urgent=next((own for own in mine.licenses if own.status.key in wording.TO_DO_NOW), None),
        quiet=quiet,
        quiet_words=QUIET,
        more=more,
        offered=offered[:MOST_OFFERED],
        elsewhere=elsewhere,
        unlisted=max(more.licenses - MOST_OFFERED, 0),
        roles=more_talk.ROLES,
        by_phone=binding.is_by_phone(me),
    )
    return told, 422 if fault else 200


def _next(fresh: JustBound) -> str:
    today = clock.civil_date(clock.now())
    return wording.next_reminder(fresh.next_due_on, today) if fresh.next_due_on else ""
