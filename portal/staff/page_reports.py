"""What readers say is wrong on public pages, until somebody dealt with it."""

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from portal.errors import go_back_to
from portal.installation import database
from portal.session import actor, requires
from reminders import clock
from reminders import page_reports as said
from reminders.rules.permissions import Permission

bp = Blueprint("page_reports", __name__, url_prefix="/page-reports")


@bp.get("/")
@requires(Permission.SEE_NOTICES)
def index() -> ResponseReturnValue:
    with database().read() as session:
        reports = said.open_reports(session, actor=actor())
    return render_template("staff/page_reports.html", reports=reports)


@bp.post("/<int:report_id>/close")
@requires(Permission.WRITE_NOTICE)
def close(report_id: int) -> ResponseReturnValue:
    go_back_to(url_for("staff.page_reports.index"))
    with database().begin() as session:
        said.close(session, report_id, actor=actor(), now=clock.now())
    flash("已处理。", "success")
    return redirect(url_for("staff.page_reports.index"), 303)
