"""Turns a notice into HTML that is safe to show: no raw HTML, an allow-list of tags, no style, no script."""

from collections.abc import Sequence
from datetime import date
from functools import cache
from html import escape

import nh3
from markdown_it import MarkdownIt

from reminders.rules.notice_text import PublicRow

TAGS = {
    "a", "blockquote", "br", "code", "em", "h2", "h3", "h4", "hr", "li", "ol", "p", "strong",
    "table", "tbody", "td", "th", "thead", "tr", "ul",
}  # fmt: skip
COLUMNS = ("序号", "证照持有单位", "证照编号", "期满日期", "最迟申请日")


def render_body(body: str) -> str:
    """Markdown to HTML. The page already has its h1, so headings start at h2."""
    parser = _parser()
    tokens = parser.parse(body)
    for token in tokens:
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(4, max(2, int(token.tag[1:])))}"
    page = str(parser.renderer.render(tokens, parser.options, {}))
    return nh3.clean(
        page,
        tags=TAGS,
        attributes={"a": {"href", "title"}},
        url_schemes={"http", "https"},
        link_rel="nofollow noopener noreferrer",
    )


@cache  # its rules cost as much as reading a notice by them
def _parser() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": False}).enable("table").disable("image")


def render_list(rows: Sequence[PublicRow], caption: str) -> str:
    """The public list as a table; empty when nothing is listed."""
    if not rows:
        return ""
    head = "".join(f'<th scope="col">{name}</th>' for name in COLUMNS)
    lines = (
        f"<tr><td>{number}</td><td>{escape(row.holder_name)}</td><td>{escape(row.license_no)}</td>"
        f"<td>{row.expires_on.isoformat()}</td><td>{escape(apply_by_text(row))}</td></tr>"
        for number, row in enumerate(rows, 1)
    )
    return (
        f"<table><caption>{escape(caption)}</caption><thead><tr>{head}</tr></thead>"
        f"<tbody>{''.join(lines)}</tbody></table>"
    )


def article(title: str, body: str, rows: Sequence[PublicRow]) -> str:
    """The whole text as an outlet receives it, without the title, which travels beside it."""
    return render_body(body) + render_list(rows, caption(title))


def caption(title: str) -> str:
    return f"{title}（名单）"


def apply_by_text(row: PublicRow) -> str:
    """The last day to apply as the list shows it; an unknown one is never invented."""
    if row.apply_by is None:
        return "以窗口答复为准"
    return row.apply_by.isoformat() + ("（估算）" if row.is_estimate else "")


def has_renewed(row: PublicRow, now_expires_on: date | None) -> bool:
    """Whether the ledger has moved on since the list was made; None means the license has no end any more."""
    return now_expires_on is None or now_expires_on > row.expires_on
