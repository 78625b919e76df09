"""Warm reminder notices (温馨提示), their attachments, and where each one was published."""

from datetime import date, datetime

from sqlalchemy import BigInteger, ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from reminders.rules.lifecycle import NoticeState, Outlet, PublicationState
from reminders.tables.base import INTERNAL, PUBLIC, Base, BigId, UtcDateTime, Word


class Notice(Base):
    """A notice; `digest` freezes what the reviewer read: text, list, files, and the page made of them."""

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
    publish_at: Mapped[datetime | None] = mapped_column(
        UtcDateTime, info=INTERNAL
    )  # approved for this moment
    targets: Mapped[str] = mapped_column(String(200), default="", info=INTERNAL)  # outlets the reviewer chose
    replaces_id: Mapped[int | None] = mapped_column(ForeignKey("notice.id"), index=True, info=PUBLIC)
    replace_reason: Mapped[str] = mapped_column(Text, default="", info=PUBLIC)

    __table_args__ = (
        Index(None, "state", "published_at", "id"),
        Index(None, "state", "catalogue_entry_id", "published_at", "id"),
        Index(None, "state", "department_id", "published_at", "id"),
        Index(
            "ix_notice_scheduled",
            "publish_at",
            sqlite_where=text("state = 'scheduled'"),
            postgresql_where=text("state = 'scheduled'"),
        ),
    )


class NoticeAttachment(Base):
    """A file of a notice, made from the same data and frozen with it when the notice is submitted."""

    __tablename__ = "notice_attachment"
    id: Mapped[int] = mapped_column(BigId, primary_key=True, info=PUBLIC)
    notice_id: Mapped[int] = mapped_column(ForeignKey("notice.id"), info=PUBLIC)
    name: Mapped[str] = mapped_column(String(120), info=PUBLIC)
    media_type: Mapped[str] = mapped_column(String(100), info=PUBLIC)
    size: Mapped[int] = mapped_column(info=PUBLIC)
    digest: Mapped[str] = mapped_column(String(64), info=PUBLIC)  # SHA-256 of the content
    content: Mapped[bytes] = mapped_column(LargeBinary, info=PUBLIC)

    __table_args__ = (UniqueConstraint("notice_id", "name"),)


class Publication(Base):
    """One notice at one outlet; `wanted` says whether it should be live or gone, `state` where it stands.

    `steps` remembers what the outlet told between two calls, so that nothing is made a second time. At most
    one publication of an outlet is `sending`, because some outlets keep one index of all.
    """

    __tablename__ = "publication"
    id: Mapped[int] = mapped_column(BigId, primary_key=True, info=INTERNAL)
    notice_id: Mapped[int] = mapped_column(ForeignKey("notice.id"), info=INTERNAL)
    outlet: Mapped[Outlet] = mapped_column(Word(Outlet), info=INTERNAL)
    wanted: Mapped[PublicationState] = mapped_column(Word(PublicationState), info=INTERNAL)  # live or gone
    state: Mapped[PublicationState] = mapped_column(Word(PublicationState), info=INTERNAL)
    version: Mapped[int] = mapped_column(default=1, info=INTERNAL)
    external_id: Mapped[str] = mapped_column(String(128), default="", info=INTERNAL)
    url: Mapped[str] = mapped_column(Text, default="", info=PUBLIC)
    attempt: Mapped[int] = mapped_column(default=0, info=INTERNAL)
    fence: Mapped[int] = mapped_column(BigInteger, default=0, info=INTERNAL)
    next_at: Mapped[datetime] = mapped_column(UtcDateTime, info=INTERNAL)
    lease_until: Mapped[datetime | None] = mapped_column(UtcDateTime, info=INTERNAL)
    last_error: Mapped[str] = mapped_column(String(200), default="", info=INTERNAL)
    waits: Mapped[int] = mapped_column(default=0, info=INTERNAL)  # times the outlet said: not ready yet
    steps: Mapped[str] = mapped_column(Text, default="{}", info=INTERNAL)  # JSON: name -> text
    job_ref: Mapped[str | None] = mapped_column(
        String(64), index=True, info=INTERNAL
    )  # the outlet's running job
    proved_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info=INTERNAL)
    proof: Mapped[str] = mapped_column(String(300), default="", info=INTERNAL)  # what was compared
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime, info=INTERNAL)

    __table_args__ = (
        UniqueConstraint("notice_id", "outlet"),
        Index(
            "uq_publication_one_sending",
            "outlet",
            unique=True,
            sqlite_where=text("state = 'sending'"),
            postgresql_where=text("state = 'sending'"),
        ),
        Index(
            "ix_publication_due",
            "next_at",
            sqlite_where=text("state IN ('ready', 'sending')"),
            postgresql_where=text("state IN ('ready', 'sending')"),
        ),
    )


class OutletEvent(Base):
    """Inbox of what an outlet tells by itself; it makes us look at once, the truth is asked for."""

    __tablename__ = "outlet_event"
    id: Mapped[int] = mapped_column(BigId, primary_key=True, info=INTERNAL)
    kind: Mapped[str] = mapped_column(String(32), info=INTERNAL)
    job_ref: Mapped[str] = mapped_column(String(64), index=True, info=INTERNAL)
    status: Mapped[str] = mapped_column(String(64), info=INTERNAL)
    digest: Mapped[str] = mapped_column(String(64), unique=True, info=INTERNAL)
    received_at: Mapped[datetime] = mapped_column(UtcDateTime, info=INTERNAL)


class OutletMaterial(Base):
    """A picture an outlet keeps for good: uploaded once, named by what it shows."""

    __tablename__ = "outlet_material"
    name: Mapped[str] = mapped_column(String(64), primary_key=True, info=INTERNAL)
    media_id: Mapped[str] = mapped_column(String(128), info=INTERNAL)
    kept_at: Mapped[datetime] = mapped_column(UtcDateTime, info=INTERNAL)
