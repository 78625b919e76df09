"""时间机器: who would be told what on any day; it reads and writes nothing."""

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from portal.installation import database
from portal.session import actor, requires
from portal.staff.books import day_asked
from reminders import clock, planning
from reminders.rules.lifecycle import DateKind
from reminders.rules.permissions import Permission

bp = Blueprint("plan", __name__, url_prefix="/plan")


@bp.get("/")
@requires(Permission.SEE_PLAN)
def show() -> ResponseReturnValue:
    today = clock.civil_date(clock.now())
    on, kind = day_asked(today), request.args.get("kind", "")
    chosen = DateKind(kind) if kind in set(DateKind) else DateKind.MAIN
    with database().read() as session:
        page = planning.foresee(
            session, on, kind=chosen, after=request.args.get("after", 0, type=int), actor=actor()
        )
    return render_template("staff/plan.html", page=page, today=today, chosen=chosen, kinds=DateKind)
