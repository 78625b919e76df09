"""The catalogue of Annex 1: license kinds, their renewal rules, and the days on which offices work."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from reminders.rules.lifecycle import Confidence
from reminders.tables.base import INTERNAL, PUBLIC, Base, UtcDateTime, Word


class CatalogueEntry(Base):
    """One license kind. The id is the number printed in Annex 1 (序号)."""

    __tablename__ = "catalogue_entry"
    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False, info=PUBLIC)
    item_name: Mapped[str] = mapped_column(String(128), info=PUBLIC)
    license_name: Mapped[str] = mapped_column(String(128), unique=True, info=PUBLIC)
    department_id: Mapped[int] = mapped_column(ForeignKey("department.id"), index=True, info=PUBLIC)
    validity_text: Mapped[str] = mapped_column(String(64), info=PUBLIC)
    validity_years_min: Mapped[int | None] = mapped_column(info=PUBLIC)
    validity_years_max: Mapped[int | None] = mapped_column(info=PUBLIC)
    holder_kind: Mapped[str] = mapped_column(String(16), info=PUBLIC)  # 单位 · 个人 · 单位或个人
    # The window: how long before expiry it opens (None: no opening) and closes (None: not known).
    renewal_earliest: Mapped[int | None] = mapped_column(info=PUBLIC)
    renewal_latest: Mapped[int | None] = mapped_column(info=PUBLIC)
    unit: Mapped[str] = mapped_column(String(8), info=PUBLIC)  # 日 · 工作日 · 月
    also_latest: Mapped[int | None] = mapped_column(info=PUBLIC)
    also_unit: Mapped[str] = mapped_column(String(8), default="", info=PUBLIC)
    # A second date of the same license that is reminded too; a missing rule is shown, never invented.
    companion_name: Mapped[str] = mapped_column(String(64), default="", info=PUBLIC)
    companion_latest: Mapped[int | None] = mapped_column(info=PUBLIC)
    companion_unit: Mapped[str] = mapped_column(String(8), default="", info=PUBLIC)
    companion_basis: Mapped[str] = mapped_column(Text, default="", info=PUBLIC)
    basis: Mapped[str] = mapped_column(Text, default="", info=PUBLIC)
    basis_article: Mapped[str] = mapped_column(String(64), default="", info=PUBLIC)
    confidence: Mapped[Confidence] = mapped_column(Word(Confidence), info=PUBLIC)
    materials: Mapped[str] = mapped_column(Text, default="", info=PUBLIC)  # items split by full-width ；
    # Whether it can be applied for online (None: nobody has checked), and where.
    is_online: Mapped[bool | None] = mapped_column(info=PUBLIC)
    online_url: Mapped[str] = mapped_column(String(200), default="", server_default="", info=PUBLIC)
    # Other names by which sheets and people call it, split by full-width ；.
    aliases: Mapped[str] = mapped_column(Text, default="", server_default="", info=PUBLIC)
    is_active: Mapped[bool] = mapped_column(default=True, info=PUBLIC)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime, info=INTERNAL)
    # Paused: it stays public, and nothing is sent from it. What the console changed, files leave alone.
    paused_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info=PUBLIC)
    rest_reason: Mapped[str] = mapped_column(String(200), default="", server_default="", info=PUBLIC)
    edited_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info=INTERNAL)


class Workday(Base):
    """A day on which the State Council notice differs from Monday–Friday; imported over the library."""

    __tablename__ = "workday"
    on: Mapped[date] = mapped_column(primary_key=True, info=PUBLIC)
    is_workday: Mapped[bool] = mapped_column(info=PUBLIC)
    note: Mapped[str] = mapped_column(String(64), default="", info=PUBLIC)


class WorkdayYear(Base):
    """A year whose notice was imported completely: its dates are no longer estimates."""

    __tablename__ = "workday_year"
    year: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False, info=PUBLIC)
    source: Mapped[str] = mapped_column(Text, default="", info=PUBLIC)
    imported_at: Mapped[datetime] = mapped_column(UtcDateTime, info=INTERNAL)
