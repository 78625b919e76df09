"""The desk of visits: who comes today, who came, and the hours a counter offers."""

from datetime import date, timedelta

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.errors import go_back_to
from portal.installation import database
from portal.session import actor, requires
from reminders import appointments, clock
from reminders.errors import Invalid
from reminders.rules.permissions import Permission
from reminders.rules.service_words import VISITS, AppointmentState

bp = Blueprint("appointments", __name__, url_prefix="/appointments")
ONE_DAY = timedelta(days=1)


@bp.get("/")
@requires(Permission.SEE_WORKLIST)
def index() -> ResponseReturnValue:
    today = clock.civil_date(clock.now())
    on = _day(request.args.get("on", "")) or today
    with database().read() as session:
        guests = appointments.day_list(session, on, actor=actor())
    days = {"before": on - ONE_DAY, "after": on + ONE_DAY, "today": today}
    return render_template("staff/appointments.html", guests=guests, on=on, words=VISITS, **days)


@bp.post("/<int:appointment_id>/note")
@requires(Permission.RECORD_CALL)
def note(appointment_id: int) -> ResponseReturnValue:
    back = url_for("staff.appointments.index", on=request.form.get("on", ""))
    go_back_to(back)
    state = request.form.get("state", "")
    if state not in set(AppointmentState):
        raise Invalid("请选“来了”“没来”或“有事说明过”。")
    with database().begin() as session:
        appointments.note(session, appointment_id, AppointmentState(state), actor=actor(), now=clock.now())
    flash("已记录。", "success")
    return redirect(back, 303)


@bp.get("/hours")
@requires(Permission.RECORD_CALL)
def hours() -> ResponseReturnValue:
    with database().read() as session:
        plan = appointments.plan_of(session, actor=actor(), now=clock.now())
    return render_template("staff/appointment_hours.html", plan=plan)


@bp.post("/hours")
@requires(Permission.RECORD_CALL)
def set_hours() -> ResponseReturnValue:
    go_back_to(url_for("staff.appointments.hours"))
    closed = [_day(line) for line in request.form.get("closed", "").split()]
    if None in closed:
        raise Invalid("不接待的日子看不懂，请每行写一天，例如 2027-01-20。")
    with database().begin() as session:
        now = clock.now()
        appointments.set_hours(session, request.form.get("hours", ""), actor=actor(), now=now)
        appointments.set_closed(session, [day for day in closed if day], actor=actor(), now=now)
    flash("已保存，马上生效。已经约好的不受影响。", "success")
    return redirect(url_for("staff.appointments.hours"), 303)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
