"""The letter desk (函告): whom to write to, the letter to print, and what became of those posted."""

from datetime import date

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.errors import go_back_to
from portal.installation import database, settings
from portal.session import actor, requires
from portal.staff.bind_passes import picture
from reminders import clock, worklist
from reminders.errors import Invalid
from reminders.rules.permissions import Permission

bp = Blueprint("letters", __name__, url_prefix="/letters")


@bp.get("/")
@requires(Permission.SEE_WORKLIST)
def index() -> ResponseReturnValue:
    with database().read() as session:
        page = worklist.to_write(session, actor=actor(), after=_after())
        open_batches = [one for one in worklist.batches(session, actor=actor()) if one.waiting]
    return render_template("staff/letters.html", page=page, batches=open_batches, today=today())


@bp.get("/posted")
@requires(Permission.SEE_WORKLIST)
def posted() -> ResponseReturnValue:
    with database().read() as session:
        page = worklist.on_their_way(session, actor=actor(), after=_after())
    return render_template("staff/letters_posted.html", page=page, asked="", today=today())


@bp.get("/find")
@requires(Permission.SEE_WORKLIST)
def find() -> ResponseReturnValue:
    """Whoever opens the post bag scans the number of the letter, or types that of the paper."""
    asked = request.args.get("number", "").strip()
    if not asked:
        return redirect(url_for("staff.letters.posted"))
    with database().read() as session:
        letter = worklist.find_posted(session, asked, actor=actor())
    return render_template(
        "staff/letters_posted.html", page=worklist.LetterPage((letter,), None), asked=asked, today=today()
    )


@bp.get("/<int:delivery_id>")
@requires(Permission.SEE_WORKLIST)
def show(delivery_id: int) -> ResponseReturnValue:
    go_back_to(url_for("staff.letters.index"))
    now = clock.now()
    with database().read() as session:
        text = worklist.text_of(session, delivery_id, settings().portal_url, actor=actor(), now=now)
        qr = worklist.qr_of_letter(session, delivery_id, now=now)
    return render_template(
        "staff/letter.html", text=text, delivery_id=delivery_id, qr=qr, picture=qr and picture(qr)
    )


@bp.post("/<int:delivery_id>/qr")
@requires(Permission.LET_BIND)
def draw_qr(delivery_id: int) -> ResponseReturnValue:
    """The platform draws it within seconds; the letter's page waits for it."""
    go_back_to(url_for("staff.letters.show", delivery_id=delivery_id))
    with database().begin() as session:
        worklist.draw_qr(session, delivery_id, actor=actor(), now=clock.now())
    return redirect(url_for("staff.letters.show", delivery_id=delivery_id), 303)


@bp.post("/<int:delivery_id>/received")
@requires(Permission.RECORD_LETTER)
def receive(delivery_id: int) -> ResponseReturnValue:
    go_back_to(url_for("staff.letters.posted"))
    with database().begin() as session:
        worklist.record_received(session, delivery_id, day_of("received_on"), actor=actor(), now=clock.now())
    flash("已登记签收。", "success")
    return redirect(url_for("staff.letters.posted"), 303)


@bp.post("/<int:delivery_id>/returned")
@requires(Permission.RECORD_LETTER)
def give_back(delivery_id: int) -> ResponseReturnValue:
    go_back_to(url_for("staff.letters.posted"))
    with database().begin() as session:
        worklist.record_returned(
            session, delivery_id, request.form.get("note", ""), actor=actor(), now=clock.now()
        )
    flash("已登记退信，改用下一种方式；没有别的方式的，列入“没有联系方式的证照”。", "success")
    return redirect(url_for("staff.letters.posted"), 303)


def today() -> date:
    return clock.civil_date(clock.now())


def _after() -> int:
    return request.args.get("after", 0, type=int)


def day_of(field: str) -> date:
    try:
        return date.fromisoformat(request.form.get(field, ""))
    except ValueError:
        raise Invalid("请填写日期，例如 2026-12-01。") from None
