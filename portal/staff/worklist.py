"""The call desk: whom to ring with what words, what came of it, and whom nobody can reach."""

from datetime import datetime

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.errors import go_back_to
from portal.installation import database
from portal.session import actor, requires
from reminders import clock, worklist
from reminders.errors import Invalid
from reminders.rules.lifecycle import CallOutcome
from reminders.rules.permissions import Permission
from reminders.worklist import CallPage

bp = Blueprint("worklist", __name__, url_prefix="/worklist")
AT_ONCE = 10
VERIFY_CLOSURE = "已记录。核实确已停业后，在台账里点这一行的“改”，状态选“注销”，以后就不再提醒。"


@bp.get("/")
@requires(Permission.SEE_WORKLIST)
def index() -> ResponseReturnValue:
    with database().read() as session:
        page = worklist.pending(
            session,
            actor=actor(),
            now=clock.now(),
            after=_after(request.args.get("after", "")),
            limit=AT_ONCE,
        )
    return _shown(page)


@bp.get("/untold")
@requires(Permission.SEE_WORKLIST)
def untold() -> ResponseReturnValue:
    with database().read() as session:
        page = worklist.no_channel(session, actor=actor(), after=request.args.get("after", 0, type=int))
    return render_template("staff/untold.html", page=page)


@bp.post("/<int:delivery_id>/phone")
@requires(Permission.RECORD_CALL)
def reveal(delivery_id: int) -> ResponseReturnValue:
    """The full number is shown once, in the answer to the button, and the audit keeps who asked."""
    go_back_to(url_for("staff.worklist.index"))
    now = clock.now()
    with database().begin() as session:
        number = worklist.reveal_phone(session, delivery_id, actor=actor(), now=now)
        page = worklist.pending(
            session, actor=actor(), now=now, after=_after(request.form.get("after", "")), limit=AT_ONCE
        )
    return _shown(page, revealed={delivery_id: number})


@bp.post("/<int:delivery_id>/outcome")
@requires(Permission.RECORD_CALL)
def record(delivery_id: int) -> ResponseReturnValue:
    go_back_to(url_for("staff.worklist.index"))
    outcome = request.form.get("outcome", "")
    if outcome not in set(CallOutcome):
        raise Invalid("请先选一个通话结果，再点保存。")
    with database().begin() as session:
        worklist.record_outcome(
            session,
            delivery_id,
            CallOutcome(outcome),
            request.form.get("note", ""),
            again_at=_moment(request.form.get("again_at", "")),
            license_ids=request.form.getlist("license", type=int),
            actor=actor(),
            now=clock.now(),
        )
    is_gone = outcome == CallOutcome.CLOSED_DOWN
    flash(VERIFY_CLOSURE if is_gone else "已记录。", "success")
    return redirect(url_for("staff.worklist.index"), 303)


def _shown(page: CallPage, revealed: dict[int, str] | None = None) -> str:
    after = f"{page.after[0].isoformat()}_{page.after[1]}" if page.after else ""
    return render_template(
        "staff/worklist.html",
        page=page,
        here=request.values.get("after", ""),
        after=after,
        outcomes=CallOutcome,
        revealed=revealed or {},
    )


def _moment(text: str) -> datetime | None:
    """When they asked to be called again, as the clock on their wall shows it."""
    if not text:
        return None
    try:
        told = datetime.fromisoformat(text)
    except ValueError:
        raise Invalid("时间要写成 2026-12-20 09:30 的样子，请重新选择。") from None
    return clock.civil_moment(told.date(), told.time())


def _after(text: str) -> tuple[datetime, int] | None:
    moment, _, last_id = text.rpartition("_")
    if not text:
        return None
    try:
        return datetime.fromisoformat(moment), int(last_id)
    except ValueError:
        raise Invalid("页码不对，请从第一页重新打开。") from None
