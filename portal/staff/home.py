"""今日工作: what waits for this person, each number a link to its queue."""

from flask import Blueprint, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from portal.errors import go_back_to
from portal.installation import database
from portal.session import actor, is_standing_in, requires
from reminders import alarms, binding, clock, deliveries, feedback, page_reports, staff, today
from reminders.rules.permissions import Permission

bp = Blueprint("home", __name__)


@bp.get("/")
@requires(Permission.SEE_HOME)
def show() -> ResponseReturnValue:
    now = clock.now()
    with database().read() as session:
        waiting = today.waiting(session, actor=actor(), now=now)
        decisions = today.decisions(session, actor=actor(), now=now)
        sending = deliveries.sending_status(session, now=now)
        covers = staff.covers(session, actor().staff_id or 0, clock.civil_date(now))
        appeals = binding.count_open(session, actor=actor())
        opinions = feedback.count_open(session, actor=actor())
        reports = page_reports.count_open(session, actor=actor())
        ringing = alarms.ringing_now(session, now=now)
    return render_template(
        "staff/home.html",
        waiting=waiting,
        decisions=decisions,
        appeals=appeals,
        opinions=opinions,
        reports=reports,
        sending=sending,
        alarms=ringing,
        covers=covers,
        stands_in=is_standing_in(),
        on=clock.civil_date(now),
    )


@bp.post("/alarms/<int:alarm_id>/seen")
@requires(Permission.SEE_HOME)
def see(alarm_id: int) -> ResponseReturnValue:
    go_back_to(url_for("staff.home.show"))
    with database().begin() as session:
        alarms.mark_seen(session, alarm_id, actor=actor(), now=clock.now())
    return redirect(url_for("staff.home.show"), 303)
