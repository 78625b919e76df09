"""Versions of catalogue entries: what holds from which day, on what legal basis, and who said so."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from reminders.rules.catalogue_entry import VersionState
from reminders.tables.base import INTERNAL, PUBLIC, Base, BigId, UtcDateTime, Word

COMING = text("state = 'coming'")


class CatalogueVersion(Base):
    """One version of one entry; `catalogue_entry` holds the fields of the one in force."""

    __tablename__ = "catalogue_version"
    id: Mapped[int] = mapped_column(BigId, primary_key=True, info=PUBLIC)
    entry_id: Mapped[int] = mapped_column(ForeignKey("catalogue_entry.id"), info=PUBLIC)
    number: Mapped[int] = mapped_column(info=PUBLIC)
    effective_on: Mapped[date] = mapped_column(info=PUBLIC)
    content: Mapped[str] = mapped_column(Text, info=PUBLIC)  # JSON: rules.catalogue_entry.frozen
    state: Mapped[VersionState] = mapped_column(Word(VersionState), info=PUBLIC)
    reason: Mapped[str] = mapped_column(String(200), default="", info=PUBLIC)
    made_by: Mapped[str] = mapped_column(String(64), info=INTERNAL)
    made_by_name: Mapped[str] = mapped_column(String(64), default="", info=INTERNAL)
    made_at: Mapped[datetime] = mapped_column(UtcDateTime, info=INTERNAL)
    in_force_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info=INTERNAL)

    __table_args__ = (
        UniqueConstraint("entry_id", "number"),
        Index(
            "uq_catalogue_version_coming",
            "entry_id",
            "effective_on",
            unique=True,
            sqlite_where=COMING,
            postgresql_where=COMING,
        ),
        Index("ix_catalogue_version_due", "effective_on", "id", sqlite_where=COMING, postgresql_where=COMING),
    )
