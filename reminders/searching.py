"""Collects what the public may search: notices and guides, never a list of names."""

import re
from collections.abc import Sequence
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

IN_LIST = 1_000

Mark = tuple[int, datetime | None, datetime | None]
Edition = tuple[int, datetime | None]  # a notice as it was published at a moment: its text is frozen since


def mark(session: Session) -> Mark:
    """Changes whenever a searchable text does; read from indexes."""
    live = select(func.count(), func.max(Notice.published_at)).where(Notice.state == NoticeState.PUBLISHED)
    count, published_at = session.execute(live).one()
    changed_at = session.execute(select(func.max(CatalogueEntry.updated_at))).scalar_one()
    return count, published_at, changed_at


def published(session: Session) -> list[Edition]:
    """What may be searched, newest first: by these a caller sees which texts it has already."""
    found = session.execute(
        select(Notice.id, Notice.published_at)
        .where(Notice.state == NoticeState.PUBLISHED)
        .order_by(Notice.published_at.desc(), Notice.id.desc())
        .limit(MOST_NOTICES)
    )
    return [(notice_id, published_at) for notice_id, published_at in found]


def notices(session: Session, wanted: Sequence[Edition]) -> dict[Edition, Document]:
    """These notices without their lists; to read all of a full house takes most of a second."""
    made: dict[Edition, Document] = {}
    for start in range(0, len(wanted), IN_LIST):
        ids = [notice_id for notice_id, _ in wanted[start : start + IN_LIST]]
        found = session.execute(
            select(Notice.id, Notice.published_at, Notice.title, Notice.body).where(Notice.id.in_(ids))
        )
        for notice_id, published_at, title, body in found:
            text = plain_text(notice_html.render_body(body))
            made[notice_id, published_at] = Document("", COLUMN, title, text, _civil(published_at))
    return made


def _civil(published_at: datetime | None) -> str:
    """Moment in Weihai, to be compared as text with a civil date."""
    return f"{published_at.astimezone(clock.SHANGHAI)}" if published_at else ""


def plain_text(html: str) -> str:
    return TAGS.sub(" ", html).strip()[:LONGEST_TEXT]
