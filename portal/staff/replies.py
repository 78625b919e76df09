"""The desk of SMS replies: what people wrote back, for an officer to read and act on."""

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from portal.errors import go_back_to
from portal.installation import database
from portal.session import actor, requires
from reminders import clock, sms_replies
from reminders.rules.permissions import Permission

bp = Blueprint("replies", __name__, url_prefix="/sms-replies")


@bp.get("/")
@requires(Permission.SEE_WORKLIST)
def index() -> ResponseReturnValue:
    with database().read() as session:
        lines = sms_replies.unread(session, actor=actor())
    return render_template("staff/replies.html", lines=lines)


@bp.post("/<int:reply_id>/read")
@requires(Permission.RECORD_CALL)
def read(reply_id: int) -> ResponseReturnValue:
    go_back_to(url_for("staff.replies.index"))
    with database().begin() as session:
        sms_replies.mark_read(session, reply_id, actor=actor(), now=clock.now())
    flash("已标为处理过。", "success")
    return redirect(url_for("staff.replies.index"), 303)
