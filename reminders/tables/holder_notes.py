"""What officers wrote down about a holder for one another."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from reminders.tables.base import INTERNAL, PERSONAL, Base, BigId, UtcDateTime


class HolderNote(Base):
    """Seen by the department that wrote it and by those who see all; sealed, for people write names in it."""

    __tablename__ = "holder_note"
    id: Mapped[int] = mapped_column(BigId, primary_key=True, info=INTERNAL)
    holder_id: Mapped[int] = mapped_column(ForeignKey("holder.id"), info=INTERNAL)
    department_id: Mapped[int | None] = mapped_column(ForeignKey("department.id"), index=True, info=INTERNAL)
    words_cipher: Mapped[bytes] = mapped_column(LargeBinary, info=PERSONAL)
    written_by: Mapped[str] = mapped_column(String(64), info=INTERNAL)
    written_by_name: Mapped[str] = mapped_column(String(64), info=INTERNAL)
    written_at: Mapped[datetime] = mapped_column(UtcDateTime, info=INTERNAL)

    __table_args__ = (Index(None, "holder_id", "written_at"),)
