"""Queues what is sent to a colleague alone, takes it for sending once, and keeps what the provider said."""

import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from reminders import brakes
from reminders.db import vault_of
from reminders.errors import Conflict
from reminders.rules.delivery_rules import EVENT_KEPT_OPEN, SendOutcome
from reminders.rules.lifecycle import Channel
from reminders.rules.wordings import TemplateKind, Wording, frozen, thawed
from reminders.tables.bindings import Follower
from reminders.tables.deliveries import UNMATCHED, ProviderEvent
from reminders.tables.own_messages import WAITING, OwnMessage, StaffReach

BATCH = 20
CODE_GOOD_FOR = timedelta(minutes=10)
STALE_AFTER = timedelta(minutes=5)  # nobody waits for it any more
SILENT_AFTER = timedelta(seconds=60)
KEPT_FOR = timedelta(days=30)
STOPPED = "全部发送现在是停止的，试发和验证码也发不出。请等业务科在“发送开关”恢复以后再试。"


@dataclass(frozen=True)
class OwnWanted:
    """Personal: lives in the clock's memory only. Without a wording it is a code."""

    id: int
    channel: Channel
    kind: TemplateKind
    wording: Wording | None
    code: str
    phone: str
    openid: str
    is_stale: bool


def queue_code(session: Session, staff_id: int, phone: str, *, now: datetime) -> int:
    """A code to a phone that is to be proved. Raises Conflict while all sending is stopped."""
    code, vault = f"{secrets.randbelow(10**6):06d}", vault_of(session)
    _drop_codes(session, staff_id)
    return _queue(
        session,
        OwnMessage(
            staff_id=staff_id,
            channel=Channel.SMS,
            kind=TemplateKind.SMS_CODE,
            phone_cipher=vault.seal(phone),
            code_cipher=vault.seal(code),
            asked_at=now,
        ),
    )


def queue_trial(
    session: Session,
    staff_id: int,
    channel: Channel,
    wording: Wording,
    version_number: int | None,
    *,
    now: datetime,
) -> int:
    """A wording tried out on the colleague's own phone. Raises Conflict while all sending is stopped."""
    return _queue(
        session,
        OwnMessage(
            staff_id=staff_id,
            channel=channel,
            kind=wording.kind,
            version_number=version_number,
            template_id=wording.template_id,
            content=frozen(wording),
            asked_at=now,
        ),
    )


def proved_phone(session: Session, staff_id: int, code: str, *, now: datetime) -> str | None:
    """The phone that the newest code was sent to, once; None for a wrong code or one that ran out."""
    row = session.execute(
        select(OwnMessage)
        .where(OwnMessage.staff_id == staff_id, OwnMessage.code_cipher.is_not(None))
        .where(OwnMessage.asked_at > now - CODE_GOOD_FOR)
        .order_by(OwnMessage.id.desc())
        .limit(1)
        .with_for_update()
    ).scalar_one_or_none()
    if row is None or row.code_cipher is None or row.phone_cipher is None:
        return None
    vault = vault_of(session)
    if not hmac.compare_digest(vault.open(row.code_cipher).encode(), code.encode()):
        return None
    phone = vault.open(row.phone_cipher)
    _drop_codes(session, staff_id)
    return phone


def is_wanted(session: Session) -> bool:
    return session.execute(select(OwnMessage.id).where(WAITING).limit(1)).first() is not None


def claim(session: Session, *, now: datetime) -> list[OwnWanted]:
    """Taken once: a clock that dies over it leaves it without an answer, and nothing is sent twice."""
    found = session.execute(
        select(OwnMessage, StaffReach.phone_cipher, Follower.openid)
        .outerjoin(StaffReach, StaffReach.staff_id == OwnMessage.staff_id)
        .outerjoin(Follower, Follower.id == StaffReach.follower_id)
        .where(WAITING)
        .order_by(OwnMessage.id)
        .limit(BATCH)
        .with_for_update(of=OwnMessage, skip_locked=True)
    ).all()
    vault, wanted = vault_of(session), []
    for row, own_phone, openid in found:
        row.taken_at = now
        phone = row.phone_cipher or own_phone
        wanted.append(
            OwnWanted(
                row.id,
                row.channel,
                row.kind,
                thawed(row.kind, row.template_id, row.content) if row.content else None,
                vault.open(row.code_cipher) if row.code_cipher else "",
                vault.open(phone) if phone else "",
                openid or "",
                row.asked_at < now - STALE_AFTER,
            )
        )
    session.flush()
    return wanted


def settle(session: Session, message_id: int, outcome: SendOutcome, answer: str) -> None:
    """`answer` is the provider's code, or, of what it accepted, its message id."""
    session.execute(
        update(OwnMessage).where(OwnMessage.id == message_id).values(outcome=outcome, answer=answer[:64])
    )


def leave_out_receipts(session: Session, *, now: datetime) -> None:
    """Takes receipts of these out of the inbox, so that none is taken for that of a reminder or missed."""
    sent = session.execute(
        select(OwnMessage.channel, OwnMessage.answer)
        .where(OwnMessage.outcome == SendOutcome.ACCEPTED, OwnMessage.answer.not_in(("", "0")))
        .where(OwnMessage.asked_at > now - EVENT_KEPT_OPEN)
    ).all()
    for channel in {row.channel for row in sent}:
        mine = [row.answer for row in sent if row.channel == channel]
        session.execute(
            update(ProviderEvent)
            .where(UNMATCHED, ProviderEvent.channel == channel, ProviderEvent.provider_msgid.in_(mine))
            .values(matched_at=now)
            .execution_options(synchronize_session=False)
        )


def forget_old(session: Session, *, now: datetime) -> None:
    """Codes when they ran out, all the rest after a month; the audit keeps that it was done."""
    ran_out = OwnMessage.code_cipher.is_not(None) & (OwnMessage.asked_at < now - CODE_GOOD_FOR)
    session.execute(delete(OwnMessage).where(ran_out | (OwnMessage.asked_at < now - KEPT_FOR)))


def _queue(session: Session, row: OwnMessage) -> int:
    if not brakes.sending_is_on(session):
        raise Conflict(STOPPED)
    session.add(row)
    session.flush()
    return row.id


def _drop_codes(session: Session, staff_id: int) -> None:
    """Only the newest code counts, and nothing of it stays."""
    session.execute(
        update(OwnMessage)
        .where(OwnMessage.staff_id == staff_id, OwnMessage.code_cipher.is_not(None))
        .values(code_cipher=None, phone_cipher=None)
    )
