"""What the public says is wrong on a page; the words are sealed, because people write names and numbers."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, LargeBinary, String, text
from sqlalchemy.orm import Mapped, mapped_column

from reminders.tables.base import INTERNAL, PERSONAL, Base, BigId, UtcDateTime

OPEN = text("closed_at IS NULL")


class PageReport(Base):
    __tablename__ = "page_report"
    id: Mapped[int] = mapped_column(BigId, primary_key=True, info=INTERNAL)
    notice_id: Mapped[int | None] = mapped_column(ForeignKey("notice.id"), index=True, info=INTERNAL)
    catalogue_entry_id: Mapped[int | None] = mapped_column(
        ForeignKey("catalogue_entry.id"), index=True, info=INTERNAL
    )
    words_cipher: Mapped[bytes] = mapped_column(LargeBinary, info=PERSONAL)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, info=INTERNAL)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info=INTERNAL)
    closed_by: Mapped[str] = mapped_column(String(64), default="", info=INTERNAL)

    __table_args__ = (Index("ix_page_report_open", "id", sqlite_where=OPEN, postgresql_where=OPEN),)
