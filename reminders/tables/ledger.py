"""The ledger: every license the bureau issued, and the sheets it came from."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column

from reminders.rules.lifecycle import Expiry, HolderKind, ImportState, LicenseState, RowAction
from reminders.tables.base import INTERNAL, PERSONAL, Base, BigId, UtcDateTime, Word


class License(Base):
    """One row of the 台账: a license kind and its number; `identity_key` says when two rows are the same."""

    __tablename__ = "license"
    id: Mapped[int] = mapped_column(BigId, primary_key=True, info=INTERNAL)
    catalogue_entry_id: Mapped[int] = mapped_column(ForeignKey("catalogue_entry.id"), info=INTERNAL)
    holder_id: Mapped[int] = mapped_column(ForeignKey("holder.id"), index=True, info=INTERNAL)
    contact_id: Mapped[int | None] = mapped_column(ForeignKey("contact.id"), index=True, info=INTERNAL)
    license_no: Mapped[str | None] = mapped_column(
        String(64), info=PERSONAL
    )  # as printed; None: number missing
    number_key: Mapped[str | None] = mapped_column(String(64), info=PERSONAL)  # normalised, for look-up
    number_tail: Mapped[str | None] = mapped_column(String(4), index=True, info=PERSONAL)  # last four signs
    identity_key: Mapped[str] = mapped_column(String(300), info=PERSONAL)
    issued_on: Mapped[date | None] = mapped_column(info=INTERNAL)
    expiry: Mapped[Expiry] = mapped_column(Word(Expiry), info=INTERNAL)
    expires_on: Mapped[date | None] = mapped_column(info=INTERNAL)
    companion_on: Mapped[date | None] = mapped_column(info=INTERNAL)
    state: Mapped[LicenseState] = mapped_column(Word(LicenseState), info=INTERNAL)
    # The earliest day on which the planner must look at this license again; NULL: never.
    next_due_on: Mapped[date | None] = mapped_column(info=INTERNAL)
    companion_due_on: Mapped[date | None] = mapped_column(info=INTERNAL)
    import_id: Mapped[int | None] = mapped_column(ForeignKey("ledger_import.id"), index=True, info=INTERNAL)
    version: Mapped[int] = mapped_column(default=1, info=INTERNAL)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, info=INTERNAL)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime, info=INTERNAL)

    __table_args__ = (
        UniqueConstraint("catalogue_entry_id", "identity_key"),
        Index(None, "next_due_on"),
        Index(None, "companion_due_on"),
        Index(None, "number_key"),
        Index(None, "catalogue_entry_id", "expires_on"),
        Index(None, "expires_on", "id"),  # a page of the ledger is read in its order
    )


class LedgerImport(Base):
    """A sheet that was read: its fate, its counts, and the bytes it came from."""

    __tablename__ = "ledger_import"
    id: Mapped[int] = mapped_column(BigId, primary_key=True, info=INTERNAL)
    file_name: Mapped[str] = mapped_column(String(255), info=INTERNAL)
    digest: Mapped[str] = mapped_column(String(64), index=True, info=INTERNAL)  # SM3 of the bytes
    # The bytes, what a person changed in single cells, and how the sheets are read: until it is handled.
    # Up to 10 MB, so read only where somebody asks for them.
    content_cipher: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True, info=PERSONAL)
    edits_cipher: Mapped[bytes | None] = mapped_column(LargeBinary, info=PERSONAL)
    layout: Mapped[str] = mapped_column(Text, default="{}", server_default="{}", info=INTERNAL)  # JSON
    department_id: Mapped[int | None] = mapped_column(ForeignKey("department.id"), index=True, info=INTERNAL)
    # One license typed in at a desk: no sheet that a department sent, so it says nothing of what is missing.
    is_typed: Mapped[bool] = mapped_column(default=False, server_default=false(), info=INTERNAL)
    state: Mapped[ImportState] = mapped_column(Word(ImportState), info=INTERNAL)
    counts: Mapped[str] = mapped_column(Text, default="{}", info=INTERNAL)  # JSON: RowAction → rows
    faults: Mapped[str] = mapped_column(Text, default="[]", info=PERSONAL)  # JSON: sheet-level sentences
    created_by: Mapped[str] = mapped_column(String(64), info=INTERNAL)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, info=INTERNAL)
    accepted_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info=INTERNAL)
    undone_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info=INTERNAL)
    # Why a job did not write it or take it back, in a sentence that may name a holder; "" when it did.
    refusal: Mapped[str] = mapped_column(Text, default="", server_default="", info=PERSONAL)


class ImportRow(Base):
    """One row of a sheet as it will be accepted: `content_cipher` holds its values, `faults` why not."""

    __tablename__ = "import_row"
    import_id: Mapped[int] = mapped_column(
        ForeignKey("ledger_import.id", ondelete="CASCADE"), primary_key=True, info=INTERNAL
    )
    position: Mapped[int] = mapped_column(primary_key=True, info=INTERNAL)  # 0-based order over all sheets
    sheet: Mapped[str] = mapped_column(String(64), info=INTERNAL)
    row_no: Mapped[int] = mapped_column(info=INTERNAL)  # as Excel shows it, 1-based
    action: Mapped[RowAction] = mapped_column(Word(RowAction), info=INTERNAL)
    license_id: Mapped[int | None] = mapped_column(info=INTERNAL)  # the row it meets in the ledger
    license_version: Mapped[int | None] = mapped_column(info=INTERNAL)
    content_cipher: Mapped[bytes] = mapped_column(LargeBinary, info=PERSONAL)
    faults: Mapped[str] = mapped_column(Text, default="[]", info=PERSONAL)  # JSON: column, message
    warnings: Mapped[str] = mapped_column(Text, default="[]", info=PERSONAL)

    __table_args__ = (Index(None, "import_id", "action", "position"),)


class ColumnTitle(Base):
    """What a department means by a title of its sheets, as somebody once told for a column."""

    __tablename__ = "column_title"
    id: Mapped[int] = mapped_column(BigId, primary_key=True, info=INTERNAL)
    department_id: Mapped[int | None] = mapped_column(ForeignKey("department.id"), info=INTERNAL)
    title_key: Mapped[str] = mapped_column(String(40), info=INTERNAL)
    field: Mapped[str] = mapped_column(String(20), info=INTERNAL)  # of rules.sheet_shape.Field
    told_at: Mapped[datetime] = mapped_column(UtcDateTime, info=INTERNAL)

    __table_args__ = (Index(None, "department_id", "title_key"),)


class LicenseBefore(Base):
    """A license as it was before an import touched it, kept for as long as the import can be undone."""

    __tablename__ = "license_before"
    import_id: Mapped[int] = mapped_column(ForeignKey("ledger_import.id"), primary_key=True, info=INTERNAL)
    license_id: Mapped[int] = mapped_column(
        ForeignKey("license.id"), primary_key=True, index=True, info=INTERNAL
    )
    catalogue_entry_id: Mapped[int] = mapped_column(info=INTERNAL)
    holder_id: Mapped[int] = mapped_column(info=INTERNAL)
    contact_id: Mapped[int | None] = mapped_column(info=INTERNAL)
    license_no: Mapped[str | None] = mapped_column(String(64), info=PERSONAL)
    number_key: Mapped[str | None] = mapped_column(String(64), info=PERSONAL)
    identity_key: Mapped[str] = mapped_column(String(300), info=PERSONAL)
    issued_on: Mapped[date | None] = mapped_column(info=INTERNAL)
    expiry: Mapped[Expiry] = mapped_column(Word(Expiry), info=INTERNAL)
    expires_on: Mapped[date | None] = mapped_column(info=INTERNAL)
    companion_on: Mapped[date | None] = mapped_column(info=INTERNAL)
    state: Mapped[LicenseState] = mapped_column(Word(LicenseState), info=INTERNAL)
    number_tail: Mapped[str | None] = mapped_column(String(4), info=PERSONAL)
    prior_import_id: Mapped[int | None] = mapped_column(info=INTERNAL)
    version: Mapped[int] = mapped_column(info=INTERNAL)


class HolderBefore(Base):
    """What a holder was called before an import renamed it, kept as long as LicenseBefore."""

    __tablename__ = "holder_before"
    import_id: Mapped[int] = mapped_column(ForeignKey("ledger_import.id"), primary_key=True, info=INTERNAL)
    holder_id: Mapped[int] = mapped_column(
        ForeignKey("holder.id"), primary_key=True, index=True, info=INTERNAL
    )
    kind: Mapped[HolderKind] = mapped_column(Word(HolderKind), info=INTERNAL)
    name: Mapped[str] = mapped_column(String(200), info=PERSONAL)
    name_key: Mapped[str] = mapped_column(String(200), info=PERSONAL)
    initials: Mapped[str | None] = mapped_column(String(200), info=PERSONAL)
