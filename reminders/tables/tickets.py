"""What the platform lends us to prove that a page is ours."""

from datetime import datetime

from sqlalchemy import LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from reminders.tables.base import INTERNAL, SECRET, Base, UtcDateTime


class PageTicket(Base):
    """One row a kind (`jsapi`). The doors sign with it and never ask the platform themselves."""

    __tablename__ = "page_ticket"
    kind: Mapped[str] = mapped_column(String(16), primary_key=True, info=INTERNAL)
    ticket_cipher: Mapped[bytes | None] = mapped_column(LargeBinary, info=SECRET)
    good_until: Mapped[datetime | None] = mapped_column(UtcDateTime, info=INTERNAL)
    tried_at: Mapped[datetime] = mapped_column(UtcDateTime, info=INTERNAL)
