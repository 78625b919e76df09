"""`reminders ledger`: previews, accepts and discards sheets, and exports the ledger."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path

import click

from portal.commands import acting, open_database, plainly
from reminders import clock, ledger_export, spreadsheet
from reminders import ledger as use_case
from reminders.db import Database
from reminders.errors import ReminderError
from reminders.ledger import ImportView, RowView, tasks
from reminders.ledger_filters import Filters
from reminders.rules.ledger_row import Fault
from reminders.rules.lifecycle import ImportState, RowAction

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
NEW_FILE = click.Path(dir_okay=False, writable=True, path_type=Path)
SHOWN = 50
WORDS = {
    RowAction.NEW: "新增",
    RowAction.CHANGED: "更新",
    RowAction.RENEWED: "换证",
    RowAction.UNCHANGED: "无变化",
    RowAction.FAULTY: "有问题",
}
HAS_FAULTS = 2  # exit code: nothing was accepted because rows have faults

json_option = click.option("--json", "as_json", is_flag=True, help="One JSON object instead of text.")
good_rows_option = click.option("--good-rows-only", is_flag=True, help="Leave out rows that have faults.")


@click.group()
def ledger() -> None:
    """Import or export the ledger."""


@ledger.command("import")
@click.argument("file", type=FILE)
@click.option("--accept", "accept_now", is_flag=True, help="Accept at once when there is no fault.")
@good_rows_option
@click.option("--department", default="", help="Department of sheets that do not name one.")
@click.option("--dry-run", is_flag=True, help="Show the preview and keep nothing.")
@json_option
@plainly
def import_file(
    file: Path, *, accept_now: bool, good_rows_only: bool, department: str, dry_run: bool, as_json: bool
) -> None:
    """Preview a sheet; nothing is written to the ledger until the preview is accepted."""
    data = file.read_bytes()
    _progress(f"Reading {file.name} …")
    workbook = spreadsheet.read(data, file.name)
    _progress(f"Checking {sum(len(sheet.rows) for sheet in workbook.sheets)} lines …")
    database = open_database()
    with database.begin() as session:
        import_id = use_case.preview(
            session, file.name, data, workbook, actor=acting(), now=clock.now(), department=department
        )
        view = use_case.show(session, import_id, actor=acting(), action=RowAction.FAULTY, limit=SHOWN)
        if dry_run:
            session.rollback()
    has_faults = bool(view.counts[RowAction.FAULTY] or view.faults)
    if accept_now and not dry_run and (good_rows_only or not has_faults):
        view = _accept(database, import_id, good_rows_only=good_rows_only)
    _tell(view, as_json=as_json, dry_run=dry_run)
    if has_faults and view.state is ImportState.PREVIEW:
        raise SystemExit(HAS_FAULTS)


@ledger.command()
@click.argument("import_id", type=int)
@good_rows_option
@json_option
@plainly
def accept(import_id: int, *, good_rows_only: bool, as_json: bool) -> None:
    """Write a preview to the ledger, exactly as it was shown."""
    _tell(_accept(open_database(), import_id, good_rows_only=good_rows_only), as_json=as_json)


@ledger.command()
@click.argument("import_id", type=int)
@plainly
def discard(import_id: int) -> None:
    """Throw a preview away."""
    with open_database().begin() as session:
        use_case.discard(session, import_id, actor=acting(), now=clock.now())
    click.echo(f"Preview {import_id} was discarded.")


@ledger.command()
@click.argument("file", type=NEW_FILE)
@click.option("--department", default="", help="One department only.")
@click.option("--within-months", default=3, show_default=True, type=click.IntRange(0, 120))
@click.option("--all", "whole_stock", is_flag=True, help="The whole stock, whenever it expires.")
@json_option
@plainly
def export(file: Path, *, department: str, within_months: int, whole_stock: bool, as_json: bool) -> None:
    """Write the ledger as xlsx in the form of Annex 2. The file holds phone numbers: keep it safe."""
    unfinished = file.with_name(f".{file.name}.part")
    try:
        with unfinished.open("wb") as target, open_database().begin() as session:
            count = ledger_export.export(
                session,
                target,
                department=department,
                filters=Filters(within_months=None if whole_stock else within_months),
                actor=acting(),
                now=clock.now(),
            )
        unfinished.replace(file)
    finally:
        unfinished.unlink(missing_ok=True)
    click.echo(json.dumps({"rows": count, "file": str(file)}) if as_json else f"{count} rows → {file}")


def _accept(database: Database, import_id: int, *, good_rows_only: bool) -> ImportView:
    _progress(f"Accepting import {import_id} …")
    with database.begin() as session:
        is_done = use_case.accept_soon(
            session, import_id, good_rows_only=good_rows_only, actor=acting(), now=clock.now()
        )
    if not is_done:
        _write(database, import_id)
    with database.read() as session:
        return use_case.show(session, import_id, actor=acting(), action=RowAction.FAULTY, limit=SHOWN)


def _write(database: Database, import_id: int) -> None:
    """Does a job's work here, because no worker may run; where one was quicker, it goes on by itself."""
    with database.begin() as session:
        left = tasks.take(session, import_id=import_id, now=clock.now())
    while left is not None:
        taken = left
        try:
            with database.begin() as session:
                left = tasks.step(session, taken, now=clock.now())
        except ReminderError as error:
            with database.begin() as session:
                tasks.give_up(session, taken, error.message)
            raise


def _tell(view: ImportView, *, as_json: bool, dry_run: bool = False) -> None:
    if as_json:
        click.echo(json.dumps(_as_json(view, dry_run=dry_run), ensure_ascii=False))
        return
    click.echo(f"{view.file_name}：" + "，".join(f"{WORDS[word]} {n} 行" for word, n in view.counts.items()))
    if view.recognised:
        click.echo(f"{view.recognised}，不会再导入一次。")
    for sentence in view.faults:
        click.echo(f"✗ {sentence}")
    for row in view.rows:
        for line in _lines(row):
            click.echo(f"✗ {line}")
    if view.after is not None:
        click.echo(f"…… 还有 {view.counts[RowAction.FAULTY] - len(view.rows)} 行有问题，没有全部列出。")
    if view.warned:
        click.echo(f"另有 {view.warned} 行有提示，不影响导入。")
    if view.missing:
        click.echo(f"台账里有 {view.missing} 个同类证照不在这个表里；它们不会被删除。")
    click.echo(_what_next(view, dry_run=dry_run))


def _what_next(view: ImportView, *, dry_run: bool) -> str:
    if view.state is ImportState.ACCEPTED:
        return f"已导入（编号 {view.id}）。"
    if view.state is ImportState.ACCEPTING:
        return f"后台正在写入台账（编号 {view.id}）。"
    if dry_run:
        return "只是试看，什么也没有保存。"
    return f"预览编号 {view.id}，还没有写入台账。确认导入：reminders ledger accept {view.id}"


def _lines(row: RowView) -> Sequence[str]:
    sheet = f"工作表“{row.sheet}”" if row.sheet else ""
    return [f"{sheet}第 {row.row_no} 行{_place(fault)}：{fault.message}" for fault in row.faults]


def _place(fault: Fault) -> str:
    return f" {fault.column} 列（{fault.title}）" if fault.column else f"（{fault.title}）"


def _as_json(view: ImportView, *, dry_run: bool) -> dict[str, object]:
    return {
        "import_id": None if dry_run else view.id,
        "state": view.state,
        "recognised": view.recognised,
        "counts": view.counts,
        "warned": view.warned,
        "missing": view.missing,
        "sheet_faults": view.faults,
        "faults": [
            {"sheet": row.sheet, "row": row.row_no, "column": fault.column, "message": fault.message}
            for row in view.rows
            for fault in row.faults
        ],
    }


def _progress(text: str) -> None:
    """Only where a person watches: a script reads what it asked for."""
    if sys.stderr.isatty():
        click.echo(text, err=True)
