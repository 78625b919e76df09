"""The desk of the security administrator: who has an account, and invitations to it."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.errors import go_back_to
from portal.installation import database, settings
from portal.session import actor, requires
from reminders import clock, staff
from reminders.errors import Invalid
from reminders.rules.lifecycle import Role
from reminders.rules.permissions import Permission

bp = Blueprint("accounts", __name__, url_prefix="/accounts")


@bp.get("/")
@requires(Permission.MANAGE_ACCOUNTS)
def index() -> ResponseReturnValue:
    with database().read() as session:
        lines, departments = staff.list_staff(session), staff.departments(session)
    return render_template("staff/accounts.html", lines=lines, departments=departments, roles=Role)


@bp.post("/")
@requires(Permission.MANAGE_ACCOUNTS)
def add() -> ResponseReturnValue:
    """The code stands in this answer only."""
    go_back_to(url_for("staff.accounts.index"))
    role, now = request.form.get("role", ""), clock.now()
    person_no = request.form.get("person_no", "").strip()
    if role not in set(Role):
        raise Invalid("请选岗位。")
    if not person_no:
        raise Invalid("请填工号：一个人只能有一个账号。")
    with database().begin() as session:
        staff_id = staff.add_staff(
            session,
            request.form.get("login", ""),
            request.form.get("name", ""),
            Role(role),
            request.form.get("department", ""),
            None,
            person_no=person_no,
            actor=actor(),
            now=now,
        )
        invited = staff.invite(session, staff_id, actor=actor(), now=now)
    return render_template("staff/invited.html", invited=invited)


@bp.post("/<int:staff_id>/invite")
@requires(Permission.MANAGE_ACCOUNTS)
def invite(staff_id: int) -> ResponseReturnValue:
    go_back_to(url_for("staff.accounts.index"))
    with database().begin() as session:
        invited = staff.invite(session, staff_id, actor=actor(), now=clock.now())
    return render_template("staff/invited.html", invited=invited)


@bp.post("/<int:staff_id>/unlock")
@requires(Permission.MANAGE_ACCOUNTS)
def unlock(staff_id: int) -> ResponseReturnValue:
    go_back_to(url_for("staff.accounts.index"))
    with database().begin() as session:
        staff.unlock(session, staff_id, actor=actor(), now=clock.now())
    flash("已解除锁定，可以马上再登录。", "success")
    return redirect(url_for("staff.accounts.index"), 303)


@bp.post("/<int:staff_id>/active")
@requires(Permission.MANAGE_ACCOUNTS)
def set_active(staff_id: int) -> ResponseReturnValue:
    go_back_to(url_for("staff.accounts.index"))
    is_active = request.form.get("active") == "yes"
    with database().begin() as session:
        staff.set_active(session, staff_id, is_active=is_active, actor=actor(), now=clock.now())
    flash("已启用。" if is_active else "已停用，正在进行的登录也结束了。", "success")
    return redirect(url_for("staff.accounts.index"), 303)


@bp.post("/<int:staff_id>/link")
@requires(Permission.MANAGE_ACCOUNTS)
def link(staff_id: int) -> ResponseReturnValue:
    go_back_to(url_for("staff.accounts.index"))
    issuer, subject = settings().oidc_issuer, request.form.get("subject", "")
    if not issuer:
        raise Invalid("还没有配置统一身份认证，请联系系统管理员。")
    with database().begin() as session:
        staff.link(session, staff_id, issuer, subject, actor=actor(), now=clock.now())
    flash("已关联，本人可以用统一身份认证登录了。", "success")
    return redirect(url_for("staff.accounts.index"), 303)


@bp.post("/<int:staff_id>/unlink")
@requires(Permission.MANAGE_ACCOUNTS)
def unlink(staff_id: int) -> ResponseReturnValue:
    go_back_to(url_for("staff.accounts.index"))
    with database().begin() as session:
        staff.unlink(session, staff_id, actor=actor(), now=clock.now())
    flash("已取消关联，正在进行的登录也结束了。", "success")
    return redirect(url_for("staff.accounts.index"), 303)
