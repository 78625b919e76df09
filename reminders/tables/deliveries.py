"""What must be said, what was sent, and what the outside world answered: the queue is these tables."""

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

from reminders.rules.lifecycle import (
    CallOutcome,
    Channel,
    DateKind,
    DeliveryState,
    Purpose,
    ReminderState,
    RunState,
    Stage,
)
from reminders.tables.base import INTERNAL, PERSONAL, Base, BigId, UtcDateTime, Word

WAITING = text("state IN ('ready', 'unknown')")
UNRESOLVED = text("state IN ('sending', 'unknown')")
SENDING = text("state = 'sending'")
UNFINISHED = text("final_at IS NULL")
HAS_MSGID = text("provider_msgid IS NOT NULL")
IS_REMINDER = text("purpose = 'reminder'")
IS_CORRECTION = text("purpose = 'correction'")
IS_TIDINGS = text("purpose IN ('news', 'visit')")
UNMATCHED = text("matched_at IS NULL")
UNTOLD = text("has_no_channel")
UNREAD = text("read_at IS NULL")


class Reminder(Base):
    """What must be said: one license, one of its dates, one stage; never twice."""

    __tablename__ = "reminder"
    id: Mapped[int] = mapped_column(BigId, primary_key=True, info=INTERNAL)
    license_id: Mapped[int] = mapped_column(ForeignKey("license.id"), info=INTERNAL)
    date_kind: Mapped[DateKind] = mapped_column(Word(DateKind), info=INTERNAL)
    expires_on: Mapped[date] = mapped_column(info=INTERNAL)
    stage: Mapped[Stage] = mapped_column(Word(Stage), info=INTERNAL)
    due_on: Mapped[date] = mapped_column(info=INTERNAL)
    apply_by: Mapped[date | None] = mapped_column(info=INTERNAL)
    state: Mapped[ReminderState] = mapped_column(Word(ReminderState), info=INTERNAL)
    # Nobody can be told by any channel yet: the worklist shows it, and every run tries again.
    has_no_channel: Mapped[bool] = mapped_column(default=False, info=INTERNAL)
    run_id: Mapped[int | None] = mapped_column(ForeignKey("planner_run.id"), index=True, info=INTERNAL)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, info=INTERNAL)

    __table_args__ = (
        UniqueConstraint("license_id", "date_kind", "expires_on", "stage"),
        Index(None, "expires_on", "license_id"),
        Index("ix_reminder_untold", "id", sqlite_where=UNTOLD, postgresql_where=UNTOLD),
    )


class Delivery(Base):
    """One message to one person on one channel; docs/architecture.md has its state machine.

    Channels worked by hand (phone, letter) wait in `ready` on the worklist and never enter `sending`.
    `payload_cipher` holds what cannot be recomputed when sending (a one-time code); reminders carry none.
    """

    __tablename__ = "delivery"
    id: Mapped[int] = mapped_column(BigId, primary_key=True, info=INTERNAL)
    purpose: Mapped[Purpose] = mapped_column(Word(Purpose), info=INTERNAL)
    channel: Mapped[Channel] = mapped_column(Word(Channel), info=INTERNAL)
    follower_id: Mapped[int | None] = mapped_column(ForeignKey("follower.id"), index=True, info=INTERNAL)
    contact_id: Mapped[int | None] = mapped_column(ForeignKey("contact.id"), index=True, info=INTERNAL)
    # Whom a letter or a prompt of the business system is meant for: they need no phone.
    holder_id: Mapped[int | None] = mapped_column(ForeignKey("holder.id"), index=True, info=INTERNAL)
    correction_id: Mapped[int | None] = mapped_column(ForeignKey("correction.id"), info=INTERNAL)
    recipient_hash: Mapped[str] = mapped_column(String(64), info=PERSONAL)
    for_day: Mapped[date] = mapped_column(info=INTERNAL)  # the civil day it belongs to
    payload_cipher: Mapped[bytes | None] = mapped_column(LargeBinary, info=PERSONAL)
    state: Mapped[DeliveryState] = mapped_column(Word(DeliveryState), info=INTERNAL)
    state_reason: Mapped[str] = mapped_column(String(64), default="", info=INTERNAL)
    epoch: Mapped[int] = mapped_column(default=0, info=INTERNAL)
    attempt: Mapped[int] = mapped_column(default=0, info=INTERNAL)
    fence: Mapped[int] = mapped_column(BigInteger, default=0, info=INTERNAL)
    next_at: Mapped[datetime] = mapped_column(UtcDateTime, info=INTERNAL)
    deadline_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info=INTERNAL)
    lease_owner: Mapped[str | None] = mapped_column(String(64), info=INTERNAL)
    lease_until: Mapped[datetime | None] = mapped_column(UtcDateTime, info=INTERNAL)
    intent_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info=INTERNAL)
    ambiguous_since: Mapped[datetime | None] = mapped_column(UtcDateTime, info=INTERNAL)
    client_msg_id: Mapped[str | None] = mapped_column(String(32), info=INTERNAL)
    provider_msgid: Mapped[str | None] = mapped_column(String(64), info=INTERNAL)
    accepted_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info=INTERNAL)
    final_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info=INTERNAL)
    dup_risk: Mapped[bool] = mapped_column(default=False, info=INTERNAL)
    outcome: Mapped[CallOutcome | None] = mapped_column(Word(CallOutcome), info=INTERNAL)
    outcome_note: Mapped[str] = mapped_column(Text, default="", info=PERSONAL)
    closed_by: Mapped[str] = mapped_column(String(64), default="", info=INTERNAL)
    # The template_version it was last said with; no key, which would want an index on the busiest table:
    # versions are never removed. None before a version was known.
    said_version_id: Mapped[int | None] = mapped_column(BigInteger, info=INTERNAL)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, info=INTERNAL)

    __table_args__ = (
        CheckConstraint("(state = 'sending') = (lease_until IS NOT NULL)", name="lease"),
        CheckConstraint("state <> 'unknown' OR ambiguous_since IS NOT NULL", name="unknown"),
        CheckConstraint(
            "follower_id IS NOT NULL OR contact_id IS NOT NULL OR holder_id IS NOT NULL", name="recipient"
        ),
        Index(
            "uq_delivery_person_day",
            "channel",
            "recipient_hash",
            "for_day",
            unique=True,
            sqlite_where=IS_REMINDER,
            postgresql_where=IS_REMINDER,
        ),
        # One message of a correction to a person by a channel; also finds those of a person for a receipt.
        Index(
            "uq_delivery_correction",
            "channel",
            "recipient_hash",
            "correction_id",
            unique=True,
            sqlite_where=IS_CORRECTION,
            postgresql_where=IS_CORRECTION,
        ),
        Index(None, "correction_id", "state", sqlite_where=IS_CORRECTION, postgresql_where=IS_CORRECTION),
        Index(
            "ix_delivery_correction_due",
            "channel",
            "state",
            "next_at",
            "id",
            sqlite_where=IS_CORRECTION,
            postgresql_where=IS_CORRECTION,
        ),
        # One of a kind to a person on a day: what else is new by then goes into the same words.
        Index(
            "uq_delivery_tidings",
            "channel",
            "recipient_hash",
            "purpose",
            "for_day",
            unique=True,
            sqlite_where=IS_TIDINGS,
            postgresql_where=IS_TIDINGS,
        ),
        Index(
            "ix_delivery_tidings_due",
            "channel",
            "state",
            "next_at",
            "id",
            sqlite_where=IS_TIDINGS,
            postgresql_where=IS_TIDINGS,
        ),
        Index(
            "uq_delivery_one_open",
            "channel",
            "recipient_hash",
            unique=True,
            sqlite_where=UNRESOLVED,
            postgresql_where=UNRESOLVED,
        ),
        # With the id: all messages of a day wait for one moment, and PostgreSQL would sort them each time.
        Index(
            "ix_delivery_due",
            "channel",
            "state",
            "next_at",
            "id",
            sqlite_where=WAITING,
            postgresql_where=WAITING,
        ),
        Index("ix_delivery_lease", "lease_until", sqlite_where=SENDING, postgresql_where=SENDING),
        Index("ix_delivery_late", "deadline_at", sqlite_where=UNFINISHED, postgresql_where=UNFINISHED),
        Index(
            "ix_delivery_msgid",
            "channel",
            "provider_msgid",
            sqlite_where=HAS_MSGID,
            postgresql_where=HAS_MSGID,
        ),
        Index(None, "for_day"),
    )


class DeliveryItem(Base):
    """One reminder inside one message. `dropped_reason` is set when it was no longer true at send time."""

    __tablename__ = "delivery_item"
    id: Mapped[int] = mapped_column(BigId, primary_key=True, info=INTERNAL)
    delivery_id: Mapped[int] = mapped_column(ForeignKey("delivery.id"), index=True, info=INTERNAL)
    reminder_id: Mapped[int] = mapped_column(ForeignKey("reminder.id"), info=INTERNAL)
    channel: Mapped[Channel] = mapped_column(Word(Channel), info=INTERNAL)
    recipient_ref: Mapped[str] = mapped_column(
        String(24), info=INTERNAL
    )  # f<follower> or c<contact> or l<license>
    dropped_reason: Mapped[str] = mapped_column(String(64), default="", info=INTERNAL)

    __table_args__ = (UniqueConstraint("reminder_id", "recipient_ref", "channel"),)


class DeliveryAttempt(Base):
    """Append-only: written before any byte leaves, completed when the answer is known."""

    __tablename__ = "delivery_attempt"
    id: Mapped[int] = mapped_column(BigId, primary_key=True, info=INTERNAL)
    delivery_id: Mapped[int] = mapped_column(ForeignKey("delivery.id"), index=True, info=INTERNAL)
    epoch: Mapped[int] = mapped_column(info=INTERNAL)
    attempt: Mapped[int] = mapped_column(info=INTERNAL)
    fence: Mapped[int] = mapped_column(BigInteger, info=INTERNAL)
    owner: Mapped[str] = mapped_column(String(64), info=INTERNAL)
    intent_at: Mapped[datetime] = mapped_column(UtcDateTime, info=INTERNAL)
    result: Mapped[str] = mapped_column(String(32), default="", info=INTERNAL)
    errcode: Mapped[str] = mapped_column(String(32), default="", info=INTERNAL)
    rid: Mapped[str] = mapped_column(String(64), default="", info=INTERNAL)
    provider_msgid: Mapped[str | None] = mapped_column(String(64), info=INTERNAL)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info=INTERNAL)


class ProviderEvent(Base):
    """Inbox of receipts: stored by the callback in one insert, matched to deliveries in batches."""

    __tablename__ = "provider_event"
    id: Mapped[int] = mapped_column(BigId, primary_key=True, info=INTERNAL)
    channel: Mapped[Channel] = mapped_column(Word(Channel), info=INTERNAL)
    recipient_hash: Mapped[str] = mapped_column(String(64), info=PERSONAL)
    provider_msgid: Mapped[str] = mapped_column(String(64), default="", info=INTERNAL)
    status: Mapped[str] = mapped_column(String(64), info=INTERNAL)
    digest: Mapped[str] = mapped_column(String(64), unique=True, info=INTERNAL)  # of the whole event
    received_at: Mapped[datetime] = mapped_column(UtcDateTime, info=INTERNAL)
    matched_delivery_id: Mapped[int | None] = mapped_column(
        ForeignKey("delivery.id"), index=True, info=INTERNAL
    )
    matched_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info=INTERNAL)

    __table_args__ = (
        Index("ix_provider_event_unmatched", "id", sqlite_where=UNMATCHED, postgresql_where=UNMATCHED),
    )


class SmsReply(Base):
    """What somebody wrote back to an SMS, for an officer to read; refusals are not kept here."""

    __tablename__ = "sms_reply"
    id: Mapped[int] = mapped_column(BigId, primary_key=True, info=INTERNAL)
    phone_hash: Mapped[str] = mapped_column(String(64), index=True, info=PERSONAL)
    phone_cipher: Mapped[bytes] = mapped_column(LargeBinary, info=PERSONAL)
    text_cipher: Mapped[bytes] = mapped_column(LargeBinary, info=PERSONAL)
    digest: Mapped[str] = mapped_column(String(64), index=True, info=PERSONAL)
    received_at: Mapped[datetime] = mapped_column(UtcDateTime, info=INTERNAL)
    read_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info=INTERNAL)
    read_by: Mapped[str] = mapped_column(String(64), default="", info=INTERNAL)

    __table_args__ = (Index("ix_sms_reply_unread", "id", sqlite_where=UNREAD, postgresql_where=UNREAD),)


class PlannerRun(Base):
    """One planning run; a missing row for a day is how a lost night is seen."""

    __tablename__ = "planner_run"
    id: Mapped[int] = mapped_column(BigId, primary_key=True, info=INTERNAL)
    for_day: Mapped[date] = mapped_column(index=True, info=INTERNAL)
    started_at: Mapped[datetime] = mapped_column(UtcDateTime, info=INTERNAL)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info=INTERNAL)
    counts: Mapped[str] = mapped_column(Text, default="{}", info=INTERNAL)  # JSON
    state: Mapped[RunState] = mapped_column(Word(RunState), default=RunState.DONE, info=INTERNAL)
    decided_by: Mapped[str] = mapped_column(String(64), default="", info=INTERNAL)


class Switch(Base):
    """A brake that people pull: `sending` is on unless a row says otherwise."""

    __tablename__ = "switch"
    name: Mapped[str] = mapped_column(String(32), primary_key=True, info=INTERNAL)
    is_on: Mapped[bool] = mapped_column(info=INTERNAL)
    reason: Mapped[str] = mapped_column(Text, default="", info=INTERNAL)
    changed_by: Mapped[str] = mapped_column(String(64), default="", info=INTERNAL)
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime, info=INTERNAL)


class Circuit(Base):
    """An outside system, or one template of it, that must rest until a moment or until a person mends it."""

    __tablename__ = "circuit"
    name: Mapped[str] = mapped_column(String(64), primary_key=True, info=INTERNAL)
    reason: Mapped[str] = mapped_column(String(200), info=INTERNAL)
    opened_at: Mapped[datetime] = mapped_column(UtcDateTime, info=INTERNAL)
    until: Mapped[datetime | None] = mapped_column(
        UtcDateTime, info=INTERNAL
    )  # None: until a person closes it
