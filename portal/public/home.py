"""The first page, the map of the site, and what robots and browsers fetch by themselves."""

from pathlib import Path

from flask import Response, abort, send_file, url_for
from flask.typing import ResponseReturnValue

from portal.installation import database, settings
from portal.public import bp
from portal.public.answers import fresh, page
from portal.public.codes import drawn
from portal.public.heads import Head
from reminders import catalogue
from reminders.notices import board

ON_HOME = 6
NOT_FOR_ROBOTS = ("/staff/", "/api/", "/view", "/check/", "/search")


@bp.get("/")
def home() -> ResponseReturnValue:
    with database().read() as session:
        lines = board.latest(session, ON_HOME)
        entries = catalogue.entries(session)
    head = Head(
        "首页",
        "首页",
        "威海市证照到期前提醒：什么时候申请换证、最迟哪天、去哪里、找谁、带什么。",
        url_for("public.home"),
    )
    words = settings().hot_words.split()
    return page("home.html", head, lines=lines, entries=entries, qr=account_qr(), hot_words=words)


@bp.get("/site-map")
def site_map() -> ResponseReturnValue:
    with database().read() as session:
        entries = catalogue.entries(session)
    head = Head("网站地图", "网站地图", "本站的全部栏目和办事指南。", url_for("public.site_map"))
    return page("site_map.html", head, entries=entries)


@bp.get("/robots.txt")
def robots() -> ResponseReturnValue:
    address = settings().portal_url + url_for("feeds.sitemap")
    closed = [f"Disallow: {path}" for path in NOT_FOR_ROBOTS]
    # The form may be found, answers about a code may not: the longer rule counts (RFC 9309).
    lines = ["User-agent: *", f"Allow: {url_for('check.form')}$", *closed, f"Sitemap: {address}", ""]
    return fresh("\n".join(lines), content_type="text/plain; charset=utf-8")


@bp.get("/emblem")
def emblem() -> Response:
    """The image the installation was told to show beside its name."""
    path = Path(settings().site_emblem)
    if not settings().site_emblem or not path.is_file():
        abort(404)
    return send_file(path.resolve(), max_age=3600)


def account_qr() -> str:
    """What a phone scans, as an image in the page: the account when it is known, else this site."""
    return drawn(settings().wechat_qr_text or settings().portal_url)
