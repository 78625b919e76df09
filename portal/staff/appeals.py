"""The desk for appeals: people whom no code reaches, and receivers whom a holder does not know."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.errors import go_back_to
from portal.installation import database
from portal.session import actor, requires
from reminders import binding, clock
from reminders.errors import Invalid
from reminders.rules.permissions import Permission
from reminders.rules.service_words import AppealClosing

bp = Blueprint("appeals", __name__, url_prefix="/appeals")


@bp.get("/")
@requires(Permission.LET_BIND)
def index() -> ResponseReturnValue:
    """Phones stand there in full, to be called: that somebody looked is written to the audit."""
    with database().begin() as session:
        cases = binding.read_appeals(session, actor=actor(), now=clock.now())
    return render_template("staff/appeals.html", cases=cases)


@bp.post("/<int:appeal_id>/close")
@requires(Permission.LET_BIND)
def close(appeal_id: int) -> ResponseReturnValue:
    go_back_to(url_for("staff.appeals.index"))
    closing = request.form.get("closing", "")
    if closing not in set(AppealClosing):
        raise Invalid("请选“属实”或“不属实”。")
    with database().begin() as session:
        binding.close_appeal(
            session,
            appeal_id,
            AppealClosing(closing),
            request.form.get("note", ""),
            phone_is_dead=request.form.get("phone_is_dead") == "yes",
            actor=actor(),
            now=clock.now(),
        )
    flash("已记录。", "success")
    return redirect(url_for("staff.appeals.index"), 303)
