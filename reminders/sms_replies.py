"""Takes what people reply to an SMS: a refusal counts at once, anything else waits for an officer."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, exists, select, update
from sqlalchemy.orm import Session

from reminders import audit, sms_refusals
from reminders.db import vault_of
from reminders.errors import Invalid, NotFound
from reminders.rules import identity
from reminders.rules.lifecycle import RefusedHow
from reminders.rules.permissions import Actor, department_scope, system
from reminders.rules.sms_text import is_refusal, is_welcome
from reminders.tables.catalogue import CatalogueEntry
from reminders.tables.deliveries import SmsReply
from reminders.tables.holders import Contact
from reminders.tables.ledger import License

PAGE = 50
KEPT = timedelta(days=90)  # after somebody read it
SAME_AGAIN = timedelta(minutes=10)  # platforms send a reply again when our answer was lost


@dataclass(frozen=True)
class ReplyLine:
    id: int
    phone: str  # masked
    contact_name: str
    text: str
    received_at: datetime


def take(session: Session, phone: str, text: str, *, now: datetime) -> None:
    """`phone` as the platform writes it; a phone nobody has in the ledger is kept too."""
    vault = vault_of(session)
    told = _normal(phone)
    phone_hash, said = vault.blind(told), text.strip()
    actor = system("sms")
    if is_refusal(said):
        if sms_refusals.refuse(session, phone_hash, RefusedHow.REPLY, now=now):
            audit.record(session, "sms.refuse", f"phone:{phone_hash[:12]}", actor=actor, now=now)
        return
    if is_welcome(said):
        if sms_refusals.accept_again(session, phone_hash):
            audit.record(session, "sms.accept", f"phone:{phone_hash[:12]}", actor=actor, now=now)
        return
    digest = vault.blind(f"sms-reply:{told}:{said}")
    known = exists().where(SmsReply.digest == digest, SmsReply.received_at > now - SAME_AGAIN)
    if said and not session.execute(select(known)).scalar():
        session.add(
            SmsReply(
                phone_hash=phone_hash,
                phone_cipher=vault.seal(told),
                text_cipher=vault.seal(said),
                digest=digest,
                received_at=now,
            )
        )
        session.flush()


def unread(session: Session, *, actor: Actor, limit: int = PAGE) -> list[ReplyLine]:
    """What people wrote and nobody read yet, in the departments of the actor, oldest first."""
    query = select(SmsReply).where(SmsReply.read_at.is_(None)).order_by(SmsReply.id).limit(limit)
    scope = department_scope(actor)
    if scope is not None:
        ours = exists().where(
            Contact.phone_hash == SmsReply.phone_hash,
            License.contact_id == Contact.id,
            CatalogueEntry.id == License.catalogue_entry_id,
            CatalogueEntry.department_id == scope,
        )
        query = query.where(ours)
    rows = list(session.execute(query).scalars())
    names: dict[str, str] = dict(
        session.execute(
            select(Contact.phone_hash, Contact.name).where(
                Contact.phone_hash.in_({row.phone_hash for row in rows})
            )
        ).all()
    )
    vault = vault_of(session)
    return [
        ReplyLine(
            row.id,
            identity.mask_phone(vault.open(row.phone_cipher)),
            names.get(row.phone_hash, ""),
            vault.open(row.text_cipher),
            row.received_at,
        )
        for row in rows
    ]


def mark_read(session: Session, reply_id: int, *, actor: Actor, now: datetime) -> None:
    """Raises NotFound when somebody read it already, or when it is another department's."""
    if reply_id not in {line.id for line in unread(session, actor=actor, limit=PAGE * 20)}:
        raise NotFound("这条短信回复已经有人处理，请刷新页面。")
    session.execute(update(SmsReply).where(SmsReply.id == reply_id).values(read_at=now, read_by=actor.ref))
    audit.record(session, "sms.read_reply", f"sms_reply:{reply_id}", actor=actor, now=now)


def forget_old(session: Session, *, now: datetime) -> None:
    """What nobody has read yet is kept, however old."""
    session.execute(delete(SmsReply).where(SmsReply.read_at < now - KEPT))


def _normal(phone: str) -> str:
    try:
        return identity.phone(phone)
    except Invalid:
        return phone
