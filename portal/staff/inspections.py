"""抽查和整改: samples of the ledger, what was found of each row, and the orders that follow."""

from datetime import date

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.errors import go_back_to
from portal.installation import database
from portal.session import actor, requires
from portal.staff.letters import day_of
from reminders import clock
from reminders import supervision as use_case
from reminders.errors import Invalid
from reminders.rules.permissions import Permission
from reminders.rules.supervision import Verdict

bp = Blueprint("inspections", __name__, url_prefix="/inspections")


@bp.get("/")
@requires(Permission.SEE_SUPERVISION)
def index() -> ResponseReturnValue:
    now = clock.now()
    with database().read() as session:
        drawn = use_case.samples(session, actor=actor())
        orders = use_case.orders(session, actor=actor(), now=now)
        departments = use_case.departments(session)
    return render_template(
        "staff/inspections.html", samples=drawn, orders=orders, departments=departments, today=_today()
    )


@bp.post("/samples")
@requires(Permission.SUPERVISE)
def draw() -> ResponseReturnValue:
    go_back_to(url_for("staff.inspections.index"))
    with database().begin() as session:
        sample_id = use_case.draw_sample(
            session,
            request.form.get("department", type=int) or None,
            request.form.get("size", 0, type=int),
            request.form.get("seed", ""),
            actor=actor(),
            now=clock.now(),
        )
    return redirect(url_for("staff.inspections.sample", sample_id=sample_id), 303)


@bp.get("/samples/<int:sample_id>")
@requires(Permission.SEE_SUPERVISION)
def sample(sample_id: int) -> ResponseReturnValue:
    with database().read() as session:
        found = use_case.findings(session, sample_id, actor=actor())
    problems = [one for one in found if one.verdict is Verdict.PROBLEM]
    return render_template(
        "staff/inspection_sample.html",
        sample_id=sample_id,
        findings=found,
        verdicts=Verdict,
        concerned={one.department_id: one.department for one in problems},
        words={one: _words(problems, one) for one in {row.department_id for row in problems}},
    )


@bp.post("/samples/<int:sample_id>/findings")
@requires(Permission.SUPERVISE)
def find(sample_id: int) -> ResponseReturnValue:
    go_back_to(url_for("staff.inspections.sample", sample_id=sample_id))
    verdict = request.form.get("verdict", "")
    if verdict not in set(Verdict):
        raise Invalid("请选择合格或有问题。")
    with database().begin() as session:
        use_case.record_finding(
            session,
            sample_id,
            request.form.get("license", 0, type=int),
            Verdict(verdict),
            request.form.get("note", ""),
            actor=actor(),
            now=clock.now(),
        )
    return redirect(url_for("staff.inspections.sample", sample_id=sample_id), 303)


@bp.post("/orders")
@requires(Permission.SUPERVISE)
def issue() -> ResponseReturnValue:
    go_back_to(url_for("staff.inspections.index"))
    with database().begin() as session:
        use_case.issue_order(
            session,
            request.form.get("department", 0, type=int),
            request.form.get("text", ""),
            day_of("deadline_on"),
            sample_id=request.form.get("sample", type=int),
            actor=actor(),
            now=clock.now(),
        )
    flash("已发出整改通知，科室会在这一页看到并回复。", "success")
    return redirect(url_for("staff.inspections.index"), 303)


@bp.post("/orders/<int:order_id>/answer")
@requires(Permission.ANSWER_ORDER)
def answer(order_id: int) -> ResponseReturnValue:
    go_back_to(url_for("staff.inspections.index"))
    with database().begin() as session:
        use_case.answer_order(
            session, order_id, request.form.get("reply", ""), actor=actor(), now=clock.now()
        )
    flash("已回复，等业务科核对办结。", "success")
    return redirect(url_for("staff.inspections.index"), 303)


@bp.post("/orders/<int:order_id>/close")
@requires(Permission.SUPERVISE)
def close(order_id: int) -> ResponseReturnValue:
    go_back_to(url_for("staff.inspections.index"))
    with database().begin() as session:
        use_case.close_order(session, order_id, actor=actor(), now=clock.now())
    flash("已办结。", "success")
    return redirect(url_for("staff.inspections.index"), 303)


@bp.post("/orders/<int:order_id>/send-back")
@requires(Permission.SUPERVISE)
def send_back(order_id: int) -> ResponseReturnValue:
    go_back_to(url_for("staff.inspections.index"))
    with database().begin() as session:
        use_case.send_back(session, order_id, day_of("deadline_on"), actor=actor(), now=clock.now())
    flash("已退回科室继续整改。", "success")
    return redirect(url_for("staff.inspections.index"), 303)


def _today() -> date:
    return clock.civil_date(clock.now())


def _words(problems: list[use_case.Finding], department_id: int) -> str:
    """What an order to this department says to begin with."""
    lines = [
        f"{place}. {one.license_name} {one.license_no}：{one.note}"
        for place, one in enumerate((row for row in problems if row.department_id == department_id), 1)
    ]
    return "\n".join(["抽查发现下列问题，请在期限内整改并回复。", *lines])
