"""Writes the hash-chained record of every change; if it cannot be written, the change rolls back with it."""

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from cryptography.hazmat.primitives import hashes
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from reminders.rules.permissions import Actor
from reminders.tables.audit import AuditEntry, AuditHead

GENESIS = "0" * 64


def record(
    session: Session,
    action: str,
    subject: str,
    detail: Mapping[str, object] | None = None,
    *,
    actor: Actor,
    now: datetime,
) -> None:
    """Appends one link: `action` is `noun.verb`, `subject` is `table:id`, `detail` holds no secret."""
    head = session.execute(select(AuditHead).where(AuditHead.id == 1).with_for_update()).scalar_one_or_none()
    if head is None:
        head = AuditHead(id=1, digest=GENESIS)
        session.add(head)
    entry = AuditEntry(
        at=now,
        actor=actor.ref,
        action=action,
        subject=subject,
        detail=json.dumps(detail or {}, ensure_ascii=False, sort_keys=True),
        previous=head.digest,
    )
    entry.digest = link_digest(entry)
    head.digest = entry.digest
    session.add(entry)
    session.flush()


def first_broken_link(session: Session) -> int | None:
    """The id of the first entry that does not follow from the one before it; None when the chain holds."""
    previous = GENESIS
    for entry in session.execute(select(AuditEntry).order_by(AuditEntry.id)).scalars().yield_per(1000):
        if entry.previous != previous or entry.digest != link_digest(entry):
            return entry.id
        previous = entry.digest
    head = session.get(AuditHead, 1)
    return None if (head.digest if head else GENESIS) == previous else 0


def count(session: Session) -> int:
    return session.execute(select(func.count()).select_from(AuditEntry)).scalar_one()


def entries(session: Session) -> Iterator[dict[str, Any]]:
    """Every link in order, with what its digest is made of."""
    for entry in session.execute(select(AuditEntry).order_by(AuditEntry.id)).scalars().yield_per(1000):
        yield {column.name: getattr(entry, column.name) for column in AuditEntry.__table__.columns}


def link_digest(entry: AuditEntry) -> str:
    """SM3 over the fields of a link and the digest before it."""
    fields = [entry.previous, entry.at.isoformat(), entry.actor, entry.action, entry.subject, entry.detail]
    digest = hashes.Hash(hashes.SM3())
    digest.update(json.dumps(fields, ensure_ascii=False).encode())
    return digest.finalize().hex()
