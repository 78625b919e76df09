"""Everything of a notice that anybody outside will see, as one value to look through and to freeze."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from cryptography.hazmat.primitives import hashes

from reminders.rules import article, notice_html, notice_text
from reminders.rules.article import Attachment
from reminders.rules.notice_text import PublicRow


@dataclass(frozen=True)
class Rendition:
    """`html` is body and list; `keywords` stand in metas and feeds; `public_list` as it is stored."""

    title: str
    body: str
    public_list: str
    keywords: tuple[str, ...]
    rows: tuple[PublicRow, ...]
    body_html: str
    html: str
    account_title: str
    summary: str
    attachments: tuple[Attachment, ...]


@lru_cache(maxsize=2)  # a notice of thousands takes a quarter of a second, and is rendered at every try
def render(
    title: str,
    body: str,
    public_list: str,
    attachments: tuple[Attachment, ...] = (),
    keywords: tuple[str, ...] = (),
) -> Rendition:
    rows = notice_text.rows_from_text(public_list)
    body_html = notice_html.render_body(body)
    return Rendition(
        title=title,
        body=body,
        public_list=public_list,
        keywords=keywords,
        rows=rows,
        body_html=body_html,
        html=body_html + notice_html.render_list(rows, notice_html.caption(title)),
        account_title=article.account_title(title),
        summary=article.summary(body),
        attachments=attachments,
    )


def digest(rendition: Rendition) -> str:
    """SM3 over what was written and all that is rendered of it; one changed sign gives another digest."""
    parts = [
        rendition.title,
        rendition.body,
        rendition.public_list,
        *rendition.keywords,
        rendition.html,
        rendition.account_title,
        rendition.summary,
        *(f"{one.name}|{one.media_type}|{one.digest}" for one in rendition.attachments),
    ]
    summary = hashes.Hash(hashes.SM3())
    summary.update(json.dumps(parts, ensure_ascii=False).encode())
    return summary.finalize().hex()


def texts(rendition: Rendition) -> Iterator[tuple[str, str]]:
    """Where it stands and what it says, for everything but the list, the page and the content of files."""
    yield "标题", rendition.title
    yield "正文", rendition.body
    yield "公众号标题", rendition.account_title
    yield "摘要", rendition.summary
    yield from (("关键词", word) for word in rendition.keywords)
    yield from (("附件名称", one.name) for one in rendition.attachments)
