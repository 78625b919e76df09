"""Renewal decisions on their way to regulators, and how far the e-license library was read."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from reminders.rules.share_state import ShareState
from reminders.tables.base import INTERNAL, PUBLIC, Base, BigId, UtcDateTime, Word

UNSHARED = text("state IN ('ready', 'sending', 'failed')")


class Regulator(Base):
    """Who supervises the holders of one license kind and is told of its renewals."""

    __tablename__ = "regulator"
    catalogue_entry_id: Mapped[int] = mapped_column(
        ForeignKey("catalogue_entry.id"), primary_key=True, info=PUBLIC
    )
    name: Mapped[str] = mapped_column(String(100), info=PUBLIC)
    changed_by: Mapped[str] = mapped_column(String(64), info=INTERNAL)
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime, info=INTERNAL)


class DecisionShare(Base):
    """One renewal of one license: written with the renewal itself, told by jobs, kept with its receipt."""

    __tablename__ = "decision_share"
    id: Mapped[int] = mapped_column(BigId, primary_key=True, info=INTERNAL)
    license_id: Mapped[int] = mapped_column(ForeignKey("license.id"), info=INTERNAL)
    expires_on: Mapped[date] = mapped_column(info=INTERNAL)  # the new one
    state: Mapped[ShareState] = mapped_column(Word(ShareState), info=INTERNAL)
    fence: Mapped[int] = mapped_column(default=0, info=INTERNAL)
    attempt: Mapped[int] = mapped_column(default=0, info=INTERNAL)
    lease_until: Mapped[datetime | None] = mapped_column(UtcDateTime, info=INTERNAL)
    next_at: Mapped[datetime] = mapped_column(UtcDateTime, info=INTERNAL)
    last_error: Mapped[str] = mapped_column(String(100), default="", info=INTERNAL)
    receipt_no: Mapped[str] = mapped_column(String(64), default="", info=INTERNAL)
    receipted_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info=INTERNAL)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, info=INTERNAL)

    __table_args__ = (
        UniqueConstraint("license_id", "expires_on"),
        Index(
            "ix_decision_share_unshared", "next_at", "id", sqlite_where=UNSHARED, postgresql_where=UNSHARED
        ),
    )


class LibrarySync(Base):
    """The single row that says how far the e-license library was read; `cursor` is the library's own word."""

    __tablename__ = "library_sync"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, info=INTERNAL)
    cursor: Mapped[str] = mapped_column(String(200), default="", info=INTERNAL)
    next_at: Mapped[datetime] = mapped_column(UtcDateTime, info=INTERNAL)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info=INTERNAL)
    failures: Mapped[int] = mapped_column(default=0, info=INTERNAL)
    last_error: Mapped[str] = mapped_column(String(100), default="", info=INTERNAL)
    counts: Mapped[str] = mapped_column(Text, default="{}", info=INTERNAL)  # JSON, of the last round
    total: Mapped[int] = mapped_column(default=0, info=INTERNAL)  # records read since the beginning
    began_at: Mapped[datetime] = mapped_column(UtcDateTime, info=INTERNAL)
