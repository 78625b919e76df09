"""更正: choose what was told wrongly, look at whom, confirm their number, and see what became of it."""

from dataclasses import replace
from datetime import date
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

from portal.errors import go_back_to
from portal.installation import database, settings
from portal.session import actor, requires
from portal.staff.letter_batches import FILES, paper_file
from reminders import catalogue, clock, corrections
from reminders.corrections import Batch
from reminders.errors import Invalid
from reminders.letter_files import Sheet
from reminders.rules import correction_text
from reminders.rules.day_books import Column
from reminders.rules.lifecycle import BatchKind, CallOutcome
from reminders.rules.permissions import Permission, department_scope

bp = Blueprint("corrections", __name__, url_prefix="/corrections")


@bp.get("/")
@requires(Permission.SEE_BOOKS)
def index() -> ResponseReturnValue:
    now, scope = clock.now(), department_scope(actor())
    with database().read() as session:
        page = corrections.listed(session, before=request.args.get("before", 0, type=int), actor=actor())
        waiting = corrections.by_hand(session, limit=1, actor=actor(), now=now).total
        runs, imports = corrections.choices(session, scope=scope)
        entries = catalogue.entries(session)
    return render_template(
        "staff/corrections.html",
        page=page,
        waiting=waiting,
        runs=runs,
        imports=imports,
        entries=entries,
        today=clock.civil_date(now),
    )


@bp.get("/preview")
@requires(Permission.CORRECT)
def preview() -> ResponseReturnValue:
    go_back_to(url_for("staff.corrections.index"))
    batch = _batch(request.args)
    with database().read() as session:
        found = corrections.preview(session, batch, actor=actor())
        names = {entry.id: entry.license_name for entry in catalogue.entries(session)}
    return render_template(
        "staff/correction_preview.html",
        preview=found,
        batch=batch,
        names=names,
        shortest=correction_text.SHORTEST,
        longest=correction_text.LONGEST,
    )


@bp.post("/")
@requires(Permission.CORRECT)
def send() -> ResponseReturnValue:
    batch = _batch(request.form)
    go_back_to(url_for("staff.corrections.preview", **_fields(batch)))
    with database().begin() as session:
        correction_id = corrections.correct(
            session,
            batch,
            request.form.get("words", ""),
            confirmed=request.form.get("people", -1, type=int),
            stops_waiting=request.form.get("stop") == "yes",
            sending_hours=settings().sending_hours,
            actor=actor(),
            now=clock.now(),
        )
    flash("已确认，更正按发送时间发出，先于其他提醒。", "success")
    return redirect(url_for("staff.corrections.show", correction_id=correction_id), 303)


@bp.get("/<int:correction_id>")
@requires(Permission.SEE_BOOKS)
def show(correction_id: int) -> ResponseReturnValue:
    with database().read() as session:
        line = corrections.one(session, correction_id, actor=actor())
        books = corrections.books_of(session, correction_id)
        page = corrections.messages(
            session, correction_id, after=request.args.get("after", 0, type=int), actor=actor()
        )
        waiting = corrections.by_hand(
            session, correction_id=correction_id, limit=1, actor=actor(), now=clock.now()
        ).total
    return render_template(
        "staff/correction.html", line=line, books=books, page=page, columns=Column, waiting=waiting
    )


@bp.get("/by-hand")
@requires(Permission.SEE_WORKLIST)
def by_hand() -> ResponseReturnValue:
    with database().read() as session:
        page = corrections.by_hand(
            session, after=request.args.get("after", 0, type=int), actor=actor(), now=clock.now()
        )
    return render_template("staff/corrections_by_hand.html", page=page, revealed={})


@bp.post("/by-hand/<int:delivery_id>")
@requires(Permission.RECORD_CALL)
def record(delivery_id: int) -> ResponseReturnValue:
    go_back_to(url_for("staff.corrections.by_hand"))
    outcome = request.form.get("outcome", "")
    if outcome not in set(CallOutcome):
        raise Invalid("请选出结果。")
    with database().begin() as session:
        corrections.record_by_hand(session, delivery_id, CallOutcome(outcome), actor=actor(), now=clock.now())
    flash("已记录。", "success")
    return redirect(url_for("staff.corrections.by_hand"), 303)


@bp.post("/by-hand/<int:delivery_id>/phone")
@requires(Permission.RECORD_CALL)
def phone(delivery_id: int) -> ResponseReturnValue:
    """The full number is shown once, in the answer to the button, and the audit keeps who asked."""
    go_back_to(url_for("staff.corrections.by_hand"))
    with database().begin() as session:
        number = corrections.reveal_phone(session, delivery_id, actor=actor(), now=clock.now())
        page = corrections.by_hand(session, after=delivery_id - 1, actor=actor(), now=clock.now())
    return render_template("staff/corrections_by_hand.html", page=page, revealed={delivery_id: number})


@bp.get("/by-hand/<int:delivery_id>/letter")
@requires(Permission.SEE_WORKLIST)
def letter(delivery_id: int) -> ResponseReturnValue:
    """The letter as it would be printed today, in the layout of every letter of ours."""
    go_back_to(url_for("staff.corrections.by_hand"))
    with database().read() as session:
        text = corrections.letter_of(
            session, delivery_id, settings().portal_url, actor=actor(), now=clock.now()
        )
    return render_template("staff/correction_letter.html", text=text, delivery_id=delivery_id)


@bp.post("/by-hand/<int:delivery_id>/letter")
@requires(Permission.RECORD_CALL)
def letter_file(delivery_id: int) -> ResponseReturnValue:
    """Sent by a form, because every printing is written down."""
    go_back_to(url_for("staff.corrections.by_hand"))
    kind = request.form.get("kind", "")
    if kind not in FILES:
        raise Invalid("请选择 PDF 或 Word。")
    with database().begin() as session:
        text = corrections.print_letter(
            session, delivery_id, settings().portal_url, actor=actor(), now=clock.now()
        )
    text = replace(text, title=text.title + settings().mark)
    return paper_file([Sheet("", text, None, "")], kind, f"更正函{delivery_id}")


def _batch(told: MultiDict[str, str]) -> Batch:
    """Raises Invalid where nothing, or no such kind, is chosen."""
    kind = told.get("batch", "")
    if kind not in set(BatchKind):
        raise Invalid("请选出是哪一批。")
    match BatchKind(kind):
        case BatchKind.RUN:
            return Batch(BatchKind.RUN, run_id=told.get("run", type=int))
        case BatchKind.IMPORT:
            return Batch(BatchKind.IMPORT, import_id=told.get("import", type=int))
        case BatchKind.DAY:
            return Batch(BatchKind.DAY, on=_day(told.get("on", "")), entry_id=told.get("entry", type=int))


def _fields(batch: Batch) -> dict[str, Any]:
    """The batch as the fields of a form, those that are empty left out."""
    told = {"batch": batch.kind, "run": batch.run_id, "import": batch.import_id, "entry": batch.entry_id}
    return {name: str(value) for name, value in (told | {"on": batch.on}).items() if value is not None}


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Invalid("日期不对，请按 2026-12-20 的样子填写。") from None
