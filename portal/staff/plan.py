"""提醒预览: who would be told what on any day; it reads and writes nothing."""

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from portal.installation import database, settings
from portal.session import actor, requires
from portal.staff.books import day_asked
from reminders import clock, deliveries, planning
from reminders.rules.lifecycle import Channel, DateKind
from reminders.rules.permissions import Permission

bp = Blueprint("plan", __name__, url_prefix="/plan")


NOBODY = "none"


@bp.get("/")
@requires(Permission.SEE_PLAN)
def show() -> ResponseReturnValue:
    today, now = clock.civil_date(clock.now()), clock.now()
    on, kind, channel = day_asked(today), request.args.get("kind", ""), request.args.get("channel", "")
    chosen = DateKind(kind) if kind in set(DateKind) else DateKind.MAIN
    after = request.args.get("after", 0, type=int)
    with database().read() as session:
        if channel == NOBODY or channel in set(Channel):
            only = Channel(channel) if channel != NOBODY else None
            page = planning.by_channel(session, on, only, kind=chosen, after=after, actor=actor())
        else:
            channel = ""
            page = planning.foresee(session, on, kind=chosen, after=after, actor=actor())
        sums = planning.sums(session, on, kind=chosen, actor=actor())
        sending, held = deliveries.sending_status(session, now=now), planning.held_run(session)
    return render_template(
        "staff/plan.html",
        page=page,
        sums=sums,
        channel=channel,
        channels=Channel,
        sending=sending,
        is_allowed=settings().sending == "on",
        held=held,
        today=today,
        chosen=chosen,
        kinds=DateKind,
    )
