"""Warm reminder notices as the public reads them: the list, and one notice."""

from flask import request, url_for
from flask.typing import ResponseReturnValue

from portal.installation import database
from portal.public import bp, heads
from portal.public.answers import page
from portal.public.guides import departments
from portal.public.heads import Head
from reminders import catalogue
from reminders.notices import board


@bp.get("/notices/")
def notices() -> ResponseReturnValue:
    entry_id = request.args.get("kind", type=int)
    department_id = request.args.get("department", type=int)
    number = request.args.get("page", 1, type=int)
    with database().read() as session:
        found = board.page(session, number, entry_id=entry_id, department_id=department_id)
        entries = catalogue.entries(session)
    head = Head("温馨提示", "温馨提示", "证照到期前的集中提醒。", url_for("public.notices"), "通知公告")
    return page(
        "notices.html",
        head,
        page=found,
        entries=entries,
        departments=departments(entries),
        kind=entry_id,
        department=department_id,
    )


@bp.get("/notices/<int:notice_id>")
def notice(notice_id: int) -> ResponseReturnValue:
    with database().read() as session:
        article = board.article(session, notice_id)
    return page(
        "notice.html", heads.of_notice(article), 410 if article.withdrawn_at else 200, article=article
    )
