"""Which documents of the list a holder has ready."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from reminders.tables.base import INTERNAL, Base, UtcDateTime


class MaterialTick(Base):
    """One ticked document. `item_hash` is of its words, so a changed document is not ticked any more;
    `expires_on` is of the date it is meant for, so the next renewal begins with an empty list."""

    __tablename__ = "material_tick"
    follower_id: Mapped[int] = mapped_column(ForeignKey("follower.id"), primary_key=True, info=INTERNAL)
    license_id: Mapped[int] = mapped_column(
        ForeignKey("license.id"), primary_key=True, index=True, info=INTERNAL
    )
    expires_on: Mapped[date] = mapped_column(primary_key=True, info=INTERNAL)
    item_hash: Mapped[str] = mapped_column(String(64), primary_key=True, info=INTERNAL)
    ticked_at: Mapped[datetime] = mapped_column(UtcDateTime, info=INTERNAL)
