"""What holders think of the service, in five levels, and the mistakes they report."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, LargeBinary, String, text
from sqlalchemy.orm import Mapped, mapped_column

from reminders.rules.service_words import FeedbackAbout, Satisfaction
from reminders.tables.base import INTERNAL, PERSONAL, Base, BigId, UtcDateTime, Word

OPEN = text("closed_at IS NULL")


class Feedback(Base):
    """`words` and `reply` are sealed: people write names and numbers. `reasons`: words of `Reason`."""

    __tablename__ = "feedback"
    id: Mapped[int] = mapped_column(BigId, primary_key=True, info=INTERNAL)
    follower_id: Mapped[int] = mapped_column(ForeignKey("follower.id"), index=True, info=INTERNAL)
    license_id: Mapped[int | None] = mapped_column(ForeignKey("license.id"), index=True, info=INTERNAL)
    about: Mapped[FeedbackAbout] = mapped_column(Word(FeedbackAbout), info=INTERNAL)
    level: Mapped[Satisfaction | None] = mapped_column(Word(Satisfaction), info=INTERNAL)
    reasons: Mapped[str] = mapped_column(String(100), default="", server_default="", info=INTERNAL)
    words_cipher: Mapped[bytes | None] = mapped_column(LargeBinary, info=PERSONAL)
    given_at: Mapped[datetime] = mapped_column(UtcDateTime, info=INTERNAL)
    reply_cipher: Mapped[bytes | None] = mapped_column(LargeBinary, info=PERSONAL)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info=INTERNAL)
    closed_by: Mapped[str] = mapped_column(String(64), default="", info=INTERNAL)

    __table_args__ = (Index("ix_feedback_open", "id", sqlite_where=OPEN, postgresql_where=OPEN),)
