"""Who holds licenses, and how they can be reached."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, LargeBinary, String, UniqueConstraint, true
from sqlalchemy.orm import Mapped, mapped_column

from reminders.rules.lifecycle import HolderKind, RefusedHow
from reminders.tables.base import INTERNAL, PERSONAL, Base, BigId, UtcDateTime, Word


class Holder(Base):
    """证照持有单位(个人). `identity_key` is made by rules.identity and never shown."""

    __tablename__ = "holder"
    id: Mapped[int] = mapped_column(BigId, primary_key=True, info=INTERNAL)
    kind: Mapped[HolderKind] = mapped_column(Word(HolderKind), info=INTERNAL)
    name: Mapped[str] = mapped_column(String(200), info=PERSONAL)
    name_key: Mapped[str] = mapped_column(String(200), index=True, info=PERSONAL)
    # First letters of the pinyin, to search by; None: not made yet, see `reminders migrate`.
    initials: Mapped[str | None] = mapped_column(String(200), index=True, info=PERSONAL)
    credit_code: Mapped[str | None] = mapped_column(String(18), index=True, info=INTERNAL)
    id_number_cipher: Mapped[bytes | None] = mapped_column(LargeBinary, info=PERSONAL)
    id_number_hash: Mapped[str | None] = mapped_column(String(64), index=True, info=PERSONAL)
    identity_key: Mapped[str] = mapped_column(String(300), unique=True, info=PERSONAL)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, info=INTERNAL)


class Contact(Base):
    """A person and phone the ledger names for a holder; the phone is sealed and found by `phone_hash`."""

    __tablename__ = "contact"
    id: Mapped[int] = mapped_column(BigId, primary_key=True, info=INTERNAL)
    holder_id: Mapped[int] = mapped_column(ForeignKey("holder.id"), info=INTERNAL)
    name: Mapped[str] = mapped_column(String(100), default="", info=PERSONAL)
    phone_cipher: Mapped[bytes] = mapped_column(LargeBinary, info=PERSONAL)
    phone_hash: Mapped[str] = mapped_column(String(64), info=PERSONAL)
    tail_hash: Mapped[str | None] = mapped_column(
        String(64), index=True, info=PERSONAL
    )  # of the last four digits
    # False where the number cannot receive SMS; set when the number is known, never asked in the ledger.
    is_mobile: Mapped[bool] = mapped_column(default=True, server_default=true(), info=INTERNAL)
    # Since when the number is known to be wrong: nothing is sent to it until the ledger names another.
    wrong_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info=INTERNAL)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, info=INTERNAL)

    __table_args__ = (UniqueConstraint("holder_id", "phone_hash", "name"), Index(None, "phone_hash"))


class SmsRefusal(Base):
    """A phone whose owner wants no SMS; reminders go another way."""

    __tablename__ = "sms_refusal"
    phone_hash: Mapped[str] = mapped_column(String(64), primary_key=True, info=PERSONAL)
    how: Mapped[RefusedHow] = mapped_column(Word(RefusedHow), info=INTERNAL)
    refused_at: Mapped[datetime] = mapped_column(UtcDateTime, info=INTERNAL)
