"""An import on its way into the ledger: who asked for it, and the very values that will be written."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from reminders.rules.lifecycle import Expiry, HolderKind, LicenseState, RowAction
from reminders.tables.base import INTERNAL, PERSONAL, Base, UtcDateTime, Word


class ImportTask(Base):
    """A large import that a job accepts or undoes, as the state of the import says. Gone when it is done."""

    __tablename__ = "import_task"
    import_id: Mapped[int] = mapped_column(
        ForeignKey("ledger_import.id", ondelete="CASCADE"), primary_key=True, info=INTERNAL
    )
    asked_by: Mapped[str] = mapped_column(String(64), info=INTERNAL)
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime, info=INTERNAL)
    good_rows_only: Mapped[bool] = mapped_column(default=False, info=INTERNAL)
    done: Mapped[int] = mapped_column(default=0, info=INTERNAL)  # rows made ready
    total: Mapped[int] = mapped_column(default=0, info=INTERNAL)
    tries: Mapped[int] = mapped_column(default=0, info=INTERNAL)
    leased_until: Mapped[datetime | None] = mapped_column(UtcDateTime, info=INTERNAL)


class ImportWrite(Base):
    """A row of an import made ready: all that holder, contact and license get by it, sealed as they keep it.

    The ids are those of rows that stay as they are; None where the values name or make them.
    """

    __tablename__ = "import_write"
    import_id: Mapped[int] = mapped_column(
        ForeignKey("ledger_import.id", ondelete="CASCADE"), primary_key=True, info=INTERNAL
    )
    position: Mapped[int] = mapped_column(primary_key=True, info=INTERNAL)
    action: Mapped[RowAction] = mapped_column(Word(RowAction), info=INTERNAL)
    license_id: Mapped[int | None] = mapped_column(info=INTERNAL)
    license_version: Mapped[int | None] = mapped_column(info=INTERNAL)

    holder_id: Mapped[int | None] = mapped_column(info=INTERNAL)
    holder_key: Mapped[str | None] = mapped_column(String(300), info=PERSONAL)
    holder_kind: Mapped[HolderKind] = mapped_column(Word(HolderKind), info=INTERNAL)
    holder_name: Mapped[str] = mapped_column(String(200), info=PERSONAL)
    name_key: Mapped[str] = mapped_column(String(200), info=PERSONAL)
    initials: Mapped[str | None] = mapped_column(String(200), info=PERSONAL)
    credit_code: Mapped[str | None] = mapped_column(String(18), info=INTERNAL)
    id_number_cipher: Mapped[bytes | None] = mapped_column(LargeBinary, info=PERSONAL)
    id_number_hash: Mapped[str | None] = mapped_column(String(64), info=PERSONAL)

    contact_id: Mapped[int | None] = mapped_column(info=INTERNAL)
    contact_name: Mapped[str] = mapped_column(String(100), info=PERSONAL)
    phone_cipher: Mapped[bytes | None] = mapped_column(LargeBinary, info=PERSONAL)
    phone_hash: Mapped[str | None] = mapped_column(String(64), info=PERSONAL)
    tail_hash: Mapped[str | None] = mapped_column(String(64), info=PERSONAL)
    is_mobile: Mapped[bool | None] = mapped_column(info=INTERNAL)

    catalogue_entry_id: Mapped[int] = mapped_column(info=INTERNAL)
    license_no: Mapped[str | None] = mapped_column(String(64), info=PERSONAL)
    number_key: Mapped[str | None] = mapped_column(String(64), info=PERSONAL)
    number_tail: Mapped[str | None] = mapped_column(String(4), info=PERSONAL)
    identity_key: Mapped[str] = mapped_column(String(300), info=PERSONAL)
    issued_on: Mapped[date | None] = mapped_column(info=INTERNAL)
    expiry: Mapped[Expiry] = mapped_column(Word(Expiry), info=INTERNAL)
    expires_on: Mapped[date | None] = mapped_column(info=INTERNAL)
    companion_on: Mapped[date | None] = mapped_column(info=INTERNAL)
    state: Mapped[LicenseState] = mapped_column(Word(LicenseState), info=INTERNAL)

    __table_args__ = (Index(None, "import_id", "holder_key", "position"),)  # the last word on each holder
