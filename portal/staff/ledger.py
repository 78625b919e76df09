"""The import desk of the ledger: sheets from upload over preview to acceptance."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.errors import go_back_to
from portal.installation import database
from portal.session import actor, requires
from reminders import clock, ledger, spreadsheet, today
from reminders.errors import Invalid
from reminders.rules.lifecycle import RowAction
from reminders.rules.permissions import Permission

bp = Blueprint("ledger", __name__, url_prefix="/ledger")
WRITES = (RowAction.NEW, RowAction.CHANGED, RowAction.RENEWED)


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


def _action(text: str) -> RowAction | None:
    return RowAction(text) if text in set(RowAction) else None
