"""Collects what the public may search: notices and guides, never a list of names."""

import re
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from reminders import clock
from reminders.rules import notice_html
from reminders.rules.lifecycle import NoticeState
from reminders.rules.text_search import Document
from reminders.tables.catalogue import CatalogueEntry
from reminders.tables.notices import Notice

MOST_NOTICES = 5_000
LONGEST_TEXT = 3_000
COLUMN = "温馨提示"
TAGS = re.compile(r"<[^>]+>|\s+")

Mark = tuple[int, datetime | None, datetime | None]


def mark(session: Session) -> Mark:
    """Changes whenever a searchable text does; read from indexes."""
    live = select(func.count(), func.max(Notice.published_at)).where(Notice.state == NoticeState.PUBLISHED)
    count, published_at = session.execute(live).one()
    changed_at = session.execute(select(func.max(CatalogueEntry.updated_at))).scalar_one()
    return count, published_at, changed_at


def notices(session: Session) -> list[tuple[int, Document]]:
    """Published notices by id, newest first, without their lists."""
    found = session.execute(
        select(Notice.id, Notice.title, Notice.body, Notice.published_at)
        .where(Notice.state == NoticeState.PUBLISHED)
        .order_by(Notice.published_at.desc(), Notice.id.desc())
        .limit(MOST_NOTICES)
    )
    return [
        (
            notice_id,
            Document("", COLUMN, title, plain_text(notice_html.render_body(body)), _civil(published_at)),
        )
        for notice_id, title, body, published_at in found
    ]


def _civil(published_at: datetime | None) -> str:
    """Moment in Weihai, to be compared as text with a civil date."""
    return f"{published_at.astimezone(clock.SHANGHAI)}" if published_at else ""


def plain_text(html: str) -> str:
    return TAGS.sub(" ", html).strip()[:LONGEST_TEXT]
