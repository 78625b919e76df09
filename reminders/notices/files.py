"""The files of a notice: named for its page, handed out only while it is public."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from reminders.errors import NotFound
from reminders.rules.lifecycle import NoticeState
from reminders.tables.notices import Notice, NoticeAttachment


@dataclass(frozen=True)
class FileLine:
    """A file of a notice as the page names it; `size` in bytes."""

    name: str
    media_type: str
    size: int
    digest: str


def listed(session: Session, notice_id: int) -> tuple[FileLine, ...]:
    """What is frozen with the notice, without the content."""
    kept = NoticeAttachment
    found = session.execute(
        select(kept.name, kept.media_type, kept.size, kept.digest)
        .where(kept.notice_id == notice_id)
        .order_by(kept.id)
    )
    return tuple(FileLine(*row) for row in found)


def content(session: Session, notice_id: int, name: str) -> tuple[FileLine, bytes]:
    """A file of a notice that is public now, byte by byte as approved. Raises NotFound."""
    found = session.execute(
        select(NoticeAttachment)
        .join(Notice, Notice.id == NoticeAttachment.notice_id)
        .where(Notice.id == notice_id, Notice.state == NoticeState.PUBLISHED, NoticeAttachment.name == name)
    ).scalar_one_or_none()
    if found is None:
        raise NotFound("没有这个附件，或者温馨提示已经撤回。请回到温馨提示列表重新查找。")
    return FileLine(found.name, found.media_type, found.size, found.digest), found.content
