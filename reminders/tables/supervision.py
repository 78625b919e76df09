"""What the supervising section writes down: samples of the ledger, findings, orders to put things right."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from reminders.rules.supervision import Verdict
from reminders.tables.base import INTERNAL, Base, BigId, UtcDateTime, Word

UNCLOSED = text("closed_at IS NULL")


class Sample(Base):
    """A sample (抽查): the same `seed` over the same `population` draws the same rows again."""

    __tablename__ = "supervision_sample"
    id: Mapped[int] = mapped_column(BigId, primary_key=True, info=INTERNAL)
    department_id: Mapped[int | None] = mapped_column(ForeignKey("department.id"), index=True, info=INTERNAL)
    seed: Mapped[str] = mapped_column(String(64), info=INTERNAL)
    population: Mapped[int] = mapped_column(info=INTERNAL)
    drawn_by_name: Mapped[str] = mapped_column(String(64), info=INTERNAL)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, info=INTERNAL)


class SampleRow(Base):
    """One license of a sample; with a verdict it is a finding."""

    __tablename__ = "supervision_sample_row"
    sample_id: Mapped[int] = mapped_column(
        ForeignKey("supervision_sample.id"), primary_key=True, info=INTERNAL
    )
    license_id: Mapped[int] = mapped_column(
        ForeignKey("license.id"), primary_key=True, index=True, info=INTERNAL
    )
    place: Mapped[int] = mapped_column(info=INTERNAL)
    verdict: Mapped[Verdict | None] = mapped_column(Word(Verdict), info=INTERNAL)
    note: Mapped[str] = mapped_column(Text, default="", info=INTERNAL)
    checked_by_name: Mapped[str] = mapped_column(String(64), default="", info=INTERNAL)
    checked_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info=INTERNAL)


class RectificationOrder(Base):
    """An order to put something right (整改通知), its deadline, what the department answered, and its end."""

    __tablename__ = "rectification_order"
    id: Mapped[int] = mapped_column(BigId, primary_key=True, info=INTERNAL)
    department_id: Mapped[int] = mapped_column(ForeignKey("department.id"), index=True, info=INTERNAL)
    sample_id: Mapped[int | None] = mapped_column(
        ForeignKey("supervision_sample.id"), index=True, info=INTERNAL
    )
    text: Mapped[str] = mapped_column(Text, info=INTERNAL)
    deadline_on: Mapped[date] = mapped_column(info=INTERNAL)
    issued_by_name: Mapped[str] = mapped_column(String(64), info=INTERNAL)
    issued_at: Mapped[datetime] = mapped_column(UtcDateTime, info=INTERNAL)
    reply: Mapped[str] = mapped_column(Text, default="", info=INTERNAL)
    replied_by_name: Mapped[str] = mapped_column(String(64), default="", info=INTERNAL)
    replied_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info=INTERNAL)
    closed_by_name: Mapped[str] = mapped_column(String(64), default="", info=INTERNAL)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info=INTERNAL)

    __table_args__ = (
        CheckConstraint("closed_at IS NULL OR replied_at IS NOT NULL", name="closed_after_reply"),
        Index(
            "ix_rectification_order_open",
            "deadline_on",
            sqlite_where=UNCLOSED,
            postgresql_where=UNCLOSED,
        ),
    )
