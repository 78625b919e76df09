"""What kind of installation a database belongs to."""

from datetime import datetime

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import Mapped, mapped_column

from reminders.tables.base import INTERNAL, Base, UtcDateTime


class Installation(Base):
    """One row, written by the release step and never changed; `reminders.db` looks at it on connecting."""

    __tablename__ = "installation"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, info=INTERNAL)
    is_practice: Mapped[bool] = mapped_column(info=INTERNAL)
    marked_at: Mapped[datetime] = mapped_column(UtcDateTime, info=INTERNAL)

    __table_args__ = (CheckConstraint("id = 1", name="one"),)
