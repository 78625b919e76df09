"""The desk where a department sees, before anything is sent, which of its rows no SMS can reach."""

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from portal.installation import database
from portal.session import actor, requires
from reminders import sms_check
from reminders.rules.permissions import Permission

bp = Blueprint("sms_check", __name__, url_prefix="/sms-check")


@bp.get("/")
@requires(Permission.SEE_LEDGER)
def index() -> ResponseReturnValue:
    with database().read() as session:
        page = sms_check.faults(session, actor=actor(), after=request.args.get("after", 0, type=int))
    return render_template("staff/sms_check.html", page=page)
