"""Which channels this installation can use, and how much of each is used up."""

from datetime import date, datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from reminders.rules.lifecycle import Channel
from reminders.tables.base import INTERNAL, Base, UtcDateTime, Word


class Road(Base):
    """A channel this installation can use, and how much of it: no row, no use (template messages excepted).

    `tokens` is the bucket that all senders share, as it stood at `filled_at`; `used` counts the messages of
    `day`. `template_id` is the one whose grants count (subscription notices).
    """

    __tablename__ = "road"
    channel: Mapped[Channel] = mapped_column(Word(Channel), primary_key=True, info=INTERNAL)
    is_open: Mapped[bool] = mapped_column(info=INTERNAL)
    daily_cap: Mapped[int | None] = mapped_column(info=INTERNAL)
    template_id: Mapped[str] = mapped_column(String(64), default="", info=INTERNAL)
    tokens: Mapped[float] = mapped_column(default=0.0, info=INTERNAL)
    filled_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info=INTERNAL)
    day: Mapped[date | None] = mapped_column(info=INTERNAL)
    used: Mapped[int] = mapped_column(default=0, info=INTERNAL)
