"""The text of a notice as the official account takes it: few tags, no links, under 20,000 characters."""

import re
from collections.abc import Sequence
from html import escape, unescape

import nh3

from reminders.rules import notice_html
from reminders.rules.notice_text import PublicRow

LARGEST = 19_000  # the platform says under 20,000, and something of its own comes to it
TAGS = {
    "blockquote", "br", "em", "h2", "h3", "h4", "img", "li", "ol", "p", "strong", "table", "tbody", "td",
    "th", "thead", "tr", "ul",
}  # fmt: skip
FOOT = 600  # characters kept free for the last lines and the picture
_LINK = re.compile(r'<a\b[^>]*\bhref="([^"]*)"[^>]*>(.*?)</a>', re.DOTALL)


def content(body_html: str, rows: Sequence[PublicRow], code_url: str, *, has_files: bool) -> str:
    """Body and as much of the list as fits; the rest, and the files, stand on the portal behind the code."""
    body = nh3.clean(_LINK.sub(_spelled_out, body_html), tags=TAGS, attributes={})
    code = f'<p><img src="{escape(code_url, quote=True)}"></p>' if code_url else ""
    table, shown = _table(rows, LARGEST - len(body) - len(code) - FOOT)
    more = f"名单共 {len(rows)} 家，这里列出前 {shown} 家。" if shown < len(rows) else ""
    files = "附件和" if has_files else ""
    foot = f"<p>{more}{files}最新内容请长按识别下面的二维码，或点“阅读原文”到门户查看。</p>"
    return f"{body}{table}{foot}{code}"


def fits(body_html: str) -> bool:
    """Whether the body alone is short enough; a list is cut, a body is not."""
    return len(body_html) + FOOT < LARGEST


def _spelled_out(match: re.Match[str]) -> str:
    """A link becomes its words with the address behind them, unless they are the address."""
    address, words = unescape(match[1]), match[2]
    return words if unescape(words) == address else f"{words}（{escape(address)}）"


def _table(rows: Sequence[PublicRow], room: int) -> tuple[str, int]:
    head = "".join(f"<th>{name}</th>" for name in notice_html.COLUMNS[1:])
    lines: list[str] = []
    size = len(head) + 200
    for row in rows:
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
