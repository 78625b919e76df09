"""What people ask an officer to look at because no code can reach them, or a stranger is bound."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, LargeBinary, String, text
from sqlalchemy.orm import Mapped, mapped_column

from reminders.rules.service_words import AppealClosing, AppealKind
from reminders.tables.base import INTERNAL, PERSONAL, Base, BigId, UtcDateTime, Word

IS_OPEN = text("closed_at IS NULL")


class Appeal(Base):
    """One case; `license_id` is None where what they typed named nothing, which nobody tells them."""

    __tablename__ = "appeal"
    id: Mapped[int] = mapped_column(BigId, primary_key=True, info=INTERNAL)
    kind: Mapped[AppealKind] = mapped_column(Word(AppealKind), info=INTERNAL)
    follower_id: Mapped[int] = mapped_column(ForeignKey("follower.id"), index=True, info=INTERNAL)
    license_id: Mapped[int | None] = mapped_column(ForeignKey("license.id"), index=True, info=INTERNAL)
    typed_cipher: Mapped[bytes] = mapped_column(
        LargeBinary, info=PERSONAL
    )  # JSON: identifier, name, phone, note
    promised_on: Mapped[date] = mapped_column(info=INTERNAL)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, info=INTERNAL)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info=INTERNAL)
    closed_by: Mapped[str] = mapped_column(String(64), default="", info=INTERNAL)
    closing: Mapped[AppealClosing | None] = mapped_column(Word(AppealClosing), info=INTERNAL)
    close_note_cipher: Mapped[bytes | None] = mapped_column(LargeBinary, info=PERSONAL)

    __table_args__ = (
        Index("ix_appeal_open", "promised_on", "id", sqlite_where=IS_OPEN, postgresql_where=IS_OPEN),
    )
