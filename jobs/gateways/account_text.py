"""An article as the official account takes it: short title, few tags, no links, under 20,000 characters."""

import io
import re
from html import escape, unescape

import nh3
import segno

from jobs.gateways.outlets import Masthead
from reminders.rules import notice_html
from reminders.rules.article import Article, account_title

LARGEST = 19_000  # the platform says under 20,000, and something of its own comes to it
AUTHOR = 16
TAGS = {
    "blockquote", "br", "em", "h2", "h3", "h4", "img", "li", "ol", "p", "strong", "table", "tbody", "td",
    "th", "thead", "tr", "ul",
}  # fmt: skip
_LINK = re.compile(r'<a\b[^>]*\bhref="([^"]*)"[^>]*>(.*?)</a>', re.DOTALL)


def source_url(article: Article, masthead: Masthead, way: str) -> str:
    """“阅读原文” leads to the portal, and carries the id by which we find our own articles again."""
    return f"{masthead.permalink(article)}?via={way}&id={article.external_id}"


def draft(article: Article, masthead: Masthead, way: str, cover_id: str, code_url: str) -> dict[str, object]:
    return {
        "article_type": "news",
        "title": account_title(article.title),
        "author": masthead.organizer[:AUTHOR],
        "digest": article.summary,
        "content": content(article, code_url),
        "content_source_url": source_url(article, masthead, way),
        "thumb_media_id": cover_id,
        "need_open_comment": 0,
        "only_fans_can_comment": 0,
    }


def content(article: Article, code_url: str) -> str:
    """Body and as much of the list as fits; the rest, and the files, stand on the portal behind the code."""
    body = nh3.clean(_LINK.sub(_spelled_out, article.body_html), tags=TAGS, attributes={})
    code = f'<p><img src="{escape(code_url, quote=True)}"></p>'
    room = LARGEST - len(body) - len(code) - 400
    table, shown = _table(article, room)
    rest = len(article.rows) - shown
    more = f"名单共 {len(article.rows)} 家，这里列出前 {shown} 家。" if rest else ""
    files = "附件和" if article.attachments else ""
    foot = f"<p>{more}{files}最新内容请长按识别下面的二维码，或点“阅读原文”到门户查看。</p>"
    return f"{body}{table}{foot}{code}"


def code_picture(address: str) -> bytes:
    """The portal's page as a code to scan; links in the text do not work for every account."""
    picture = io.BytesIO()
    segno.make(address, error="m", micro=False).save(picture, kind="png", scale=6, border=4)
    return picture.getvalue()


def _spelled_out(match: re.Match[str]) -> str:
    """A link becomes its words with the address behind them, unless they are the address."""
    address, words = unescape(match[1]), match[2]
    return words if unescape(words) == address else f"{words}（{escape(address)}）"


def _table(article: Article, room: int) -> tuple[str, int]:
    if not article.rows:
        return "", 0
    head = "".join(f"<th>{name}</th>" for name in notice_html.COLUMNS[1:])
    lines: list[str] = []
    size = len(head) + 200
    for row in article.rows:
        line = (
            f"<tr><td>{escape(row.holder_name)}</td><td>{escape(row.license_no)}</td>"
            f"<td>{row.expires_on.isoformat()}</td><td>{escape(notice_html.apply_by_text(row))}</td></tr>"
        )
        size += len(line)
        if size > room:
            break
        lines.append(line)
    if not lines:
        return "", 0
    table = f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(lines)}</tbody></table>"
    return f"<p><strong>名单</strong></p>{table}", len(lines)
