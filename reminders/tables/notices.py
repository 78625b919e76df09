"""Warm reminder notices (温馨提示) and where each one was published."""

from datetime import date, datetime

from sqlalchemy import BigInteger, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from reminders.rules.lifecycle import NoticeState, Outlet, PublicationState
from reminders.tables.base import INTERNAL, PUBLIC, Base, BigId, UtcDateTime, Word


class Notice(Base):
    """A notice; `digest` freezes what the reviewer read: title, body and list."""

    __tablename__ = "notice"
    id: Mapped[int] = mapped_column(BigId, primary_key=True, info=PUBLIC)
    title: Mapped[str] = mapped_column(String(200), info=PUBLIC)
    body: Mapped[str] = mapped_column(Text, info=PUBLIC)  # Markdown, no raw HTML
    public_list: Mapped[str] = mapped_column(Text, default="[]", info=PUBLIC)  # JSON rows, masked by rule
    catalogue_entry_id: Mapped[int | None] = mapped_column(
        ForeignKey("catalogue_entry.id"), index=True, info=PUBLIC
    )
    period_from: Mapped[date | None] = mapped_column(info=PUBLIC)
    period_to: Mapped[date | None] = mapped_column(info=PUBLIC)
    department_id: Mapped[int | None] = mapped_column(ForeignKey("department.id"), index=True, info=PUBLIC)
    state: Mapped[NoticeState] = mapped_column(Word(NoticeState), info=INTERNAL)
    author_id: Mapped[int] = mapped_column(ForeignKey("staff.id"), index=True, info=INTERNAL)
    reviewer_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"), index=True, info=INTERNAL)
    digest: Mapped[str] = mapped_column(String(64), default="", info=INTERNAL)
    version: Mapped[int] = mapped_column(default=1, info=INTERNAL)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, info=INTERNAL)
    submitted_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info=INTERNAL)
    published_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info=PUBLIC)
    withdrawn_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info=PUBLIC)
    withdrawn_reason: Mapped[str] = mapped_column(Text, default="", info=PUBLIC)
    returned_reason: Mapped[str] = mapped_column(
        Text, default="", info=INTERNAL
    )  # why a reviewer sent it back

    __table_args__ = (Index(None, "state", "published_at", "id"),)


class Publication(Base):
    """One notice at one outlet; `wanted` says whether it should be live or gone, `state` where it stands."""

    __tablename__ = "publication"
    id: Mapped[int] = mapped_column(BigId, primary_key=True, info=INTERNAL)
    notice_id: Mapped[int] = mapped_column(ForeignKey("notice.id"), info=INTERNAL)
    outlet: Mapped[Outlet] = mapped_column(Word(Outlet), info=INTERNAL)
    wanted: Mapped[PublicationState] = mapped_column(Word(PublicationState), info=INTERNAL)  # live or gone
    state: Mapped[PublicationState] = mapped_column(Word(PublicationState), info=INTERNAL)
    external_id: Mapped[str] = mapped_column(String(128), default="", info=INTERNAL)
    url: Mapped[str] = mapped_column(Text, default="", info=PUBLIC)
    attempt: Mapped[int] = mapped_column(default=0, info=INTERNAL)
    fence: Mapped[int] = mapped_column(BigInteger, default=0, info=INTERNAL)
    next_at: Mapped[datetime] = mapped_column(UtcDateTime, info=INTERNAL)
    lease_until: Mapped[datetime | None] = mapped_column(UtcDateTime, info=INTERNAL)
    last_error: Mapped[str] = mapped_column(String(200), default="", info=INTERNAL)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime, info=INTERNAL)

    __table_args__ = (
        UniqueConstraint("notice_id", "outlet"),
        Index(
            "ix_publication_due",
            "next_at",
            sqlite_where=text("state IN ('ready', 'sending')"),
            postgresql_where=text("state IN ('ready', 'sending')"),
        ),
    )
