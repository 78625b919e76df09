"""Departments and the people who work in them."""

from datetime import date, datetime

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from reminders.rules.lifecycle import Channel, Role
from reminders.tables.base import INTERNAL, PUBLIC, SECRET, Base, BigId, UtcDateTime, Word


class Department(Base):
    """审批科室. Counter, phone and method are not in the law: samples are marked until confirmed."""

    __tablename__ = "department"
    id: Mapped[int] = mapped_column(BigId, primary_key=True, info=PUBLIC)
    name: Mapped[str] = mapped_column(String(64), unique=True, info=PUBLIC)
    counter: Mapped[str] = mapped_column(Text, default="", info=PUBLIC)
    counter_hours: Mapped[str] = mapped_column(Text, default="", info=PUBLIC)
    service_phone: Mapped[str] = mapped_column(String(64), default="", info=PUBLIC)
    method: Mapped[Channel] = mapped_column(Word(Channel), info=PUBLIC)
    is_sample: Mapped[bool] = mapped_column(default=True, info=INTERNAL)
    edited_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info=INTERNAL)  # in the console


class Staff(Base):
    """An account. One per `person_no`, so that nobody is administrator of two kinds or beside other work."""

    __tablename__ = "staff"
    id: Mapped[int] = mapped_column(BigId, primary_key=True, info=INTERNAL)
    login: Mapped[str] = mapped_column(String(64), unique=True, info=INTERNAL)
    name: Mapped[str] = mapped_column(String(64), info=INTERNAL)
    role: Mapped[Role] = mapped_column(Word(Role), info=INTERNAL)
    department_id: Mapped[int | None] = mapped_column(ForeignKey("department.id"), index=True, info=INTERNAL)
    password_hash: Mapped[str] = mapped_column(String(255), info=SECRET)
    session_epoch: Mapped[int] = mapped_column(default=0, info=INTERNAL)  # raising it signs out everywhere
    is_active: Mapped[bool] = mapped_column(default=True, info=INTERNAL)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, info=INTERNAL)
    last_sign_in_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info=INTERNAL)
    password_changed_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info=INTERNAL)
    # The second factor; without `totp_since` it was offered but never shown to work. A code counts once:
    # only one of a later `totp_step` (30 seconds) is taken.
    totp_cipher: Mapped[bytes | None] = mapped_column(LargeBinary, info=SECRET)
    totp_since: Mapped[datetime | None] = mapped_column(UtcDateTime, info=INTERNAL)
    totp_step: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0", info=INTERNAL)
    person_no: Mapped[str] = mapped_column(String(32), default="", server_default="", info=INTERNAL)  # 工号

    __table_args__ = (
        CheckConstraint(
            "role NOT IN ('system_admin', 'security_admin', 'audit_admin') OR person_no <> ''",
            name="admin_is_a_known_person",
        ),
        Index(
            "uq_staff_person_no",
            "person_no",
            unique=True,
            sqlite_where=text("person_no <> ''"),
            postgresql_where=text("person_no <> ''"),
        ),
    )


class StaffLink(Base):
    """Who a colleague is at the city's single sign-on: one subject of one issuer, and nobody else's."""

    __tablename__ = "staff_link"
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"), primary_key=True, info=INTERNAL)
    issuer: Mapped[str] = mapped_column(String(255), info=INTERNAL)
    subject: Mapped[str] = mapped_column(String(255), info=INTERNAL)
    linked_at: Mapped[datetime] = mapped_column(UtcDateTime, info=INTERNAL)

    __table_args__ = (UniqueConstraint("issuer", "subject"),)


class RecoveryCode(Base):
    """Stands in once for the second factor of a person who lost their phone."""

    __tablename__ = "recovery_code"
    id: Mapped[int] = mapped_column(BigId, primary_key=True, info=INTERNAL)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"), info=INTERNAL)
    digest: Mapped[str] = mapped_column(String(64), info=SECRET)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info=INTERNAL)

    __table_args__ = (UniqueConstraint("staff_id", "digest"),)


class Invitation(Base):
    """Lets one person choose a password and a second factor, once and for a limited time."""

    __tablename__ = "invitation"
    id: Mapped[int] = mapped_column(BigId, primary_key=True, info=INTERNAL)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"), index=True, info=INTERNAL)
    digest: Mapped[str] = mapped_column(String(64), unique=True, info=SECRET)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, info=INTERNAL)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info=INTERNAL)  # used, or replaced
    created_by: Mapped[str] = mapped_column(String(64), info=INTERNAL)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, info=INTERNAL)


class Absence(Base):
    """Days on which somebody is away, both ends included; the deputy sees and does their work."""

    __tablename__ = "absence"
    id: Mapped[int] = mapped_column(BigId, primary_key=True, info=INTERNAL)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"), index=True, info=INTERNAL)
    deputy_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"), index=True, info=INTERNAL)
    from_on: Mapped[date] = mapped_column(info=INTERNAL)
    until_on: Mapped[date] = mapped_column(info=INTERNAL)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info=INTERNAL)  # called off
    created_by: Mapped[str] = mapped_column(String(64), info=INTERNAL)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, info=INTERNAL)

    __table_args__ = (
        CheckConstraint("from_on <= until_on", name="span"),
        CheckConstraint("deputy_id IS NULL OR deputy_id <> staff_id", name="another"),
    )
