"""The brake: stop all sending, start it again, close what opened by itself."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.errors import go_back_to
from portal.installation import database, settings
from portal.session import actor, requires
from reminders import alarms, clock, deliveries, planning
from reminders.rules.permissions import Permission

bp = Blueprint("sending", __name__, url_prefix="/sending")


@bp.get("/")
@requires(Permission.SWITCH_SENDING)
def show() -> ResponseReturnValue:
    with database().read() as session:
        status = deliveries.sending_status(session, now=clock.now())
        held = planning.held_run(session)
    return render_template(
        "staff/sending.html",
        status=status,
        held=held,
        run_cap=settings().run_cap,
        is_allowed=settings().sending == "on",
    )


@bp.post("/stop")
@requires(Permission.SWITCH_SENDING)
def stop() -> ResponseReturnValue:
    go_back_to(url_for("staff.sending.show"))
    with database().begin() as session:
        deliveries.stop_sending(session, request.form.get("reason", ""), actor=actor(), now=clock.now())
    flash("已停止全部发送。正在途中的消息会走完，不再发出新的。", "success")
    return redirect(url_for("staff.sending.show"), 303)


@bp.post("/start")
@requires(Permission.SWITCH_SENDING)
def start() -> ResponseReturnValue:
    go_back_to(url_for("staff.sending.show"))
    with database().begin() as session:
        deliveries.start_sending(session, actor=actor(), now=clock.now())
    flash("已恢复发送。", "success")
    return redirect(url_for("staff.sending.show"), 303)


@bp.post("/circuits/close")
@requires(Permission.SWITCH_SENDING)
def close_circuit() -> ResponseReturnValue:
    go_back_to(url_for("staff.sending.show"))
    with database().begin() as session:
        freed = deliveries.close_circuit(
            session, request.form.get("name", ""), actor=actor(), now=clock.now()
        )
    flash(f"已解除，{freed} 条受阻的消息重新排队。", "success")
    return redirect(url_for("staff.sending.show"), 303)


@bp.post("/runs/<int:run_id>/confirm")
@requires(Permission.SWITCH_SENDING)
def confirm(run_id: int) -> ResponseReturnValue:
    go_back_to(url_for("staff.sending.show"))
    now, told = clock.now(), settings()
    with database().begin() as session:
        report = planning.confirm(
            session,
            run_id,
            planning.today(session, now=now),
            sending_hours=told.sending_hours,
            cap=told.run_cap,
            actor=actor(),
            now=now,
        )
        alarms.watch(session, now=now)
    if report.is_held:
        flash(f"这期间又多了一些，现在是 {report.deliveries} 条消息，请再核对一次。", "info")
    else:
        flash(f"已确认，{report.deliveries} 条消息进入队列，按发送时间发出。", "success")
    return redirect(url_for("staff.sending.show"), 303)


@bp.post("/runs/<int:run_id>/discard")
@requires(Permission.SWITCH_SENDING)
def discard(run_id: int) -> ResponseReturnValue:
    go_back_to(url_for("staff.sending.show"))
    now = clock.now()
    with database().begin() as session:
        planning.discard(session, run_id, actor=actor(), now=now)
        alarms.watch(session, now=now)
    flash("今天不再计划这一批。到期的证照没有丢失，明天会再次等待确认。", "success")
    return redirect(url_for("staff.sending.show"), 303)
