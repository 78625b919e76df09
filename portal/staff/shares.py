"""审管联动: which renewal decision reached which regulator, and who is told of which kind."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.errors import go_back_to
from portal.installation import database
from portal.session import actor, requires
from portal.share_words import cause_word
from reminders import clock, sharing
from reminders.rules.permissions import Permission
from reminders.rules.share_state import ShareState

bp = Blueprint("shares", __name__, url_prefix="/shares")


@bp.get("/")
@requires(Permission.SEE_SUPERVISION)
def index() -> ResponseReturnValue:
    told = request.args.get("state", "")
    state = ShareState(told) if told in set(ShareState) else None
    after = request.args.get("after", 0, type=int)
    with database().read() as session:
        page = sharing.page(session, state=state, after=after, actor=actor())
        counts, regulators = sharing.counts(session, actor=actor()), sharing.regulators(session)
    return render_template(
        "staff/shares.html",
        page=page,
        counts=counts,
        state=state,
        states=ShareState,
        regulators=regulators,
        cause_word=cause_word,
    )


@bp.post("/<int:share_id>/retry")
@requires(Permission.SUPERVISE)
def retry(share_id: int) -> ResponseReturnValue:
    go_back_to(url_for("staff.shares.index"))
    with database().begin() as session:
        sharing.retry(session, share_id, actor=actor(), now=clock.now())
    flash("马上重新推送，几秒后刷新本页看回执。", "success")
    return redirect(url_for("staff.shares.index"), 303)


@bp.post("/regulators/<int:entry_id>")
@requires(Permission.SUPERVISE)
def name_regulator(entry_id: int) -> ResponseReturnValue:
    go_back_to(url_for("staff.shares.index"))
    with database().begin() as session:
        sharing.name_regulator(
            session, entry_id, request.form.get("name", ""), actor=actor(), now=clock.now()
        )
    flash("已保存。等着这个部门的决定会马上推送。", "success")
    return redirect(url_for("staff.shares.index", _anchor="regulators"), 303)
