"""Where colleagues are reached themselves, and what is sent to them alone: codes, and wordings tried out."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, LargeBinary, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from reminders.rules.delivery_rules import SendOutcome
from reminders.rules.lifecycle import Channel
from reminders.rules.wordings import TemplateKind
from reminders.tables.base import INTERNAL, PERSONAL, SECRET, Base, BigId, UtcDateTime, Word

WAITING = text("taken_at IS NULL")


class StaffReach(Base):
    """A colleague's own WeChat account and mobile phone, each proved by themselves."""

    __tablename__ = "staff_reach"
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"), primary_key=True, info=INTERNAL)
    follower_id: Mapped[int | None] = mapped_column(ForeignKey("follower.id"), unique=True, info=PERSONAL)
    follower_since: Mapped[datetime | None] = mapped_column(UtcDateTime, info=INTERNAL)
    phone_cipher: Mapped[bytes | None] = mapped_column(LargeBinary, info=PERSONAL)
    phone_since: Mapped[datetime | None] = mapped_column(UtcDateTime, info=INTERNAL)


class OwnMessage(Base):
    """One message to a colleague. It is no delivery: no holder, no books, no receipt, and never a second try.

    A code has its phone and no content; a wording tried out has content and goes to what StaffReach knows.
    """

    __tablename__ = "own_message"
    id: Mapped[int] = mapped_column(BigId, primary_key=True, info=INTERNAL)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"), index=True, info=INTERNAL)
    channel: Mapped[Channel] = mapped_column(Word(Channel), info=INTERNAL)
    kind: Mapped[TemplateKind] = mapped_column(Word(TemplateKind), info=INTERNAL)
    version_number: Mapped[int | None] = mapped_column(info=INTERNAL)
    template_id: Mapped[str] = mapped_column(String(128), default="", info=INTERNAL)
    content: Mapped[str] = mapped_column(Text, default="", info=INTERNAL)  # JSON: rules.wordings.frozen
    phone_cipher: Mapped[bytes | None] = mapped_column(LargeBinary, info=PERSONAL)
    code_cipher: Mapped[bytes | None] = mapped_column(LargeBinary, info=SECRET)
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime, info=INTERNAL)
    taken_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info=INTERNAL)
    outcome: Mapped[SendOutcome | None] = mapped_column(Word(SendOutcome), info=INTERNAL)
    answer: Mapped[str] = mapped_column(
        String(64), default="", info=INTERNAL
    )  # the provider's code, or its message id

    __table_args__ = (Index("ix_own_message_waiting", "id", sqlite_where=WAITING, postgresql_where=WAITING),)
