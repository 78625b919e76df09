"""What readers and search engines fetch: Atom, RSS, JSON Feed, and the site map."""

import json
from datetime import datetime
from email.utils import format_datetime
from typing import Any
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

from flask import Blueprint, url_for
from flask.typing import ResponseReturnValue

from portal.installation import database, settings
from portal.public.answers import fresh
from portal.words import iso_moment
from reminders import catalogue, clock
from reminders.notices import board
from reminders.notices.board import BoardLine

bp = Blueprint("feeds", __name__)
ATOM = "http://www.w3.org/2005/Atom"
SITEMAP = "http://www.sitemaps.org/schemas/sitemap/0.9"
JSON_FEED = "https://jsonfeed.org/version/1.1"
NO_NOTICE_YET = datetime(2022, 10, 1, tzinfo=clock.SHANGHAI)
LARGEST_MAP = 5_000
PAGES = (
    *("public.home", "public.notices", "public.kinds", "public.guides", "public.self_check"),
    *("public.how_it_works", "public.faq", "public.contact", "public.accessibility", "public.privacy"),
    *("public.site_map", "public.open_data", "public.performance", "check.form", "public.english"),
)


@bp.get("/feed.atom")
def feed() -> ResponseReturnValue:
    lines, bodies = _latest()
    root = Element("feed", {"xmlns": ATOM, "xml:lang": "zh-CN"})
    SubElement(root, "title").text = _title()
    SubElement(root, "id").text = _absolute("feeds.feed")
    SubElement(root, "link", {"rel": "self", "href": _absolute("feeds.feed")})
    SubElement(root, "link", {"rel": "alternate", "href": _absolute("public.notices")})
    SubElement(root, "updated").text = iso_moment(_updated(lines))
    SubElement(SubElement(root, "author"), "name").text = settings().organizer
    for line in lines:
        entry = SubElement(root, "entry")
        SubElement(entry, "title").text = line.title
        SubElement(entry, "id").text = _address(line)
        SubElement(entry, "link", {"rel": "alternate", "href": _address(line)})
        SubElement(entry, "published").text = iso_moment(line.published_at)
        SubElement(entry, "updated").text = iso_moment(line.published_at)
        if line.license_name:
            SubElement(entry, "category", {"term": line.license_name})
        SubElement(entry, "content", {"type": "html"}).text = bodies.get(line.id, "")
    return _xml(root, "application/atom+xml")


@bp.get("/feed.rss")
def rss() -> ResponseReturnValue:
    lines, bodies = _latest()
    root = Element("rss", {"version": "2.0", "xmlns:atom": ATOM})
    channel = SubElement(root, "channel")
    SubElement(channel, "title").text = _title()
    SubElement(channel, "link").text = _absolute("public.notices")
    SubElement(channel, "description").text = f"{settings().organizer}发布的证照到期温馨提示"
    SubElement(channel, "language").text = "zh-cn"
    SubElement(channel, "lastBuildDate").text = format_datetime(_updated(lines))
    own = {"rel": "self", "type": "application/rss+xml", "href": _absolute("feeds.rss")}
    SubElement(channel, "atom:link", own)
    for line in lines:
        item = SubElement(channel, "item")
        SubElement(item, "title").text = line.title
        SubElement(item, "link").text = _address(line)
        SubElement(item, "guid", {"isPermaLink": "true"}).text = _address(line)
        SubElement(item, "pubDate").text = format_datetime(line.published_at)
        if line.license_name:
            SubElement(item, "category").text = line.license_name
        SubElement(item, "description").text = bodies.get(line.id, "")
    return _xml(root, "application/rss+xml")


@bp.get("/feed.json")
def json_feed() -> ResponseReturnValue:
    lines, bodies = _latest()
    told = {
        "version": JSON_FEED,
        "title": _title(),
        "home_page_url": _absolute("public.notices"),
        "feed_url": _absolute("feeds.json_feed"),
        "language": "zh-CN",
        "authors": [{"name": settings().organizer, "url": settings().portal_url}],
        "items": [
            {
                "id": _address(line),
                "url": _address(line),
                "title": line.title,
                "content_html": bodies.get(line.id, ""),
                "date_published": iso_moment(line.published_at),
                "tags": [name for name in (line.license_name, line.department) if name],
            }
            for line in lines
        ],
    }
    return fresh(json.dumps(told, ensure_ascii=False), content_type="application/feed+json")


@bp.get("/sitemap.xml")
def sitemap() -> ResponseReturnValue:
    with database().read() as session:
        lines = board.latest(session, LARGEST_MAP)
        entries = catalogue.entries(session)
    root = Element("urlset", {"xmlns": SITEMAP})
    for endpoint in PAGES:
        SubElement(SubElement(root, "url"), "loc").text = _absolute(endpoint)
    for guide in ("public.kind", "public.english_guide"):
        for entry in entries:
            SubElement(SubElement(root, "url"), "loc").text = _absolute(guide, entry_id=entry.id)
    for line in lines:
        url = SubElement(root, "url")
        SubElement(url, "loc").text = _address(line)
        SubElement(url, "lastmod").text = iso_moment(line.published_at)
    return _xml(root, "application/xml")


def _latest() -> tuple[tuple[BoardLine, ...], dict[int, str]]:
    with database().read() as session:
        lines = board.latest(session)
        return lines, board.bodies(session, tuple(line.id for line in lines))


def _title() -> str:
    return f"温馨提示 · {settings().site_name}"


def _updated(lines: tuple[BoardLine, ...]) -> datetime:
    return lines[0].published_at if lines else NO_NOTICE_YET


def _address(line: BoardLine) -> str:
    return _absolute("public.notice", notice_id=line.id)


def _absolute(endpoint: str, **values: Any) -> str:
    return settings().portal_url + url_for(endpoint, **values)


def _xml(root: Element, mimetype: str) -> ResponseReturnValue:
    content = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return fresh(content, content_type=f"{mimetype}; charset=utf-8")
