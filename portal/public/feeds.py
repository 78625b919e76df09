"""What readers and search engines fetch: the Atom feed and the site map."""

from datetime import datetime
from typing import Any
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

from flask import Blueprint, Response, request, url_for
from flask.typing import ResponseReturnValue

from portal.installation import database, settings
from portal.words import iso_moment
from reminders import catalogue, clock
from reminders.notices import board
from reminders.notices.board import BoardLine

bp = Blueprint("feeds", __name__)
ATOM = "http://www.w3.org/2005/Atom"
SITEMAP = "http://www.sitemaps.org/schemas/sitemap/0.9"
NO_NOTICE_YET = datetime(2022, 10, 1, tzinfo=clock.SHANGHAI)


@bp.get("/feed.atom")
def feed() -> ResponseReturnValue:
    with database().read() as session:
        lines = board.latest(session)
        bodies = board.bodies(session, tuple(line.id for line in lines))
    root = Element("feed", {"xmlns": ATOM, "xml:lang": "zh-CN"})
    SubElement(root, "title").text = f"温馨提示 · {settings().site_name}"
    SubElement(root, "id").text = _absolute("feeds.feed")
    SubElement(root, "link", {"rel": "self", "href": _absolute("feeds.feed")})
    SubElement(root, "link", {"rel": "alternate", "href": _absolute("public.notices")})
    SubElement(root, "updated").text = iso_moment(lines[0].published_at if lines else NO_NOTICE_YET)
    SubElement(SubElement(root, "author"), "name").text = settings().organizer
    for line in lines:
        _add_entry(root, line, bodies.get(line.id, ""))
    return _xml(root, "application/atom+xml")


@bp.get("/sitemap.xml")
def sitemap() -> ResponseReturnValue:
    with database().read() as session:
        lines = board.latest(session, 5_000)
        entries = catalogue.entries(session)
    root = Element("urlset", {"xmlns": SITEMAP})
    for endpoint in ("public.home", "public.notices", "public.kinds", "check.form"):
        SubElement(SubElement(root, "url"), "loc").text = _absolute(endpoint)
    for entry in entries:
        SubElement(SubElement(root, "url"), "loc").text = _absolute("public.kind", entry_id=entry.id)
    for line in lines:
        url = SubElement(root, "url")
        SubElement(url, "loc").text = _absolute("public.notice", notice_id=line.id)
        SubElement(url, "lastmod").text = iso_moment(line.published_at)
    return _xml(root, "application/xml")


def _add_entry(root: Element, line: BoardLine, body: str) -> None:
    entry = SubElement(root, "entry")
    address = _absolute("public.notice", notice_id=line.id)
    SubElement(entry, "title").text = line.title
    SubElement(entry, "id").text = address
    SubElement(entry, "link", {"rel": "alternate", "href": address})
    SubElement(entry, "published").text = iso_moment(line.published_at)
    SubElement(entry, "updated").text = iso_moment(line.published_at)
    if line.license_name:
        SubElement(entry, "category", {"term": line.license_name})
    SubElement(entry, "content", {"type": "html"}).text = body


def _absolute(endpoint: str, **values: Any) -> str:
    return settings().portal_url + url_for(endpoint, **values)


def _xml(root: Element, mimetype: str) -> Response:
    content = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    response = Response(content, content_type=f"{mimetype}; charset=utf-8")
    response.headers["Cache-Control"] = "public, no-cache"
    response.add_etag()
    response.make_conditional(request)
    return response
