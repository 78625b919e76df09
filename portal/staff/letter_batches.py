"""Batches of letters: put together, signed by the lead, printed with their numbers, posted."""

from collections.abc import Sequence
from dataclasses import replace
from urllib.parse import quote

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.errors import go_back_to
from portal.installation import database, settings
from portal.session import actor, requires
from portal.staff.letters import day_of, today
from portal.words import moment
from reminders import clock, letter_files, worklist
from reminders.errors import Invalid
from reminders.letter_files import Sheet
from reminders.rules.lifecycle import Channel
from reminders.rules.permissions import Permission
from reminders.worklist import PrintedLetter

bp = Blueprint("letter_batches", __name__, url_prefix="/letters/batches")

FILES = {
    "pdf": ("application/pdf", letter_files.pdf),
    "docx": (
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        letter_files.docx,
    ),
}


@bp.get("/")
@requires(Permission.SEE_WORKLIST)
def index() -> ResponseReturnValue:
    with database().read() as session:
        found = worklist.batches(session, actor=actor(), before=request.args.get("before", 0, type=int))
    return render_template("staff/letter_batches.html", batches=found)


@bp.post("/")
@requires(Permission.RECORD_LETTER)
def prepare() -> ResponseReturnValue:
    go_back_to(url_for("staff.letters.index"))
    chosen = None if request.form.get("all") else set(request.form.getlist("letter", type=int))
    with database().begin() as session:
        batch_id = worklist.prepare(session, chosen, actor=actor(), now=clock.now())
    flash("已编成一批，请科室负责人签发。签发后按科室和年度连续编号。", "success")
    return redirect(url_for("staff.letter_batches.show", batch_id=batch_id), 303)


@bp.get("/<int:batch_id>")
@requires(Permission.SEE_WORKLIST)
def show(batch_id: int) -> ResponseReturnValue:
    with database().read() as session:
        batch = worklist.batch(session, batch_id, actor=actor())
    return render_template(
        "staff/letter_batch.html", batch=batch, today=today(), me=actor().ref, letter=Channel.LETTER
    )


@bp.post("/<int:batch_id>/issue")
@requires(Permission.ISSUE_LETTER)
def issue(batch_id: int) -> ResponseReturnValue:
    go_back_to(url_for("staff.letter_batches.show", batch_id=batch_id))
    with database().begin() as session:
        count = worklist.issue(session, batch_id, settings().portal_url, actor=actor(), now=clock.now())
    flash(f"已签发并编号 {count} 封。绑定二维码几秒内取到，打印前请先刷新一次。", "success")
    return redirect(url_for("staff.letter_batches.show", batch_id=batch_id), 303)


@bp.post("/<int:batch_id>/dissolve")
@requires(Permission.RECORD_LETTER)
def dissolve(batch_id: int) -> ResponseReturnValue:
    go_back_to(url_for("staff.letter_batches.show", batch_id=batch_id))
    with database().begin() as session:
        worklist.dissolve(session, batch_id, actor=actor(), now=clock.now())
    flash("已拆散，这些函回到“待寄的函”。", "success")
    return redirect(url_for("staff.letters.index"), 303)


@bp.post("/<int:batch_id>/file")
@requires(Permission.RECORD_LETTER)
def file(batch_id: int) -> ResponseReturnValue:
    """Sent by a form, because every printing is written down."""
    go_back_to(url_for("staff.letter_batches.show", batch_id=batch_id))
    kind = request.form.get("kind", "")
    if kind not in FILES:
        raise Invalid("请选择 PDF 或 Word。")
    with database().begin() as session:
        letters = worklist.printed(session, batch_id, actor=actor(), now=clock.now())
    return paper_file([_sheet(one) for one in letters], kind, f"函告第{batch_id}批")


def paper_file(sheets: Sequence[Sheet], kind: str, name: str) -> Response:
    """The letters as a file to keep for nobody but who asked."""
    media_type, write = FILES[kind]
    response = Response(write(sheets), content_type=media_type)
    response.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(f'{name}.{kind}')}"
    response.headers["Cache-Control"] = "no-store"
    return response


@bp.post("/<int:batch_id>/posted")
@requires(Permission.RECORD_LETTER)
def post(batch_id: int) -> ResponseReturnValue:
    go_back_to(url_for("staff.letter_batches.show", batch_id=batch_id))
    typed = {
        int(name.removeprefix("tracking_")): value
        for name, value in request.form.items()
        if name.removeprefix("tracking_").isdecimal()
    }
    with database().begin() as session:
        count = worklist.record_batch_posted(
            session, batch_id, typed, day_of("posted_on"), actor=actor(), now=clock.now()
        )
    flash(f"已登记寄出 {count} 封，请在“已寄出”里登记签收或退信。", "success")
    return redirect(url_for("staff.letter_batches.show", batch_id=batch_id), 303)


@bp.post("/papers/<int:paper_id>/void")
@requires(Permission.RECORD_LETTER)
def void(paper_id: int) -> ResponseReturnValue:
    go_back_to(url_for("staff.letter_batches.index"))
    with database().begin() as session:
        batch_id = worklist.void(
            session, paper_id, request.form.get("reason", ""), actor=actor(), now=clock.now()
        )
    flash("已作废，编号不再使用；这封函回到“待寄的函”，可以重新编批。", "success")
    return redirect(url_for("staff.letter_batches.show", batch_id=batch_id), 303)


def _sheet(letter: PrintedLetter) -> Sheet:
    words = ""
    if letter.qr is not None and letter.qr.says:
        words = (
            f"微信扫一扫，关注公众号“{settings().wechat_account_name}”并同意隐私告知，函里的证照就绑定到您的"
            f"微信。{moment(letter.qr.expires_at)} 前有效，只能用一次。"
        )
    text = replace(letter.text, title=letter.text.title + settings().mark)
    return Sheet(letter.number, text, letter.qr.says if letter.qr else None, words)
