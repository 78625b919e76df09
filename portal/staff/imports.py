"""Sheets on their way into the ledger: upload, columns, faults mended in place, acceptance, and undoing."""

import io
import re
from collections import defaultdict
from collections.abc import Callable

from flask import Blueprint, flash, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from portal.errors import go_back_to
from portal.installation import database, settings
from portal.session import actor, requires
from reminders import catalogue, clock, ledger, ledger_export, spreadsheet, today
from reminders.errors import Invalid
from reminders.rules.ledger_row import closest
from reminders.rules.lifecycle import ImportState, RowAction
from reminders.rules.permissions import Permission
from reminders.rules.sheet_shape import Field, Layout
from reminders.spreadsheet import Workbook

bp = Blueprint("imports", __name__, url_prefix="/ledger/imports")
WRITES = (RowAction.NEW, RowAction.CHANGED, RowAction.RENEWED)
FIELDS = list(Field)
CELL = re.compile(r"r(\d{1,9})\.(\d{1,2})")
KIND = re.compile(r"(\d{1,9}):(.{1,100})", re.DOTALL)
WARNED = "warned"
LARGE = 1_000_000  # bytes: about 20,000 rows, which a job reads while the page tells how far it is


@bp.get("/")
@requires(Permission.IMPORT_LEDGER)
def index() -> ResponseReturnValue:
    with database().read() as session:
        lines = today.imports(session, actor=actor())
    return render_template("staff/imports.html", lines=lines)


@bp.post("/")
@requires(Permission.IMPORT_LEDGER)
def upload() -> ResponseReturnValue:
    """A sheet is read in its own child process before any transaction is opened; a large one by a job."""
    go_back_to(url_for("staff.imports.index"))
    file = request.files.get("file")
    if file is None or not file.filename:
        raise Invalid("没有选择文件。请先选择台账文件（xlsx、xls 或 csv），再点上传。")
    data = file.read()
    if LARGE <= len(data) <= spreadsheet.MOST_BYTES:
        with database().begin() as session:
            import_id = ledger.take_in(session, file.filename, data, actor=actor(), now=clock.now())
        return redirect(_page(import_id), 303)
    workbook = spreadsheet.read(data, file.filename)
    with database().begin() as session:
        import_id = ledger.preview(session, file.filename, data, workbook, actor=actor(), now=clock.now())
    return redirect(_page(import_id), 303)


@bp.get("/template.xlsx")
@requires(Permission.IMPORT_LEDGER)
def template() -> ResponseReturnValue:
    """The form without a row; it holds nobody's data, so taking it is not written down."""
    target = io.BytesIO()
    with database().read() as session:
        ledger_export.blank(session, target, mark=settings().mark, actor=actor())
    target.seek(0)
    return send_file(target, as_attachment=True, download_name=f"证照到期提醒台账{settings().mark}-空白.xlsx")


@bp.get("/<int:import_id>")
@requires(Permission.IMPORT_LEDGER)
def show(import_id: int) -> ResponseReturnValue:
    """Faulty rows come first, because they are what a person can mend."""
    after = request.args.get("after", -1, type=int)
    wanted = request.args.get("action", "")
    with database().read() as session:
        view = ledger.show(
            session, import_id, actor=actor(), action=_action(wanted), warned=wanted == WARNED, after=after
        )
        if not wanted and view.counts[RowAction.FAULTY]:
            wanted = RowAction.FAULTY.value
            view = ledger.show(session, import_id, actor=actor(), action=RowAction.FAULTY, after=after)
        kinds = [one.license_name for one in catalogue.entries(session)]
    close = {row.position: closest(row.license_name, kinds) for row in view.rows if _is_misnamed(row)}
    return render_template(
        "staff/import.html",
        view=view,
        action=wanted,
        writes=sum(view.counts[action] for action in WRITES),
        actions=RowAction,
        fields=FIELDS,
        personal=ledger.PERSONAL,
        kinds=kinds,
        close=close,
        may_undo=ledger.may_undo(view.state, view.accepted_at, clock.now()),
        offer=ledger.OFFER,
        is_mendable=view.state is ImportState.PREVIEW and view.is_kept,
    )


@bp.post("/<int:import_id>/mend")
@requires(Permission.IMPORT_LEDGER)
def mend(import_id: int) -> ResponseReturnValue:
    """Texts typed into the cells of faulty rows, or one name of the catalogue for all that misspelt it."""
    go_back_to(_page(import_id))
    workbook = _workbook(import_id)
    texts: dict[int, dict[Field, str]] = defaultdict(dict)
    for name, text in request.form.items():
        if (cell := CELL.fullmatch(name)) and int(cell[2]) < len(FIELDS):
            texts[int(cell[1])][FIELDS[int(cell[2])]] = text
    taken = KIND.fullmatch(request.form.get("take", ""))
    same = request.form.get("same", type=int)

    def work(session: Session) -> tuple[int, int]:
        if same is not None:
            return ledger.same_company(session, import_id, workbook, same, actor=actor(), now=clock.now())
        if taken is None:
            return ledger.mend(session, import_id, workbook, texts, actor=actor(), now=clock.now())
        return ledger.rename_kind(
            session, import_id, workbook, texts, int(taken[1]), taken[2], actor=actor(), now=clock.now()
        )

    return _again(import_id, work)


@bp.get("/<int:import_id>/columns")
@requires(Permission.IMPORT_LEDGER)
def columns(import_id: int) -> ResponseReturnValue:
    workbook = _workbook(import_id)
    with database().read() as session:
        view = ledger.show(session, import_id, actor=actor(), limit=1)
        sheets = ledger.seen(session, import_id, workbook, actor=actor())
    return render_template("staff/import_columns.html", view=view, sheets=sheets, fields=FIELDS)


@bp.post("/<int:import_id>/columns")
@requires(Permission.IMPORT_LEDGER)
def lay_out(import_id: int) -> ResponseReturnValue:
    """Sheets and columns as the page numbered them: s0.read, s0.header, s0.c3, …"""
    go_back_to(url_for("staff.imports.columns", import_id=import_id))
    workbook = _workbook(import_id)
    with database().read() as session:
        sheets = ledger.seen(session, import_id, workbook, actor=actor())
    layouts = {sheet.name: _layout(number, sheet) for number, sheet in enumerate(sheets)}
    if not any(layout.is_read for layout in layouts.values()):
        raise Invalid("请至少勾选一张要读入的工作表。")

    def work(session: Session) -> tuple[int, int]:
        return ledger.lay_out(session, import_id, workbook, layouts, actor=actor(), now=clock.now())

    return _again(import_id, work)


@bp.post("/<int:import_id>/bad-rows")
@requires(Permission.IMPORT_LEDGER)
def bad_rows(import_id: int) -> ResponseReturnValue:
    """The file holds phones in full: that it was taken is written to the audit."""
    go_back_to(_page(import_id))
    workbook = _workbook(import_id)
    target = io.BytesIO()
    with database().begin() as session:
        ledger.bad_rows(session, import_id, workbook, target, actor=actor(), now=clock.now())
    target.seek(0)
    return send_file(target, as_attachment=True, download_name=f"有误的行-{import_id}.xlsx")


@bp.post("/<int:import_id>/accept")
@requires(Permission.IMPORT_LEDGER)
def accept(import_id: int) -> ResponseReturnValue:
    go_back_to(_page(import_id))
    good_rows_only = request.form.get("good_rows_only") == "yes"
    with database().begin() as session:
        is_done = ledger.accept_soon(
            session, import_id, good_rows_only=good_rows_only, actor=actor(), now=clock.now()
        )
    if is_done:
        flash("已导入，提醒日期已按新台账重算。", "success")
    return redirect(_page(import_id), 303)


@bp.post("/<int:import_id>/call-off")
@requires(Permission.IMPORT_LEDGER)
def call_off(import_id: int) -> ResponseReturnValue:
    """What a job has not written yet is a preview again."""
    go_back_to(_page(import_id))
    with database().begin() as session:
        ledger.call_off(session, import_id, actor=actor(), now=clock.now())
    flash("已停下，台账没有任何变化。", "success")
    return redirect(_page(import_id), 303)


@bp.post("/<int:import_id>/discard")
@requires(Permission.IMPORT_LEDGER)
def discard(import_id: int) -> ResponseReturnValue:
    go_back_to(_page(import_id))
    with database().begin() as session:
        ledger.discard(session, import_id, actor=actor(), now=clock.now())
    flash("已放弃这次导入，台账没有任何变化。", "success")
    return redirect(url_for("staff.imports.index"), 303)


@bp.post("/<int:import_id>/undo")
@requires(Permission.IMPORT_LEDGER)
def undo(import_id: int) -> ResponseReturnValue:
    go_back_to(_page(import_id))
    if request.form.get("sure") != "yes":
        raise Invalid("请先勾选“我要撤销这次导入”，再点撤销。")
    with database().begin() as session:
        ledger.undo_soon(session, import_id, actor=actor(), now=clock.now())
    return redirect(_page(import_id), 303)


def _again(import_id: int, work: Callable[[Session], tuple[int, int]]) -> ResponseReturnValue:
    with database().begin() as session:
        before, left = work(session)
    done = f"改好了 {before - left} 行，" if left < before else ""
    flash(
        f"已重新检查：{done}还有 {left} 行有误。" if left else f"已重新检查：{done}没有有误的行了。",
        "warning" if left else "success",
    )
    return redirect(_page(import_id), 303)


def _workbook(import_id: int) -> Workbook:
    """The file as uploaded, read anew: no transaction is open while its child process works."""
    with database().read() as session:
        kept = ledger.file_of(session, import_id, actor=actor())
    return spreadsheet.read(kept.data, kept.name)


def _layout(number: int, sheet: ledger.SheetSeen) -> Layout:
    header = request.form.get(f"s{number}.header", sheet.header, type=int)
    if not 1 <= header <= 1000:
        raise Invalid(f"工作表“{sheet.name}”：表头在第几行，请填 1 到 1000 的数字。")
    told = {one.column: request.form.get(f"s{number}.c{one.column}", "") for one in sheet.columns}
    columns = {column: Field(name) if name in set(Field) else None for column, name in told.items()}
    is_read = request.form.get(f"s{number}.read") == "yes"
    # Another row of titles has other columns, which the page shows next.
    return Layout(is_read, header - 1, columns if header == sheet.header else {})


def _is_misnamed(row: ledger.RowView) -> bool:
    return any(one.title == Field.LICENSE for one in row.faults) and bool(row.license_name)


def _page(import_id: int) -> str:
    return url_for("staff.imports.show", import_id=import_id)


def _action(text: str) -> RowAction | None:
    return RowAction(text) if text in set(RowAction) else None
