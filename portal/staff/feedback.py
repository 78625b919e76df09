"""The desk of feedback: what holders think, which mistakes they see, and what we answer."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.errors import go_back_to
from portal.installation import database
from portal.session import actor, requires
from reminders import clock, feedback
from reminders.rules.permissions import Permission
from reminders.rules.service_words import ABOUTS, LEVELS, REASONS

bp = Blueprint("feedback", __name__, url_prefix="/feedback")


@bp.get("/")
@requires(Permission.SEE_WORKLIST)
def index() -> ResponseReturnValue:
    with database().read() as session:
        told = feedback.open_ones(session, actor=actor())
    return render_template("staff/feedback.html", told=told, abouts=ABOUTS, levels=LEVELS, reasons=REASONS)


@bp.post("/<int:feedback_id>/close")
@requires(Permission.RECORD_CALL)
def close(feedback_id: int) -> ResponseReturnValue:
    go_back_to(url_for("staff.feedback.index"))
    with database().begin() as session:
        feedback.close(session, feedback_id, request.form.get("reply", ""), actor=actor(), now=clock.now())
    flash("已记录，持证人在“评价和纠错”页面能看到答复。", "success")
    return redirect(url_for("staff.feedback.index"), 303)
