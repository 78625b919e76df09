"""The desk for what holders answered: what a person must look at, and what came of it."""

from datetime import date

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.errors import go_back_to
from portal.installation import database
from portal.session import actor, requires
from reminders import answers, clock
from reminders.answers import Closing, Group, TaskPage
from reminders.errors import Invalid
from reminders.rules.permissions import Permission

bp = Blueprint("answers", __name__, url_prefix="/answers")


@bp.get("/")
@requires(Permission.SEE_WORKLIST)
def index() -> ResponseReturnValue:
    with database().read() as session:
        page = answers.to_do(
            session, _group(), actor=actor(), now=clock.now(), after=_after(request.args.get("after", ""))
        )
    return _shown(page)


@bp.post("/<int:answer_id>/phone")
@requires(Permission.REVEAL_PHONE)
def phone(answer_id: int) -> ResponseReturnValue:
    """The other number in full, in the answer to the button only; the audit keeps who asked."""
    go_back_to(url_for("staff.answers.index", group=_group()))
    now = clock.now()
    with database().begin() as session:
        number = answers.reveal_phone(session, answer_id, actor=actor(), now=now)
        page = answers.to_do(
            session, _group(), actor=actor(), now=now, after=_after(request.form.get("after", ""))
        )
    return _shown(page, {answer_id: number})


@bp.post("/<int:answer_id>/close")
@requires(Permission.RECORD_CALL)
def close(answer_id: int) -> ResponseReturnValue:
    go_back_to(url_for("staff.answers.index", group=_group()))
    closing = request.form.get("closing", "")
    if closing not in set(Closing):
        raise Invalid("请选“已办”或“不属实”。")
    with database().begin() as session:
        answers.close(
            session,
            answer_id,
            Closing(closing),
            request.form.get("note", ""),
            actor=actor(),
            now=clock.now(),
        )
    flash("已记录。", "success")
    return redirect(url_for("staff.answers.index", group=_group()), 303)


def _shown(page: TaskPage, revealed: dict[int, str] | None = None) -> str:
    after = f"{page.after[0]}_{page.after[1]}" if page.after else ""
    here = request.values.get("after", "")
    return render_template(
        "staff/answers.html", page=page, group=_group(), after=after, here=here, revealed=revealed or {}
    )


def _group() -> Group | None:
    """What the list was narrowed to, kept through every button on it."""
    asked = request.values.get("group", "")
    return next((one for one in Group if one == asked), None)


def _after(text: str) -> tuple[date, int] | None:
    day, _, last_id = text.rpartition("_")
    if not text:
        return None
    try:
        return date.fromisoformat(day), int(last_id)
    except ValueError:
        raise Invalid("页码不对，请从第一页重新打开。") from None
