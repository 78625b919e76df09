"""An article as the platform's draft wants it, and the picture that leads to the portal."""

import io

import segno

from jobs.gateways.outlets import Masthead
from reminders.rules import account_text
from reminders.rules.article import Article, account_title

AUTHOR = 16


def source_url(article: Article, masthead: Masthead, way: str) -> str:
    """“阅读原文” leads to the portal, and carries the id by which we find our own articles again."""
    return f"{masthead.permalink(article)}?via={way}&id={article.external_id}"


def draft(article: Article, masthead: Masthead, way: str, cover_id: str, code_url: str) -> dict[str, object]:
    content = account_text.content(
        article.body_html, article.rows, code_url, has_files=bool(article.attachments)
    )
    return {
        "article_type": "news",
        "title": account_title(article.title),
        "author": masthead.organizer[:AUTHOR],
        "digest": article.summary,
        "content": content,
        "content_source_url": source_url(article, masthead, way),
        "thumb_media_id": cover_id,
        "need_open_comment": 0,
        "only_fans_can_comment": 0,
    }


def code_picture(address: str) -> bytes:
    """The portal's page as a code to scan; links in the text do not work for every account."""
    picture = io.BytesIO()
    segno.make(address, error="m", micro=False).save(picture, kind="png", scale=6, border=4)
    return picture.getvalue()
