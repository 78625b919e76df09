"""Letters as official papers: batches that a lead signs off, their numbers, and where the numbers stand."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from reminders.tables.base import INTERNAL, PERSONAL, Base, BigId, UtcDateTime

LIVING = text("voided_at IS NULL")
UNISSUED = text("issued_at IS NULL")


class LetterBatch(Base):
    """Letters of one department that are signed off (签发) together, by somebody else than who made it."""

    __tablename__ = "letter_batch"
    id: Mapped[int] = mapped_column(BigId, primary_key=True, info=INTERNAL)
    department_id: Mapped[int] = mapped_column(ForeignKey("department.id"), index=True, info=INTERNAL)
    made_by: Mapped[str] = mapped_column(String(64), info=INTERNAL)
    made_by_name: Mapped[str] = mapped_column(String(64), info=INTERNAL)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, info=INTERNAL)
    issued_by: Mapped[str] = mapped_column(String(64), default="", info=INTERNAL)
    issued_by_name: Mapped[str] = mapped_column(String(64), default="", info=INTERNAL)
    issued_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info=INTERNAL)
    written_on: Mapped[date | None] = mapped_column(info=INTERNAL)  # 成文日期

    __table_args__ = (
        Index("ix_letter_batch_unissued", "department_id", sqlite_where=UNISSUED, postgresql_where=UNISSUED),
    )


class LetterPaper(Base):
    """One letter of a batch; when it is issued it gets its number and its words stay as they are.

    A number is never given twice and never comes free again: a letter that must not leave is voided.
    """

    __tablename__ = "letter_paper"
    id: Mapped[int] = mapped_column(BigId, primary_key=True, info=INTERNAL)
    batch_id: Mapped[int] = mapped_column(ForeignKey("letter_batch.id"), index=True, info=INTERNAL)
    delivery_id: Mapped[int] = mapped_column(ForeignKey("delivery.id"), index=True, info=INTERNAL)
    department_id: Mapped[int] = mapped_column(ForeignKey("department.id"), info=INTERNAL)
    year: Mapped[int | None] = mapped_column(info=INTERNAL)
    number: Mapped[int | None] = mapped_column(info=INTERNAL)
    content_cipher: Mapped[bytes | None] = mapped_column(LargeBinary, info=PERSONAL)
    voided_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info=INTERNAL)
    void_reason: Mapped[str] = mapped_column(String(200), default="", info=INTERNAL)

    __table_args__ = (
        UniqueConstraint("department_id", "year", "number"),
        CheckConstraint("(number IS NULL) = (content_cipher IS NULL)", name="numbered_is_frozen"),
        Index(
            "uq_letter_paper_living",
            "delivery_id",
            unique=True,
            sqlite_where=LIVING,
            postgresql_where=LIVING,
        ),
    )


class LetterSeries(Base):
    """The last number a department gave in a year; whoever takes the next ones holds the row."""

    __tablename__ = "letter_series"
    department_id: Mapped[int] = mapped_column(ForeignKey("department.id"), primary_key=True, info=INTERNAL)
    year: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, info=INTERNAL)
    last_number: Mapped[int] = mapped_column(info=INTERNAL)
