"""Absence and hand-over: say who is away, choose who stands in, and work in somebody's place."""

from datetime import date

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal import session as signed
from portal.errors import go_back_to
from portal.installation import database
from portal.session import actor, requires
from reminders import clock, staff
from reminders.errors import Invalid
from reminders.rules.permissions import Permission

bp = Blueprint("absences", __name__, url_prefix="/absences")


@bp.get("/")
@requires(Permission.SET_ABSENCE)
def index() -> ResponseReturnValue:
    now = clock.now()
    with database().read() as session:
        lines = staff.absences(session, actor=actor(), now=now)
        colleagues = staff.colleagues(session, actor=actor())
    return render_template(
        "staff/absences.html", lines=lines, colleagues=colleagues, today=clock.civil_date(now)
    )


@bp.post("/")
@requires(Permission.SET_ABSENCE)
def mark() -> ResponseReturnValue:
    go_back_to(url_for("staff.absences.index"))
    deputy = request.form.get("deputy", type=int) or None
    with database().begin() as session:
        staff.mark_absent(
            session,
            request.form.get("who", actor().staff_id, type=int) or 0,
            _day("from_on"),
            _day("until_on"),
            deputy,
            actor=actor(),
            now=clock.now(),
        )
    if deputy:
        flash("已登记。缺勤期间，代办人首页会看到这份工作。", "success")
    else:
        flash("已登记，还没有代办人：到那天会一直报警。找到人以后，先取消再登记一次。", "warning")
    return redirect(url_for("staff.absences.index"), 303)


@bp.post("/<int:absence_id>/end")
@requires(Permission.SET_ABSENCE)
def end(absence_id: int) -> ResponseReturnValue:
    go_back_to(url_for("staff.absences.index"))
    with database().begin() as session:
        staff.call_off(session, absence_id, actor=actor(), now=clock.now())
    flash("已取消这条缺勤。", "success")
    return redirect(url_for("staff.absences.index"), 303)


@bp.post("/cover")
@requires(Permission.SEE_HOME)
def cover() -> ResponseReturnValue:
    """Into the place of who is away, or back; every request asks again whether it still holds."""
    signed.stand_in(request.form.get("absence", type=int))
    return redirect(url_for("staff.home.show"), 303)


def _day(field: str) -> date:
    try:
        return date.fromisoformat(request.form.get(field, ""))
    except ValueError:
        raise Invalid("请填开始和结束的日期。") from None
