"""What was told wrongly, who was told, and the messages that put it right."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from reminders.rules.lifecycle import BatchKind
from reminders.tables.base import INTERNAL, PUBLIC, Base, BigId, UtcDateTime, Word


class Correction(Base):
    """One wrong batch of messages that a person put right, and the words that say what was wrong.

    `department_id` is set when only the licenses of one department were meant. `people`, `messages` and
    `stopped` (reminders that had not left and were cancelled) are those of the moment it was confirmed.
    """

    __tablename__ = "correction"
    id: Mapped[int] = mapped_column(BigId, primary_key=True, info=INTERNAL)
    batch: Mapped[BatchKind] = mapped_column(Word(BatchKind), info=INTERNAL)
    run_id: Mapped[int | None] = mapped_column(ForeignKey("planner_run.id"), index=True, info=INTERNAL)
    import_id: Mapped[int | None] = mapped_column(ForeignKey("ledger_import.id"), index=True, info=INTERNAL)
    on_day: Mapped[date | None] = mapped_column(info=INTERNAL)
    catalogue_entry_id: Mapped[int | None] = mapped_column(
        ForeignKey("catalogue_entry.id"), index=True, info=INTERNAL
    )
    department_id: Mapped[int | None] = mapped_column(ForeignKey("department.id"), index=True, info=INTERNAL)
    sentence: Mapped[str] = mapped_column(String(64), info=PUBLIC)
    stops_waiting: Mapped[bool] = mapped_column(info=INTERNAL)
    people: Mapped[int] = mapped_column(info=INTERNAL)
    messages: Mapped[int] = mapped_column(info=INTERNAL)
    stopped: Mapped[int] = mapped_column(info=INTERNAL)
    created_by: Mapped[str] = mapped_column(String(64), info=INTERNAL)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, info=INTERNAL)


class CorrectionItem(Base):
    """One reminder that one message told wrongly: put right once, whatever batch it was found by.

    `delivery_id` is the message that says so now; `tried` the channels that failed before, by blanks.
    """

    __tablename__ = "correction_item"
    id: Mapped[int] = mapped_column(BigId, primary_key=True, info=INTERNAL)
    correction_id: Mapped[int] = mapped_column(ForeignKey("correction.id"), index=True, info=INTERNAL)
    told_delivery_id: Mapped[int] = mapped_column(ForeignKey("delivery.id"), info=INTERNAL)
    reminder_id: Mapped[int] = mapped_column(ForeignKey("reminder.id"), index=True, info=INTERNAL)
    delivery_id: Mapped[int | None] = mapped_column(ForeignKey("delivery.id"), index=True, info=INTERNAL)
    tried: Mapped[str] = mapped_column(String(128), default="", info=INTERNAL)
    dropped_reason: Mapped[str] = mapped_column(String(64), default="", info=INTERNAL)

    __table_args__ = (UniqueConstraint("told_delivery_id", "reminder_id"),)
