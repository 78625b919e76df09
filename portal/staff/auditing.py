"""审计: who did what in sentences, how far the chain was followed, and the file of both."""

import io
from datetime import date
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue

from portal.errors import go_back_to
from portal.installation import database
from portal.session import actor, requires
from portal.words import word
from reminders import auditing as use_case
from reminders import clock, ledger
from reminders.auditing import Filters, Form
from reminders.errors import Invalid
from reminders.rules.audit_sentences import GROUP_WORDS, Group
from reminders.rules.permissions import Permission

bp = Blueprint("auditing", __name__, url_prefix="/audit")


@bp.get("/")
@requires(Permission.SEE_AUDIT)
def show() -> ResponseReturnValue:
    filters = _filters(request.args)
    with database().read() as session:
        page = use_case.page(session, filters, word=word)
        people, state = use_case.people(session), use_case.state(session)
        about = use_case.name_of(session, filters.about) if filters.about else ""
    return render_template(
        "staff/audit.html",
        page=page,
        people=people,
        state=state,
        about=about,
        filters=filters,
        groups=GROUP_WORDS,
        again={name: value for name, value in request.args.items() if name != "after" and value},
    )


@bp.get("/imports/<int:import_id>")
@requires(Permission.SEE_AUDIT)
def import_(import_id: int) -> ResponseReturnValue:
    """Read from the rows that the import itself keeps sealed, without what belongs to a person."""
    license_id = request.args.get("license", type=int)
    after = request.args.get("after", -1, type=int)
    with database().read() as session:
        found = ledger.differences(session, import_id, license_id=license_id, after=after)
    return render_template("staff/audit_import.html", found=found, license_id=license_id)


@bp.post("/find")
@requires(Permission.SEE_AUDIT)
def find() -> ResponseReturnValue:
    """The number is asked for by a form, so that it stands in no address; what it found does."""
    go_back_to(url_for("staff.auditing.show"))
    with database().begin() as session:
        about = use_case.about_of(session, request.form.get("number", ""), actor=actor(), now=clock.now())
    return redirect(url_for("staff.auditing.show", about=about), 303)


@bp.post("/export")
@requires(Permission.SEE_AUDIT)
def export() -> ResponseReturnValue:
    go_back_to(url_for("staff.auditing.show"))
    filters, wanted = _filters(request.form), request.form.get("form", "")
    if wanted not in set(Form):
        raise Invalid("请选择文件格式。")
    target, now = io.BytesIO(), clock.now()
    with database().begin() as session:
        use_case.export(session, target, filters, Form(wanted), word, actor=actor(), now=now)
    target.seek(0)
    name = f"审计记录-{clock.civil_date(now):%Y%m%d}.{wanted}"
    return send_file(target, as_attachment=True, download_name=name)


@bp.post("/restart")
@requires(Permission.SEE_AUDIT)
def restart() -> ResponseReturnValue:
    go_back_to(url_for("staff.auditing.show"))
    with database().begin() as session:
        use_case.restart(session, actor=actor(), now=clock.now())
    flash("已从第一条重新开始核对，系统在后台进行，刷新本页可看进度。", "success")
    return redirect(url_for("staff.auditing.show"), 303)


def _filters(told: Any) -> Filters:
    group = told.get("group", "")
    return Filters(
        person=told.get("person", "")[:100],
        group=Group(group) if group in set(Group) else None,
        about=told.get("about", "")[:40],
        since=_day(told.get("since", "")),
        until=_day(told.get("until", "")),
        after=told.get("after", 0, type=int),
    )


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise Invalid("日期要写成 2026-12-20 的样子，请重新填写。") from None
