"""今日工作: what waits for this person, each number a link to its queue."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from portal.installation import database
from portal.session import actor, requires
from reminders import clock, deliveries, today
from reminders.rules.permissions import Permission

bp = Blueprint("home", __name__)


@bp.get("/")
@requires(Permission.SEE_HOME)
def show() -> ResponseReturnValue:
    now = clock.now()
    with database().read() as session:
        waiting = today.waiting(session, actor=actor(), now=now)
        sending = deliveries.sending_status(session, now=now)
    return render_template("staff/home.html", waiting=waiting, sending=sending, on=clock.civil_date(now))
