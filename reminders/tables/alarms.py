"""What is wrong now, and what was: one open row for each kind of alarm."""

from datetime import datetime

from sqlalchemy import Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from reminders.rules.lifecycle import AlarmKind
from reminders.tables.base import INTERNAL, Base, BigId, UtcDateTime, Word

OPEN = text("closed_at IS NULL")


class Alarm(Base):
    """`text` is Chinese and names the next step; `seen_by` is who said that they look at it."""

    __tablename__ = "alarm"
    id: Mapped[int] = mapped_column(BigId, primary_key=True, info=INTERNAL)
    kind: Mapped[AlarmKind] = mapped_column(Word(AlarmKind), info=INTERNAL)
    text: Mapped[str] = mapped_column(Text, info=INTERNAL)
    opened_at: Mapped[datetime] = mapped_column(UtcDateTime, info=INTERNAL)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info=INTERNAL)
    seen_by: Mapped[str] = mapped_column(String(64), default="", info=INTERNAL)

    __table_args__ = (Index("uq_alarm_open", "kind", unique=True, sqlite_where=OPEN, postgresql_where=OPEN),)
