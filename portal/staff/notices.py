"""The notices desk: generate or write, preview, submit, review, schedule, correct, withdraw."""

from datetime import date, datetime, timedelta

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal import outlet_words
from portal.errors import go_back_to
from portal.installation import database, settings
from portal.outlets import outlets
from portal.session import actor, requires
from reminders import catalogue, clock
from reminders.errors import Invalid, ReminderError
from reminders.notices import desk, publishing, replacing, review, writing
from reminders.notices.desk import DeskNotice
from reminders.notices.writing import Period
from reminders.rules.lifecycle import NoticeState
from reminders.rules.permissions import Permission, department_scope

USUAL_PERIOD = timedelta(days=90)

PREVIEWS = ("portal", "phone", "print")

bp = Blueprint("notices", __name__, url_prefix="/notices")


@bp.get("/")
@requires(Permission.SEE_NOTICES)
def index() -> ResponseReturnValue:
    state = NoticeState(request.args["state"]) if request.args.get("state") in set(NoticeState) else None
    before_id = request.args.get("before", type=int)
    with database().read() as session:
        lines = desk.lines(session, state, before_id=before_id, actor=actor())
    more = lines[-1].id if len(lines) == desk.PAGE else None
    return render_template("staff/notices.html", lines=lines, state=state, more=more, states=NoticeState)


@bp.get("/new")
@requires(Permission.WRITE_NOTICE)
def new() -> ResponseReturnValue:
    scope = department_scope(actor())
    with database().read() as session:
        entries = [one for one in catalogue.entries(session) if scope in (None, one.department_id)]
    today = clock.civil_date(clock.now())
    until = today + USUAL_PERIOD
    return render_template("staff/notice_new.html", entries=entries, today=today, until=until)


@bp.post("/generate")
@requires(Permission.WRITE_NOTICE)
def generate() -> ResponseReturnValue:
    go_back_to(url_for("staff.notices.new"))
    period = Period(_day("period_from"), _day("period_to"))
    entry_id = request.form.get("entry", 0, type=int)
    with database().begin() as session:
        notice_id = writing.generate(session, entry_id, period, actor=actor(), now=clock.now())
    flash("草稿已按台账生成。请检查文字和名单，然后提交审核。", "success")
    return redirect(url_for("staff.notices.edit", notice_id=notice_id), 303)


@bp.post("/new")
@requires(Permission.WRITE_NOTICE)
def draft() -> ResponseReturnValue:
    go_back_to(url_for("staff.notices.new"))
    title, body = request.form.get("title", ""), request.form.get("body", "") or "（请在这里写正文）"
    with database().begin() as session:
        notice_id = writing.draft(session, title, body, actor=actor(), now=clock.now())
    return redirect(url_for("staff.notices.edit", notice_id=notice_id), 303)


@bp.get("/<int:notice_id>")
@requires(Permission.SEE_NOTICES)
def show(notice_id: int) -> ResponseReturnValue:
    how = request.args.get("as", "portal")
    with database().read() as session:
        sent = publishing.mass_sends(session, now=clock.now())
    return render_template(
        "staff/notice.html",
        notice=_notice(notice_id),
        how=how if how in PREVIEWS else "portal",
        offered=outlets(settings()),
        mass_left=max(0, publishing.MASS_A_MONTH - sent),
        reason_words=outlet_words.told,
    )


@bp.post("/check")
@requires(Permission.WRITE_NOTICE)
def check() -> ResponseReturnValue:
    """The findings on words that are still being written; the page asks while somebody types."""
    notice_id = request.form.get("notice", type=int)
    with database().read() as session:
        listed = "[]" if notice_id is None else desk.list_of(session, notice_id, actor=actor())
        found = desk.check(
            session,
            request.form.get("title", ""),
            request.form.get("body", ""),
            listed,
            clock.civil_date(clock.now()),
            portal_url=settings().portal_url,
        )
    return render_template("staff/notice_checks.html", checks=found)


@bp.get("/<int:notice_id>/edit")
@requires(Permission.WRITE_NOTICE)
def edit(notice_id: int) -> ResponseReturnValue:
    notice = _notice(notice_id)
    return _editor(notice, notice.title, notice.body, notice.version)


@bp.post("/<int:notice_id>/edit")
@requires(Permission.WRITE_NOTICE)
def save(notice_id: int) -> ResponseReturnValue:
    """What was typed is never lost: a refusal shows the form again with it."""
    title, body = request.form.get("title", ""), request.form.get("body", "")
    version = request.form.get("version", 0, type=int)
    try:
        with database().begin() as session:
            writing.edit(
                session,
                notice_id,
                title,
                body,
                version=version,
                dropped=frozenset(request.form.getlist("drop", type=int)),
                actor=actor(),
                now=clock.now(),
            )
    except ReminderError as error:
        flash(error.message, "danger")
        return _editor(_notice(notice_id), title, body, version), 409
    flash("已保存。", "success")
    return redirect(url_for("staff.notices.show", notice_id=notice_id), 303)


@bp.post("/<int:notice_id>/submit")
@requires(Permission.WRITE_NOTICE)
def submit(notice_id: int) -> ResponseReturnValue:
    go_back_to(url_for("staff.notices.show", notice_id=notice_id))
    version = request.form.get("version", 0, type=int)
    with database().begin() as session:
        writing.submit(session, notice_id, version=version, actor=actor(), now=clock.now())
    flash("已提交，请另一位有审核权限的同事审核。", "success")
    return redirect(url_for("staff.notices.show", notice_id=notice_id), 303)


@bp.post("/<int:notice_id>/approve")
@requires(Permission.REVIEW_NOTICE)
def approve(notice_id: int) -> ResponseReturnValue:
    go_back_to(url_for("staff.notices.show", notice_id=notice_id))
    now, at = clock.now(), _moment("publish_at")
    offered = outlets(settings())
    is_chosen = "chosen" in request.form
    with database().begin() as session:
        review.approve(
            session,
            notice_id,
            request.form.get("digest", ""),
            outlets=tuple(one for one in offered if not is_chosen or f"outlet_{one}" in request.form),
            publish_at=at,
            actor=actor(),
            now=now,
        )
    later = at is not None and at > now
    flash("已审核通过，到时间自动发布。" if later else "已发布，门户上现在就能看到。", "success")
    return redirect(url_for("staff.notices.show", notice_id=notice_id), 303)


@bp.post("/<int:notice_id>/return")
@requires(Permission.REVIEW_NOTICE)
def give_back(notice_id: int) -> ResponseReturnValue:
    go_back_to(url_for("staff.notices.show", notice_id=notice_id))
    with database().begin() as session:
        review.return_to_author(
            session, notice_id, request.form.get("reason", ""), actor=actor(), now=clock.now()
        )
    flash("已退回给起草人。", "success")
    return redirect(url_for("staff.notices.show", notice_id=notice_id), 303)


@bp.post("/<int:notice_id>/withdraw")
@requires(Permission.WITHDRAW_NOTICE)
def withdraw(notice_id: int) -> ResponseReturnValue:
    go_back_to(url_for("staff.notices.show", notice_id=notice_id))
    with database().begin() as session:
        review.withdraw(session, notice_id, request.form.get("reason", ""), actor=actor(), now=clock.now())
    flash("已撤回。门户已显示撤回说明，其他发布渠道正在下线。", "success")
    return redirect(url_for("staff.notices.show", notice_id=notice_id), 303)


@bp.post("/<int:notice_id>/replace")
@requires(Permission.WRITE_NOTICE)
def replace(notice_id: int) -> ResponseReturnValue:
    go_back_to(url_for("staff.notices.show", notice_id=notice_id))
    reason = request.form.get("reason", "")
    with database().begin() as session:
        new_id = replacing.replace(session, notice_id, reason, actor=actor(), now=clock.now())
    flash("新版本的草稿已建好。改好后提交审核；审核通过时，旧版本自动撤下。", "success")
    return redirect(url_for("staff.notices.edit", notice_id=new_id), 303)


def _notice(notice_id: int) -> DeskNotice:
    with database().read() as session:
        today, portal_url = clock.civil_date(clock.now()), settings().portal_url
        return desk.show(session, notice_id, today, portal_url=portal_url, actor=actor())


def _editor(notice: DeskNotice, title: str, body: str, version: int) -> str:
    return render_template("staff/notice_edit.html", notice=notice, title=title, body=body, version=version)


def _day(field: str) -> date:
    try:
        return date.fromisoformat(request.form.get(field, ""))
    except ValueError:
        raise Invalid("日期要写成 2026-12-20 的样子，请重新填写期间的两个日期。") from None


def _moment(field: str) -> datetime | None:
    """A civil moment of Weihai from a field that may stay empty."""
    text = request.form.get(field, "")
    if not text:
        return None
    try:
        told = datetime.fromisoformat(text)
    except ValueError:
        raise Invalid("时间要写成 2026-12-20 09:30 的样子，请重新选择。") from None
    return clock.civil_moment(told.date(), told.time())
