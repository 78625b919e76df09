"""What lets somebody bind once without a code to the phone: QR codes on paper, paper codes, invitations."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, LargeBinary, String, false, text
from sqlalchemy.orm import Mapped, mapped_column

from reminders.rules.lifecycle import BindHow
from reminders.tables.base import INTERNAL, PERSONAL, SECRET, Base, BigId, UtcDateTime, Word

WANTS_QR = text("qr_next_at IS NOT NULL")


class BindPass(Base):
    """Binds its licenses to the one who brings it first, until `expires_at`; `ended_at`: used or withdrawn.

    Of the secret only a digest is kept. A QR code is made by the platform: `scene_cipher` holds its secret
    from the wish (`qr_next_at`) until it was made, `qr_cipher` what it says, until the pass ends.
    """

    __tablename__ = "bind_pass"
    id: Mapped[int] = mapped_column(BigId, primary_key=True, info=INTERNAL)
    how: Mapped[BindHow] = mapped_column(Word(BindHow), info=INTERNAL)
    secret_hash: Mapped[str] = mapped_column(String(64), unique=True, info=SECRET)
    issued_by: Mapped[str] = mapped_column(String(64), info=INTERNAL)
    # Who invites: the invitation is good for what is bound to them when it is used.
    inviter_id: Mapped[int | None] = mapped_column(ForeignKey("follower.id"), index=True, info=INTERNAL)
    hands_over: Mapped[bool] = mapped_column(default=False, server_default=false(), info=INTERNAL)
    # A colleague who links their own WeChat by it: such a pass has no licenses.
    staff_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"), index=True, info=INTERNAL)
    delivery_id: Mapped[int | None] = mapped_column(ForeignKey("delivery.id"), index=True, info=INTERNAL)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, info=INTERNAL)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, info=INTERNAL)
    used_by: Mapped[int | None] = mapped_column(ForeignKey("follower.id"), index=True, info=INTERNAL)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info=INTERNAL)
    scene_cipher: Mapped[bytes | None] = mapped_column(LargeBinary, info=SECRET)
    qr_cipher: Mapped[bytes | None] = mapped_column(LargeBinary, info=SECRET)
    qr_next_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info=INTERNAL)
    qr_tries: Mapped[int] = mapped_column(default=0, info=INTERNAL)
    qr_fault: Mapped[str] = mapped_column(String(64), default="", info=INTERNAL)

    __table_args__ = (
        Index("ix_bind_pass_wants_qr", "qr_next_at", sqlite_where=WANTS_QR, postgresql_where=WANTS_QR),
    )


class BindPassLicense(Base):
    """One license that a pass binds."""

    __tablename__ = "bind_pass_license"
    pass_id: Mapped[int] = mapped_column(ForeignKey("bind_pass.id"), primary_key=True, info=INTERNAL)
    license_id: Mapped[int] = mapped_column(
        ForeignKey("license.id"), primary_key=True, index=True, info=INTERNAL
    )


class HeldPass(Base):
    """A pass somebody brought who must agree to the privacy notice first; the newest of each person."""

    __tablename__ = "held_pass"
    follower_id: Mapped[int] = mapped_column(ForeignKey("follower.id"), primary_key=True, info=PERSONAL)
    pass_id: Mapped[int] = mapped_column(ForeignKey("bind_pass.id"), index=True, info=INTERNAL)
    held_at: Mapped[datetime] = mapped_column(UtcDateTime, info=INTERNAL)
