"""The public portal: home, warm reminder notices, and the catalogue of license kinds."""

from flask import Blueprint, Response, make_response, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.installation import database, settings
from reminders import catalogue
from reminders.catalogue import EntryView
from reminders.notices import board

bp = Blueprint("public", __name__)
ON_HOME = 6


@bp.get("/")
def home() -> ResponseReturnValue:
    with database().read() as session:
        lines = board.latest(session, ON_HOME)
        entries = catalogue.entries(session)
    return _fresh(render_template("public/home.html", lines=lines, entries=entries))


@bp.get("/notices/")
def notices() -> ResponseReturnValue:
    entry_id = request.args.get("kind", type=int)
    department_id = request.args.get("department", type=int)
    number = request.args.get("page", 1, type=int)
    with database().read() as session:
        page = board.page(session, number, entry_id=entry_id, department_id=department_id)
        entries = catalogue.entries(session)
    return _fresh(
        render_template(
            "public/notices.html",
            page=page,
            entries=entries,
            departments=_departments(entries),
            kind=entry_id,
            department=department_id,
        )
    )


@bp.get("/notices/<int:notice_id>")
def notice(notice_id: int) -> ResponseReturnValue:
    with database().read() as session:
        article = board.article(session, notice_id)
    permalink = settings().portal_url + url_for("public.notice", notice_id=notice_id)
    page = render_template("public/notice.html", article=article, permalink=permalink)
    return _fresh(page, 410 if article.withdrawn_at else 200)


@bp.get("/catalogue/")
def kinds() -> ResponseReturnValue:
    with database().read() as session:
        entries = catalogue.entries(session)
    return _fresh(
        render_template("public/catalogue.html", entries=entries, departments=_departments(entries))
    )


@bp.get("/catalogue/<int:entry_id>")
def kind(entry_id: int) -> ResponseReturnValue:
    with database().read() as session:
        entry = catalogue.entry(session, entry_id)
        page = board.page(session, entry_id=entry_id)
    return _fresh(render_template("public/entry.html", entry=entry, lines=page.lines[:ON_HOME]))


def _departments(entries: list[EntryView]) -> list[tuple[int, str]]:
    return list(dict.fromkeys((entry.department_id, entry.department) for entry in entries))


def _fresh(page: str, code: int = 200) -> Response:
    """A public page: caches may keep it but must ask each time, because a withdrawal counts at once."""
    response = make_response(page, code)
    response.headers["Cache-Control"] = "public, no-cache"
    if code == 200:
        response.add_etag()
        response.make_conditional(request)
    return response
