"""What holders chose for one license: by which ways, and how often, it is reminded."""

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from reminders.tables.base import INTERNAL, Base, UtcDateTime


class LicenseChoice(Base):
    """No row: as usual. It counts for all who are bound: SMS and calls go to the phone in the ledger."""

    __tablename__ = "license_choice"
    license_id: Mapped[int] = mapped_column(ForeignKey("license.id"), primary_key=True, info=INTERNAL)
    no_sms: Mapped[bool] = mapped_column(info=INTERNAL)
    no_calls: Mapped[bool] = mapped_column(info=INTERNAL)
    # Only the first reminder and the last ones.
    fewer: Mapped[bool] = mapped_column(info=INTERNAL)
    follower_id: Mapped[int] = mapped_column(ForeignKey("follower.id"), index=True, info=INTERNAL)
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime, info=INTERNAL)
