"""Computed calendar of the catalogue: one renewal window and its ladder per kind and expiry date.

Licenses join it; nothing else stores these dates, so a changed rule is recomputed in one place.
"""

from datetime import date

from sqlalchemy import ForeignKey, ForeignKeyConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from reminders.rules.lifecycle import DateKind, Stage
from reminders.tables.base import PUBLIC, Base, Word


class RenewalWindow(Base):
    __tablename__ = "renewal_window"
    catalogue_entry_id: Mapped[int] = mapped_column(
        ForeignKey("catalogue_entry.id"), primary_key=True, info=PUBLIC
    )
    date_kind: Mapped[DateKind] = mapped_column(Word(DateKind), primary_key=True, info=PUBLIC)
    expires_on: Mapped[date] = mapped_column(primary_key=True, info=PUBLIC)
    opens_on: Mapped[date | None] = mapped_column(info=PUBLIC)
    apply_by: Mapped[date | None] = mapped_column(info=PUBLIC)  # None: the rule is not known
    legal_last_day: Mapped[date | None] = mapped_column(info=PUBLIC)
    is_estimate: Mapped[bool] = mapped_column(default=False, info=PUBLIC)


class LadderStep(Base):
    """A stage and the day it is reached; `position` orders the steps of one ladder by day, then by stage."""

    __tablename__ = "ladder_step"
    catalogue_entry_id: Mapped[int] = mapped_column(primary_key=True, info=PUBLIC)
    date_kind: Mapped[DateKind] = mapped_column(Word(DateKind), primary_key=True, info=PUBLIC)
    expires_on: Mapped[date] = mapped_column(primary_key=True, info=PUBLIC)
    position: Mapped[int] = mapped_column(primary_key=True, info=PUBLIC)
    stage: Mapped[Stage] = mapped_column(Word(Stage), info=PUBLIC)
    due_on: Mapped[date] = mapped_column(info=PUBLIC)

    __table_args__ = (
        ForeignKeyConstraint(
            ["catalogue_entry_id", "date_kind", "expires_on"],
            ["renewal_window.catalogue_entry_id", "renewal_window.date_kind", "renewal_window.expires_on"],
            ondelete="CASCADE",
        ),
        Index(None, "catalogue_entry_id", "date_kind", "expires_on", "due_on"),
    )
