"""账目: what became of a day's messages, how the people stand, and the messages that wait for a person."""

from datetime import date

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.errors import go_back_to
from portal.installation import database
from portal.session import actor, requires
from reminders import books as use_case
from reminders import clock
from reminders.errors import Invalid
from reminders.rules.day_books import Column
from reminders.rules.lifecycle import Channel, DateKind
from reminders.rules.permissions import Permission
from reminders.rules.person_state import PersonState

bp = Blueprint("books", __name__, url_prefix="/books")


@bp.get("/")
@requires(Permission.SEE_BOOKS)
def show() -> ResponseReturnValue:
    today = clock.civil_date(clock.now())
    on = day_asked(today)
    with database().read() as session:
        found = use_case.day_books(session, on, actor=actor())
        standings = use_case.standings(session, today, actor=actor())
    return render_template(
        "staff/books.html",
        books=found,
        standings=standings,
        columns=Column,
        states=PersonState,
        stranded=sum(one.stranded for one in standings),
        today=today,
    )


@bp.get("/messages")
@requires(Permission.SEE_BOOKS)
def messages() -> ResponseReturnValue:
    on = day_asked(clock.civil_date(clock.now()))
    channel, column = request.args.get("channel", ""), request.args.get("column", "")
    with database().read() as session:
        page = use_case.messages(
            session,
            on,
            channel=Channel(channel) if channel in set(Channel) else None,
            department_id=request.args.get("department", type=int),
            column=Column(column) if column in set(Column) else None,
            after=request.args.get("after", 0, type=int),
            actor=actor(),
        )
    return render_template("staff/books_messages.html", page=page, on=on, again=_again())


@bp.get("/people")
@requires(Permission.SEE_BOOKS)
def people() -> ResponseReturnValue:
    state, kind = request.args.get("state", ""), request.args.get("kind", "")
    if state not in set(PersonState):
        raise Invalid("没有这种状态，请从账目页重新打开。")
    with database().read() as session:
        page = use_case.dates_in(
            session,
            clock.civil_date(clock.now()),
            PersonState(state),
            kind=DateKind(kind) if kind in set(DateKind) else DateKind.MAIN,
            department_id=request.args.get("department", type=int),
            only_stranded=request.args.get("only") == "stranded",
            after=request.args.get("after", 0, type=int),
            actor=actor(),
        )
    return render_template(
        "staff/books_people.html", page=page, state=PersonState(state), again=_again(), kinds=DateKind
    )


@bp.get("/stuck")
@requires(Permission.SEE_BOOKS)
def stuck() -> ResponseReturnValue:
    with database().read() as session:
        page = use_case.stuck(session, after=request.args.get("after", 0, type=int), actor=actor())
    return render_template("staff/stuck.html", page=page)


@bp.post("/stuck/<int:delivery_id>")
@requires(Permission.RECORD_CALL)
def decide(delivery_id: int) -> ResponseReturnValue:
    go_back_to(url_for("staff.books.stuck"))
    with database().begin() as session:
        use_case.decide_review(
            session,
            delivery_id,
            was_received=request.form.get("received") == "yes",
            actor=actor(),
            now=clock.now(),
        )
    flash("已记录。", "success")
    return redirect(url_for("staff.books.stuck"), 303)


def day_asked(otherwise: date) -> date:
    """The day of the query `on`. Raises Invalid when it is none."""
    text = request.args.get("on", "")
    if not text:
        return otherwise
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Invalid("日期不对，请按 2026-12-20 的样子填写。") from None


def _again() -> dict[str, str]:
    """The questions of this page, to ask for its next part."""
    return {name: value for name, value in request.args.items() if name != "after"}
