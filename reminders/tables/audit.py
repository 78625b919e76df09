"""Who did what, in a chain that shows when a link was changed."""

from datetime import datetime

from sqlalchemy import BigInteger, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from reminders.tables.base import INTERNAL, PERSONAL, Base, BigId, UtcDateTime


class AuditEntry(Base):
    __tablename__ = "audit_entry"
    id: Mapped[int] = mapped_column(BigId, primary_key=True, info=INTERNAL)
    at: Mapped[datetime] = mapped_column(UtcDateTime, info=INTERNAL)
    actor: Mapped[str] = mapped_column(String(100), info=INTERNAL)
    action: Mapped[str] = mapped_column(String(64), info=INTERNAL)
    subject: Mapped[str] = mapped_column(String(100), index=True, info=INTERNAL)
    detail: Mapped[str] = mapped_column(Text, default="", info=PERSONAL)
    previous: Mapped[str] = mapped_column(String(64), info=INTERNAL)
    digest: Mapped[str] = mapped_column(String(64), unique=True, info=INTERNAL)

    # The page reads the newest first by any of these; the id settles entries of one moment.
    __table_args__ = (
        Index(None, "at", "id"),
        Index(None, "action", "at", "id"),
        Index(None, "actor", "at", "id"),
        Index(None, "actor", "action", "at", "id"),
    )


class AuditHead(Base):
    """The single row that serialises the chain: its digest is the last link."""

    __tablename__ = "audit_head"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, info=INTERNAL)
    digest: Mapped[str] = mapped_column(String(64), info=INTERNAL)


class AuditCheck(Base):
    """The single row that says how far the chain was followed, and when it was last found whole."""

    __tablename__ = "audit_check"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, info=INTERNAL)
    began_at: Mapped[datetime] = mapped_column(UtcDateTime, info=INTERNAL)  # of this round
    reached_id: Mapped[int] = mapped_column(BigInteger, info=INTERNAL)
    reached_digest: Mapped[str] = mapped_column(String(64), info=INTERNAL)
    checked_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info=INTERNAL)
    whole_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info=INTERNAL)
    # The first link that does not follow from the one before; 0: links at the end were cut off.
    broken_id: Mapped[int | None] = mapped_column(BigInteger, info=INTERNAL)
