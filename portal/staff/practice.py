"""练习: the guided tour of a practice installation and the printable record of it; a real one has neither."""

from flask import Blueprint, abort, g, render_template
from flask.typing import ResponseReturnValue

from portal.installation import database, settings
from portal.session import actor, requires
from reminders import clock, training
from reminders.rules.permissions import Permission
from reminders.rules.training import PHONE, Step
from reminders.training import Training

bp = Blueprint("practice", __name__, url_prefix="/practice")


@bp.get("/")
@requires(Permission.SEE_HOME)
def show() -> ResponseReturnValue:
    return render_template("staff/practice.html", training=_training(), now=clock.now())


@bp.get("/record")
@requires(Permission.SEE_HOME)
def record() -> ResponseReturnValue:
    """参训记录, for paper."""
    return render_template("staff/practice_record.html", training=_training(), now=clock.now())


def guide() -> Training | None:
    """How far the signed-in person is, for the strip above every page; None in a real installation."""
    if not settings().practice or "actor" not in g:
        return None
    with database().read() as session:
        return training.of(session, actor=actor())


def place_of(step: Step) -> str:
    """Where a step is done; empty where the sandbox's address was not told."""
    if step.page == PHONE:
        return f"{settings().sandbox_url}/phone" if settings().sandbox_url else ""
    return step.page


def _training() -> Training:
    found = guide()
    if found is None:
        abort(404)
    return found
