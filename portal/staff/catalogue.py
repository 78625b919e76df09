"""The catalogue desk: every kind of license with what is still missing or unconfirmed."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from portal.installation import database
from portal.session import requires
from reminders import catalogue
from reminders.rules.permissions import Permission

bp = Blueprint("catalogue", __name__, url_prefix="/catalogue")


@bp.get("/")
@requires(Permission.SEE_CATALOGUE)
def show() -> ResponseReturnValue:
    with database().read() as session:
        entries = catalogue.entries(session)
    return render_template("staff/catalogue.html", entries=entries)
