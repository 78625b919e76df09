"""Versions of the wording of every kind of message: who wrote it, when, why, and who let it out."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from reminders.rules.wordings import TemplateKind, TemplateState
from reminders.tables.base import INTERNAL, PUBLIC, Base, BigId, UtcDateTime, Word

IN_FORCE = text("state = 'in_force'")
PROPOSED = text("state = 'proposed'")


class TemplateVersion(Base):
    """One version; its words never change. The one in force is what senders, calls and letters say."""

    __tablename__ = "template_version"
    id: Mapped[int] = mapped_column(BigId, primary_key=True, info=INTERNAL)
    kind: Mapped[TemplateKind] = mapped_column(Word(TemplateKind), info=INTERNAL)
    number: Mapped[int] = mapped_column(info=INTERNAL)
    template_id: Mapped[str] = mapped_column(String(128), default="", info=INTERNAL)
    content: Mapped[str] = mapped_column(Text, info=PUBLIC)  # JSON: rules.wordings.frozen
    state: Mapped[TemplateState] = mapped_column(Word(TemplateState), info=INTERNAL)
    reason: Mapped[str] = mapped_column(String(200), default="", info=INTERNAL)
    restored_number: Mapped[int | None] = mapped_column(info=INTERNAL)  # made from this older one
    is_from_file: Mapped[bool] = mapped_column(default=False, info=INTERNAL)
    made_by: Mapped[str] = mapped_column(String(64), info=INTERNAL)
    made_by_name: Mapped[str] = mapped_column(String(64), default="", info=INTERNAL)
    made_at: Mapped[datetime] = mapped_column(UtcDateTime, info=INTERNAL)
    decided_by: Mapped[str] = mapped_column(String(64), default="", info=INTERNAL)
    decided_by_name: Mapped[str] = mapped_column(String(64), default="", info=INTERNAL)
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info=INTERNAL)
    decision_note: Mapped[str] = mapped_column(String(200), default="", info=INTERNAL)

    __table_args__ = (
        UniqueConstraint("kind", "number"),
        CheckConstraint("is_from_file OR state <> 'in_force' OR decided_by <> made_by", name="two_people"),
        Index(
            "uq_template_version_in_force",
            "kind",
            unique=True,
            sqlite_where=IN_FORCE,
            postgresql_where=IN_FORCE,
        ),
        Index(
            "uq_template_version_proposed",
            "kind",
            unique=True,
            sqlite_where=PROPOSED,
            postgresql_where=PROPOSED,
        ),
    )
