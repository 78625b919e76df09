"""The ledger desk: the stock as a list, and sheets from upload over preview to acceptance."""

import io
from datetime import date

from flask import Blueprint, flash, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue

from portal.errors import go_back_to
from portal.installation import database, settings
from portal.session import actor, requires
from reminders import catalogue, clock, ledger, ledger_export, spreadsheet, today
from reminders.errors import Invalid
from reminders.ledger import Filters, Line
from reminders.rules.lifecycle import RowAction
from reminders.rules.permissions import Permission, department_scope
from reminders.rules.status import LicenseStatus, license_status
from reminders.rules.window import Window

bp = Blueprint("ledger", __name__, url_prefix="/ledger")
EXPORT_MONTHS = ("3", "12")
WRITES = (RowAction.NEW, RowAction.CHANGED, RowAction.RENEWED)


@bp.get("/")
@requires(Permission.SEE_LEDGER)
def index() -> ResponseReturnValue:
    filters = _filters()
    scope = department_scope(actor())
    with database().read() as session:
        page = ledger.rows(session, filters, actor=actor())
        entries = [one for one in catalogue.entries(session) if scope in (None, one.department_id)]
    on = clock.civil_date(clock.now())
    lines = [(line, _status(line, on)) for line in page.lines]
    return render_template(
        "staff/ledger.html", lines=lines, after=page.after, entries=entries, filters=filters
    )


@bp.post("/export")
@requires(Permission.EXPORT_LEDGER)
def export() -> ResponseReturnValue:
    """The file holds phones in full: that it was taken is written to the audit."""
    go_back_to(url_for("staff.ledger.index"))
    within = request.form.get("within", "3")
    if within != "all" and within not in EXPORT_MONTHS:
        raise Invalid("请选择导出范围。")
    months = None if within == "all" else int(within)
    now = clock.now()
    target = io.BytesIO()
    with database().begin() as session:
        ledger_export.export(
            session, target, within_months=months, mark=settings().mark, actor=actor(), now=now
        )
    target.seek(0)
    name = f"证照到期提醒台账{settings().mark}-{clock.civil_date(now):%Y%m%d}.xlsx"
    return send_file(target, as_attachment=True, download_name=name)


@bp.get("/imports/")
@requires(Permission.IMPORT_LEDGER)
def imports() -> ResponseReturnValue:
    with database().read() as session:
        lines = today.imports(session, actor=actor())
    return render_template("staff/imports.html", lines=lines)


@bp.post("/imports/")
@requires(Permission.IMPORT_LEDGER)
def upload() -> ResponseReturnValue:
    """The sheet is read in its own child process before any transaction is opened."""
    go_back_to(url_for("staff.ledger.imports"))
    file = request.files.get("file")
    if file is None or not file.filename:
        raise Invalid("没有选择文件。请先选择台账文件（xlsx、xls 或 csv），再点上传。")
    data = file.read()
    workbook = spreadsheet.read(data, file.filename)
    with database().begin() as session:
        import_id = ledger.preview(session, file.filename, data, workbook, actor=actor(), now=clock.now())
    return redirect(url_for("staff.ledger.show_import", import_id=import_id), 303)


@bp.get("/imports/<int:import_id>")
@requires(Permission.IMPORT_LEDGER)
def show_import(import_id: int) -> ResponseReturnValue:
    """Faulty rows come first, because they are what a person can mend."""
    after = request.args.get("after", -1, type=int)
    wanted = request.args.get("action", "")
    with database().read() as session:
        view = ledger.show(session, import_id, actor=actor(), action=_action(wanted), after=after)
        if not wanted and view.counts[RowAction.FAULTY]:
            wanted = RowAction.FAULTY.value
            view = ledger.show(session, import_id, actor=actor(), action=RowAction.FAULTY, after=after)
    writes = sum(view.counts[action] for action in WRITES)
    return render_template("staff/import.html", view=view, action=wanted, writes=writes, actions=RowAction)


@bp.post("/imports/<int:import_id>/accept")
@requires(Permission.IMPORT_LEDGER)
def accept(import_id: int) -> ResponseReturnValue:
    go_back_to(url_for("staff.ledger.show_import", import_id=import_id))
    good_rows_only = request.form.get("good_rows_only") == "yes"
    with database().begin() as session:
        ledger.accept(session, import_id, good_rows_only=good_rows_only, actor=actor(), now=clock.now())
    flash("已导入，提醒日期已按新台账重算。", "success")
    return redirect(url_for("staff.ledger.show_import", import_id=import_id), 303)


@bp.post("/imports/<int:import_id>/discard")
@requires(Permission.IMPORT_LEDGER)
def discard(import_id: int) -> ResponseReturnValue:
    go_back_to(url_for("staff.ledger.show_import", import_id=import_id))
    with database().begin() as session:
        ledger.discard(session, import_id, actor=actor(), now=clock.now())
    flash("已放弃这次导入，台账没有任何变化。", "success")
    return redirect(url_for("staff.ledger.imports"), 303)


def _filters() -> Filters:
    return Filters(
        entry_id=request.args.get("entry", type=int),
        expires_from=_day("from"),
        expires_to=_day("to"),
        search=request.args.get("search", "").strip()[:100],
        after=request.args.get("after", ""),
    )


def _day(name: str) -> date | None:
    text = request.args.get(name, "")
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise Invalid("日期要写成 2026-12-20 的样子，请重新填写。") from None


def _action(text: str) -> RowAction | None:
    return RowAction(text) if text in set(RowAction) else None


def _status(line: Line, on: date) -> LicenseStatus:
    window = Window(line.opens_on, line.apply_by, None, line.is_estimate) if line.apply_by else None
    return license_status(
        state=line.state, expiry=line.expiry, expires_on=line.expires_on, window=window, today=on
    )
