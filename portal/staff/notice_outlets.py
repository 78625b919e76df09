"""What staff do about a published notice at one outlet: try again at once, or push it to every follower."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.errors import go_back_to
from portal.installation import database, settings
from portal.session import actor, requires
from reminders import clock, publication
from reminders.errors import Invalid
from reminders.notices import desk, publishing
from reminders.notices.desk import DeskNotice
from reminders.rules.lifecycle import Outlet
from reminders.rules.permissions import Permission

bp = Blueprint("notice_outlets", __name__, url_prefix="/notices")


@bp.post("/<int:notice_id>/outlets/<outlet>/retry")
@requires(Permission.REVIEW_NOTICE)
def retry(notice_id: int, outlet: str) -> ResponseReturnValue:
    go_back_to(url_for("staff.notices.show", notice_id=notice_id))
    if outlet not in set(Outlet):
        raise Invalid("没有这个发布渠道，请刷新页面后重试。")
    _notice(notice_id)
    with database().begin() as session:
        publication.retry(session, notice_id, Outlet(outlet), actor=actor(), now=clock.now())
    flash("已重新排队。", "success")
    return redirect(url_for("staff.notices.show", notice_id=notice_id), 303)


@bp.get("/<int:notice_id>/mass-send")
@requires(Permission.REVIEW_NOTICE)
def confirm_mass_send(notice_id: int) -> ResponseReturnValue:
    """The second look before every follower gets it: what goes out, what is left, who must confirm."""
    _refuse_without_account()
    with database().read() as session:
        sent = publishing.mass_sends(session, now=clock.now())
    return render_template(
        "staff/notice_mass_send.html", notice=_notice(notice_id), sent=sent, most=publishing.MASS_A_MONTH
    )


@bp.post("/<int:notice_id>/mass-send")
@requires(Permission.REVIEW_NOTICE)
def mass_send(notice_id: int) -> ResponseReturnValue:
    go_back_to(url_for("staff.notice_outlets.confirm_mass_send", notice_id=notice_id))
    _refuse_without_account()
    if request.form.get("sure") != "yes":
        raise Invalid("请先勾选“我已核对内容，确认推送给全体关注者”，再点群发。")
    digest = request.form.get("digest", "")
    with database().begin() as session:
        publishing.send_to_all(session, notice_id, digest, actor=actor(), now=clock.now())
    flash("已排队群发。请公众号管理员在 30 分钟内用手机确认，逾期自动取消。", "success")
    return redirect(url_for("staff.notices.show", notice_id=notice_id), 303)


def _refuse_without_account() -> None:
    if Outlet.MASS_SEND not in settings().outlets():
        raise Invalid("这个系统没有开通公众号发布，请联系系统管理员设置 OFFICIAL_ACCOUNT_ARTICLES。")


def _notice(notice_id: int) -> DeskNotice:
    with database().read() as session:
        return desk.show(session, notice_id, clock.civil_date(clock.now()), actor=actor())
