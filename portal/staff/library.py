"""电子证照库: how far it was read, what came of it, and a look ahead of time."""

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from portal.errors import go_back_to
from portal.installation import database, settings
from portal.session import actor, requires
from portal.share_words import cause_word
from reminders import clock, library
from reminders.errors import Invalid
from reminders.rules.permissions import Permission

bp = Blueprint("library", __name__, url_prefix="/library")


@bp.get("/")
@requires(Permission.SEE_SUPERVISION)
def show() -> ResponseReturnValue:
    with database().read() as session:
        standing = library.standing(session)
    return render_template("staff/library.html", standing=standing, cause_word=cause_word)


@bp.post("/now")
@requires(Permission.SUPERVISE)
def ask_now() -> ResponseReturnValue:
    go_back_to(url_for("staff.library.show"))
    if not settings().has_e_license:
        raise Invalid("还没有接入电子证照库，请系统管理员配置地址和密钥。")
    with database().begin() as session:
        library.ask_now(session, actor=actor(), now=clock.now())
    flash("马上同步，几秒后刷新本页看结果。", "success")
    return redirect(url_for("staff.library.show"), 303)
