"""Who follows the official account, which licenses they proved theirs, and what they tried."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint, false, text
from sqlalchemy.orm import Mapped, mapped_column

from reminders.rules.lifecycle import (
    BindHow,
    BindRole,
    Colours,
    ContactSign,
    DateKind,
    FontSize,
    GrantState,
    Language,
    QuietUntil,
)
from reminders.tables.base import INTERNAL, PERSONAL, Base, BigId, UtcDateTime, Word


class Follower(Base):
    """A WeChat person as this official account knows them; rows outlive an unfollow."""

    __tablename__ = "follower"
    id: Mapped[int] = mapped_column(BigId, primary_key=True, info=INTERNAL)
    openid: Mapped[str] = mapped_column(String(64), unique=True, info=PERSONAL)
    openid_hash: Mapped[str] = mapped_column(String(64), unique=True, info=PERSONAL)
    followed_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info=INTERNAL)
    unfollowed_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info=INTERNAL)
    # Set when the platform says this person refuses messages; cleared when they speak or follow again.
    push_stopped_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info=INTERNAL)
    push_stopped_reason: Mapped[str] = mapped_column(String(64), default="", info=INTERNAL)
    # They withdrew their consent; cleared when they give it again.
    consent_ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info=INTERNAL)
    # They want no WeChat messages from us: others reach them by the next channel.
    wechat_off_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info=INTERNAL)
    # Known by a code to this phone only, in a browser: they read pages, nothing is pushed to them.
    by_phone: Mapped[bool] = mapped_column(default=False, server_default=false(), info=INTERNAL)
    language: Mapped[Language] = mapped_column(Word(Language), default=Language.ZH, info=INTERNAL)
    is_care: Mapped[bool] = mapped_column(default=False, info=INTERNAL)  # 长辈模式
    font: Mapped[FontSize] = mapped_column(Word(FontSize), default=FontSize.NORMAL, info=INTERNAL)
    colours: Mapped[Colours] = mapped_column(Word(Colours), default=Colours.AUTO, info=INTERNAL)
    quiet_until: Mapped[QuietUntil] = mapped_column(
        Word(QuietUntil), default=QuietUntil.OPENING, info=INTERNAL
    )
    # Last seen typing a message, give or take six hours: so long the platform lets us write back freely.
    wrote_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info=INTERNAL)
    # Until when they were told of others who bound to their licenses.
    news_seen_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info=INTERNAL)
    puzzled_at: Mapped[datetime | None] = mapped_column(
        UtcDateTime, info=INTERNAL
    )  # last help for unknown words
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, info=INTERNAL)


class Consent(Base):
    """A follower agreed to one version of the privacy notice; `withdrawn_at` ends it."""

    __tablename__ = "consent"
    id: Mapped[int] = mapped_column(BigId, primary_key=True, info=INTERNAL)
    follower_id: Mapped[int] = mapped_column(ForeignKey("follower.id"), index=True, info=INTERNAL)
    version: Mapped[str] = mapped_column(String(16), info=INTERNAL)
    given_at: Mapped[datetime] = mapped_column(UtcDateTime, info=INTERNAL)
    withdrawn_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info=INTERNAL)


class Binding(Base):
    """A follower proved to be reachable for a license; ended rows stay as history."""

    __tablename__ = "binding"
    id: Mapped[int] = mapped_column(BigId, primary_key=True, info=INTERNAL)
    follower_id: Mapped[int] = mapped_column(ForeignKey("follower.id"), info=INTERNAL)
    license_id: Mapped[int] = mapped_column(ForeignKey("license.id"), index=True, info=INTERNAL)
    how: Mapped[BindHow] = mapped_column(Word(BindHow), info=INTERNAL)
    role: Mapped[BindRole | None] = mapped_column(Word(BindRole), info=INTERNAL)
    bound_at: Mapped[datetime] = mapped_column(UtcDateTime, info=INTERNAL)
    unbound_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info=INTERNAL)
    # This person wants no WeChat messages about this license; others bound to it are told as ever.
    wechat_off_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info=INTERNAL)
    # They left by themselves: a digest of holder and phone as the ledger had them, see `departures`.
    return_proof: Mapped[str | None] = mapped_column(String(64), info=PERSONAL)

    __table_args__ = (
        Index(
            "ix_binding_returnable",
            "follower_id",
            sqlite_where=text("return_proof IS NOT NULL"),
            postgresql_where=text("return_proof IS NOT NULL"),
        ),
        Index(
            "uq_binding_active",
            "follower_id",
            "license_id",
            unique=True,
            sqlite_where=text("unbound_at IS NULL"),
            postgresql_where=text("unbound_at IS NULL"),
        ),
    )


class SubscriptionGrant(Base):
    """What a follower said to the long-term subscription notice of one template, as the platform told."""

    __tablename__ = "subscription_grant"
    id: Mapped[int] = mapped_column(BigId, primary_key=True, info=INTERNAL)
    follower_id: Mapped[int] = mapped_column(ForeignKey("follower.id"), info=INTERNAL)
    template_id: Mapped[str] = mapped_column(String(64), info=INTERNAL)
    state: Mapped[GrantState] = mapped_column(Word(GrantState), info=INTERNAL)
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime, info=INTERNAL)

    __table_args__ = (UniqueConstraint("follower_id", "template_id"),)


class BindRequest(Base):
    """A follower asked to bind; made alike whether or not anything matched, so that nothing is disclosed.

    The newest open request of a follower is the only one that counts. `license_ids` is a JSON list.
    """

    __tablename__ = "bind_request"
    id: Mapped[int] = mapped_column(BigId, primary_key=True, info=INTERNAL)
    follower_id: Mapped[int] = mapped_column(ForeignKey("follower.id"), index=True, info=INTERNAL)
    license_ids: Mapped[str] = mapped_column(Text, info=INTERNAL)
    code_hash: Mapped[str] = mapped_column(String(64), info=PERSONAL)
    # Set when the code came back: for a while its phone proves whatever else the ledger has under it.
    phone_hash: Mapped[str | None] = mapped_column(String(64), info=PERSONAL)
    tries: Mapped[int] = mapped_column(default=0, info=INTERNAL)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, info=INTERNAL)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, info=INTERNAL)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info=INTERNAL)
    outcome: Mapped[str] = mapped_column(String(32), default="", info=INTERNAL)


class AnsweredMessage(Base):
    """The reply given to a message that had an effect, kept so that WeChat's retry hears the same words."""

    __tablename__ = "answered_message"
    digest: Mapped[str] = mapped_column(String(64), primary_key=True, info=INTERNAL)
    reply_cipher: Mapped[bytes] = mapped_column(LargeBinary, info=PERSONAL)
    answered_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True, info=INTERNAL)


class LimitCount(Base):
    """How often something that protects people was tried in one span of time."""

    __tablename__ = "limit_count"
    scope: Mapped[str] = mapped_column(String(32), primary_key=True, info=INTERNAL)
    subject_hash: Mapped[str] = mapped_column(String(64), primary_key=True, info=PERSONAL)
    span_start: Mapped[datetime] = mapped_column(UtcDateTime, primary_key=True, info=INTERNAL)
    count: Mapped[int] = mapped_column(info=INTERNAL)


class Confirmation(Base):
    """A sign that a person knows of one expiry date: they opened its page, asked, were told by us."""

    __tablename__ = "confirmation"
    id: Mapped[int] = mapped_column(BigId, primary_key=True, info=INTERNAL)
    license_id: Mapped[int] = mapped_column(ForeignKey("license.id"), info=INTERNAL)
    date_kind: Mapped[DateKind] = mapped_column(Word(DateKind), info=INTERNAL)
    expires_on: Mapped[date] = mapped_column(info=INTERNAL)
    sign: Mapped[ContactSign] = mapped_column(Word(ContactSign), info=INTERNAL)
    follower_id: Mapped[int | None] = mapped_column(ForeignKey("follower.id"), index=True, info=INTERNAL)
    at: Mapped[datetime] = mapped_column(UtcDateTime, info=INTERNAL)

    __table_args__ = (UniqueConstraint("license_id", "date_kind", "expires_on", "sign"),)
