"""The finished pages of an outlet that only keeps files: a notice, the index of all, the feed, the style."""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from html import escape
from urllib.parse import quote
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

from jobs.gateways.outlets import Masthead
from reminders import clock
from reminders.rules.article import Article, Attachment, IndexLine

ATOM = "http://www.w3.org/2005/Atom"
IN_FEED = 30
STYLE = b"""body{margin:0 auto;max-width:60rem;padding:1rem;color:#1a1a1a;background:#fff;line-height:1.8;\
font-family:system-ui,"PingFang SC","Microsoft YaHei","Noto Sans CJK SC","WenQuanYi Micro Hei",sans-serif;\
font-size:1.0625rem;overflow-wrap:anywhere;line-break:strict}
h1{font-size:1.5rem;line-height:1.4;text-align:center}h2{font-size:1.2rem}a{color:#0b5394}
.about{color:#545454;text-align:center}.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%}caption{text-align:left;font-weight:600;padding:.5rem 0}
th,td{border:1px solid #949494;padding:.35rem .6rem;text-align:left}th{background:#f2f4f7}
"""
STYLE_PATH = f"assets/notices-{hashlib.sha256(STYLE).hexdigest()[:12]}.css"
INDEX_PATH, FEED_PATH = "index.html", "feed.atom"
HTML, CSS, FEED_TYPE = "text/html; charset=utf-8", "text/css; charset=utf-8", "application/atom+xml"
DIGEST_META = "NoticeDigest"


def folder(external_id: str) -> str:
    return f"notices/{external_id}"


def page_path(external_id: str) -> str:
    return f"{folder(external_id)}/index.html"


def file_path(article: Article, file: Attachment) -> str:
    return f"{folder(article.external_id)}/{file.name}"


def notice_page(article: Article, masthead: Masthead) -> bytes:
    """One whole document in the conventions of government sites; the same article gives the same bytes."""
    at = f"{article.published_at.astimezone(clock.SHANGHAI):%Y-%m-%d %H:%M}"
    metas = {
        "SiteName": masthead.site_name,
        "ColumnName": "温馨提示",
        "ColumnType": "通知公告",
        "ArticleTitle": article.title,
        "PubDate": at,
        "ContentSource": masthead.organizer,
        "Author": article.department,
        "Keywords": ",".join(word for word in ("证照到期", "换证", article.license_name) if word),
        "Description": article.summary,
        DIGEST_META: article.digest,
    }
    body = (
        f"<article><h1>{escape(article.title)}</h1>"
        f'<p class="about">发布时间：{at}　来源：{escape(masthead.organizer)}　'
        f"科室：{escape(article.department)}</p>"
        f"{scrolling(article.html)}{_files(article)}</article>"
        '<p><a href="../../index.html">全部温馨提示</a></p>'
    )
    return _document(f"{article.title} · {masthead.site_name}", metas, body, "../../")


def index_page(lines: Sequence[IndexLine], masthead: Masthead) -> bytes:
    listed = "".join(
        f'<li><a href="{page_path(quote(line.external_id))}">{escape(line.title)}</a> '
        f"{line.published_at.astimezone(clock.SHANGHAI):%Y-%m-%d}　{escape(line.department)}</li>"
        for line in lines
    )
    body = f"<h1>温馨提示</h1>{f'<ul>{listed}</ul>' if listed else '<p>现在没有温馨提示。</p>'}"
    metas = {"SiteName": masthead.site_name, "ColumnName": "温馨提示", "ColumnType": "通知公告"}
    return _document(f"温馨提示 · {masthead.site_name}", metas, body, "")


def feed(lines: Sequence[IndexLine], masthead: Masthead, base_url: str) -> bytes:
    """Atom; `updated` is that of the newest notice, so that the same list gives the same bytes."""
    root = Element("feed", {"xmlns": ATOM, "xml:lang": "zh-CN"})
    SubElement(root, "title").text = f"温馨提示 · {masthead.site_name}"
    SubElement(root, "id").text = f"{base_url}/{FEED_PATH}"
    SubElement(root, "link", {"rel": "self", "href": f"{base_url}/{FEED_PATH}"})
    newest = max((line.published_at for line in lines), default=None)
    SubElement(root, "updated").text = _moment(newest) if newest else "2022-10-01T00:00:00+08:00"
    SubElement(SubElement(root, "author"), "name").text = masthead.organizer
    for line in lines[:IN_FEED]:
        address = f"{base_url}/{page_path(line.external_id)}"
        entry = SubElement(root, "entry")
        SubElement(entry, "title").text = line.title
        SubElement(entry, "id").text = address
        SubElement(entry, "link", {"rel": "alternate", "href": address})
        SubElement(entry, "published").text = SubElement(entry, "updated").text = _moment(line.published_at)
        if line.license_name:
            SubElement(entry, "category", {"term": line.license_name})
    return bytes(ElementTree.tostring(root, encoding="utf-8", xml_declaration=True))


def scrolling(html: str) -> str:
    """Wide tables scroll by themselves, so that the page never does."""
    return html.replace("<table>", '<div class="scroll"><table>').replace("</table>", "</table></div>")


def size_text(size: int) -> str:
    return f"{max(1, round(size / 1024))} KB"


def _files(article: Article) -> str:
    if not article.attachments:
        return ""
    listed = "".join(
        f'<li><a href="{quote(one.name)}" download>{escape(one.name)}</a>'
        f"（{escape(one.name.rpartition('.')[2])}，{size_text(one.size)}）</li>"
        for one in article.attachments
    )
    return f"<h2>附件</h2><ul>{listed}</ul>"


def _document(title: str, metas: dict[str, str], body: str, up: str) -> bytes:
    told = "".join(
        f'<meta name="{name}" content="{escape(value, quote=True)}">\n'
        for name, value in metas.items()
        if value
    )
    return (
        '<!doctype html>\n<html lang="zh-CN">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<title>{escape(title)}</title>\n{told}<link rel="stylesheet" href="{up}{STYLE_PATH}">\n'
        f'<link rel="alternate" type="{FEED_TYPE}" href="{up}{FEED_PATH}">\n</head>\n'
        f"<body>\n<main>\n{body}\n</main>\n</body>\n</html>\n"
    ).encode()


def _moment(value: datetime) -> str:
    return value.astimezone(clock.SHANGHAI).isoformat(timespec="seconds")
