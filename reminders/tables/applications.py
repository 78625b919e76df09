"""Applications for renewal that are under way, as far as anybody told us of them."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from reminders.rules.service_words import ApplicationStage
from reminders.tables.base import INTERNAL, PERSONAL, Base, BigId, UtcDateTime, Word


class Application(Base):
    """One for each expiry date of a license. A new date of the license leaves it behind."""

    __tablename__ = "application"
    id: Mapped[int] = mapped_column(BigId, primary_key=True, info=INTERNAL)
    license_id: Mapped[int] = mapped_column(ForeignKey("license.id"), info=INTERNAL)
    expires_on: Mapped[date] = mapped_column(info=INTERNAL)
    number: Mapped[str] = mapped_column(String(64), default="", info=PERSONAL)  # 受理号
    stage: Mapped[ApplicationStage] = mapped_column(Word(ApplicationStage), info=INTERNAL)
    submitted_on: Mapped[date | None] = mapped_column(info=INTERNAL)
    expected_on: Mapped[date | None] = mapped_column(info=INTERNAL)
    # follower:8 until a member of staff looked it up; then staff:3, and holders change it no more.
    told_by: Mapped[str] = mapped_column(String(64), info=INTERNAL)
    told_at: Mapped[datetime] = mapped_column(UtcDateTime, info=INTERNAL)

    __table_args__ = (UniqueConstraint("license_id", "expires_on"),)
