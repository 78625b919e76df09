"""本页有误: a reader says what is wrong on a page."""

from flask import make_response, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.installation import database
from portal.public import bp
from portal.public.answers import number, page, private
from portal.public.heads import Head
from portal.security import client_address
from reminders import clock, page_reports
from reminders.errors import Invalid, LimitReached


@bp.get("/report")
def report() -> ResponseReturnValue:
    notice_id, entry_id = number(request.args, "notice"), number(request.args, "kind")
    with database().read() as session:
        title = page_reports.title_of(session, notice_id=notice_id, entry_id=entry_id)
    return page("report.html", _head(), **_about(notice_id, entry_id, title), fault="", words="")


@bp.post("/report")
def send() -> ResponseReturnValue:
    """A refusal shows the form again with what was typed."""
    notice_id, entry_id = number(request.form, "notice"), number(request.form, "kind")
    words, asker, now = request.form.get("words", ""), f"address:{client_address()}", clock.now()
    with database().read() as session:
        title = page_reports.title_of(session, notice_id=notice_id, entry_id=entry_id)
    about = _about(notice_id, entry_id, title)
    try:
        with database().begin() as session:
            page_reports.report(session, words, notice_id=notice_id, entry_id=entry_id, asker=asker, now=now)
    except (Invalid, LimitReached) as refusal:
        code = 429 if isinstance(refusal, LimitReached) else 400
        shown = render_template(
            "public/report.html", head=_head(), **about, fault=refusal.message, words=words[:2000]
        )
        return private(make_response(shown, code))
    return private(make_response(render_template("public/reported.html", head=_head(), **about)))


def _about(notice_id: int | None, entry_id: int | None, title: str) -> dict[str, object]:
    if notice_id is not None:
        url = url_for("public.notice", notice_id=notice_id)
    elif entry_id is not None:
        url = url_for("public.kind", entry_id=entry_id)
    else:
        url = url_for("public.home")
    return {"notice_id": notice_id, "entry_id": entry_id, "about": title, "about_url": url}


def _head() -> Head:
    return Head(
        "本页有误", "联系我们", "告诉我们哪里写错了。", url_for("public.report"), "互动交流", is_indexed=False
    )
