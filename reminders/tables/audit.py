"""Who did what, in a chain that shows when a link was changed."""

from datetime import datetime

from sqlalchemy import String, Text
from sqlalchemy.orm import Mapped, mapped_column

from reminders.tables.base import INTERNAL, PERSONAL, Base, BigId, UtcDateTime


class AuditEntry(Base):
    __tablename__ = "audit_entry"
    id: Mapped[int] = mapped_column(BigId, primary_key=True, info=INTERNAL)
    at: Mapped[datetime] = mapped_column(UtcDateTime, index=True, info=INTERNAL)
    actor: Mapped[str] = mapped_column(String(100), info=INTERNAL)
    action: Mapped[str] = mapped_column(String(64), index=True, info=INTERNAL)
    subject: Mapped[str] = mapped_column(String(100), index=True, info=INTERNAL)
    detail: Mapped[str] = mapped_column(Text, default="", info=PERSONAL)
    previous: Mapped[str] = mapped_column(String(64), info=INTERNAL)
    digest: Mapped[str] = mapped_column(String(64), unique=True, info=INTERNAL)


class AuditHead(Base):
    """The single row that serialises the chain: its digest is the last link."""

    __tablename__ = "audit_head"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, info=INTERNAL)
    digest: Mapped[str] = mapped_column(String(64), info=INTERNAL)
