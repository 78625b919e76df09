"""The record of one holder: licenses, contacts, one timeline, and why something was or will be said."""

from collections.abc import Mapping, Sequence
from datetime import date

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.errors import go_back_to
from portal.installation import database
from portal.session import actor, requires
from portal.staff.books import day_asked
from reminders import applications, clock, explaining, holder_notes, records
from reminders.errors import Invalid
from reminders.holder_notes import Note
from reminders.records import HolderRecord
from reminders.rules.permissions import Permission
from reminders.rules.service_words import APPLICATIONS, ApplicationStage
from reminders.rules.status import license_status

bp = Blueprint("holders", __name__, url_prefix="/holders")


@bp.get("/<int:holder_id>")
@requires(Permission.SEE_LEDGER)
def show(holder_id: int) -> ResponseReturnValue:
    """That somebody opened a holder's record is written to the audit."""
    with database().begin() as session:
        record = records.open_record(session, holder_id, actor=actor(), now=clock.now())
        notes = holder_notes.written_about(session, holder_id, actor=actor())
    return _shown(record, notes, {})


@bp.post("/<int:holder_id>/notes")
@requires(Permission.RECORD_CALL)
def note(holder_id: int) -> ResponseReturnValue:
    """Words for the colleagues of the own department."""
    go_back_to(url_for("staff.holders.show", holder_id=holder_id))
    words = request.form.get("words", "")
    with database().begin() as session:
        holder_notes.write(session, holder_id, words, actor=actor(), now=clock.now())
    flash("备注已保存。", "success")
    return redirect(url_for("staff.holders.show", holder_id=holder_id), 303)


@bp.post("/contacts/<int:contact_id>/phone")
@requires(Permission.REVEAL_PHONE)
def reveal(contact_id: int) -> ResponseReturnValue:
    """The full number stands in this answer only; who asked and why is kept."""
    seen = request.form.get("holder", 0, type=int)
    go_back_to(url_for("staff.holders.show", holder_id=seen))
    with database().begin() as session:
        holder_id, number = records.reveal_phone(
            session, contact_id, request.form.get("reason", ""), actor=actor(), now=clock.now()
        )
        record = records.record_of(session, holder_id, actor=actor())
        notes = holder_notes.written_about(session, holder_id, actor=actor())
    return _shown(record, notes, {contact_id: number})


@bp.get("/licenses/<int:license_id>/why")
@requires(Permission.SEE_LEDGER)
def why(license_id: int) -> ResponseReturnValue:
    """Why this license was, or will be, reminded on a day, or was not."""
    now = clock.now()
    on = day_asked(clock.civil_date(now))
    with database().read() as session:
        holder_id = records.holder_of(session, license_id, actor=actor())
        explained = explaining.explain_license(session, license_id, on, now=now)
        under_way = applications.progress(session, license_id)
    return render_template(
        "staff/why.html",
        explained=explained,
        on=on,
        license_id=license_id,
        holder_id=holder_id,
        under_way=under_way,
        stages=APPLICATIONS,
    )


@bp.post("/licenses/<int:license_id>/progress")
@requires(Permission.RECORD_CALL)
def note_progress(license_id: int) -> ResponseReturnValue:
    """How far the application is: the holder reads it on the page of the license."""
    back, told = url_for("staff.holders.why", license_id=license_id), request.form
    go_back_to(back)
    if told.get("stage") not in set(ApplicationStage):
        raise Invalid("请选办理到哪一步。")
    days = {name: _day(told.get(name, "")) for name in ("submitted_on", "expected_on")}
    with database().begin() as session:
        applications.note(
            session,
            license_id,
            ApplicationStage(told["stage"]),
            told.get("number", ""),
            **days,
            actor=actor(),
            now=clock.now(),
        )
    flash("已记下，持证人在证照页能看到。", "success")
    return redirect(back, 303)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise Invalid("日期看不懂，请写成 2027-01-20 的样子。") from None


def _shown(record: HolderRecord, notes: Sequence[Note], revealed: Mapping[int, str]) -> str:
    today = clock.civil_date(clock.now())
    states = {
        one.license_id: license_status(
            state=one.state, expiry=one.expiry, expires_on=one.expires_on, window=one.window, today=today
        )
        for one in record.licenses
    }
    return render_template("staff/holder.html", record=record, notes=notes, revealed=revealed, states=states)
