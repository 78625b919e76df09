"""What holders answered to their reminders, and what members of staff made of it."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, LargeBinary, String, text
from sqlalchemy.orm import Mapped, mapped_column

from reminders.rules.lifecycle import AnswerKind, DateKind
from reminders.tables.base import INTERNAL, PERSONAL, Base, BigId, UtcDateTime, Word

RESTS = text("rests")
BLOCKS = text("blocks_contact")
TO_DO = text("closed_at IS NULL AND ended_at IS NULL AND look_on IS NOT NULL")


class Answer(Base):
    """One answer about one expiry date of one license; it stands until `ended_at`.

    `rests`: no reminder of this date may leave now. `blocks_contact`: `contact_id` is not to be used.
    `look_on` is the day from which a member of staff must look at it, `promised_on` the day by which.
    """

    __tablename__ = "answer"
    id: Mapped[int] = mapped_column(BigId, primary_key=True, info=INTERNAL)
    license_id: Mapped[int] = mapped_column(ForeignKey("license.id"), index=True, info=INTERNAL)
    date_kind: Mapped[DateKind] = mapped_column(Word(DateKind), info=INTERNAL)
    expires_on: Mapped[date] = mapped_column(info=INTERNAL)
    follower_id: Mapped[int] = mapped_column(ForeignKey("follower.id"), index=True, info=INTERNAL)
    binding_id: Mapped[int] = mapped_column(ForeignKey("binding.id"), index=True, info=INTERNAL)
    contact_id: Mapped[int | None] = mapped_column(ForeignKey("contact.id"), index=True, info=INTERNAL)
    kind: Mapped[AnswerKind] = mapped_column(Word(AnswerKind), info=INTERNAL)
    note_cipher: Mapped[bytes | None] = mapped_column(LargeBinary, info=PERSONAL)
    phone_cipher: Mapped[bytes | None] = mapped_column(LargeBinary, info=PERSONAL)  # another one, for help
    rests: Mapped[bool] = mapped_column(info=INTERNAL)
    until_on: Mapped[date | None] = mapped_column(info=INTERNAL)  # the rest ends by itself on this day
    blocks_contact: Mapped[bool] = mapped_column(info=INTERNAL)
    look_on: Mapped[date | None] = mapped_column(info=INTERNAL)
    promised_on: Mapped[date | None] = mapped_column(info=INTERNAL)
    given_at: Mapped[datetime] = mapped_column(UtcDateTime, info=INTERNAL)
    withdrawn_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info=INTERNAL)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info=INTERNAL)
    verified_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info=INTERNAL)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info=INTERNAL)
    closed_by: Mapped[str] = mapped_column(String(64), default="", info=INTERNAL)
    close_note_cipher: Mapped[bytes | None] = mapped_column(LargeBinary, info=PERSONAL)

    __table_args__ = (
        Index("ix_answer_resting", "license_id", sqlite_where=RESTS, postgresql_where=RESTS),
        Index("ix_answer_until", "until_on", sqlite_where=RESTS, postgresql_where=RESTS),
        Index("ix_answer_blocking", "contact_id", sqlite_where=BLOCKS, postgresql_where=BLOCKS),
        Index("ix_answer_to_do", "look_on", "id", sqlite_where=TO_DO, postgresql_where=TO_DO),
    )
