"""Notes of officers on the record of a holder: written, and read by their department."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from reminders import audit
from reminders.db import vault_of
from reminders.errors import Invalid, NotFound
from reminders.rules.identity import clean
from reminders.rules.permissions import Actor, department_scope
from reminders.tables.catalogue import CatalogueEntry
from reminders.tables.holder_notes import HolderNote
from reminders.tables.ledger import License

LONGEST = 500
MOST = 50


@dataclass(frozen=True)
class Note:
    words: str
    by: str
    at: datetime


def written_about(session: Session, holder_id: int, *, actor: Actor) -> list[Note]:
    """Those of the actor's department, of all for who sees all; the newest first."""
    query = select(HolderNote).where(HolderNote.holder_id == holder_id)
    scope = department_scope(actor)
    if scope is not None:
        query = query.where(HolderNote.department_id == scope)
    found = session.execute(query.order_by(HolderNote.written_at.desc(), HolderNote.id.desc()).limit(MOST))
    vault = vault_of(session)
    return [
        Note(vault.open(row.words_cipher), row.written_by_name, row.written_at) for row in found.scalars()
    ]


def write(session: Session, holder_id: int, words: str, *, actor: Actor, now: datetime) -> None:
    """Raises Invalid for an empty note, NotFound where the department has no license of this holder."""
    said = clean(words)[:LONGEST]
    if not said:
        raise Invalid("备注是空的，请写了再保存。")
    owned = (
        select(License.id)
        .join(CatalogueEntry, CatalogueEntry.id == License.catalogue_entry_id)
        .where(License.holder_id == holder_id)
    )
    scope = department_scope(actor)
    if scope is not None:
        owned = owned.where(CatalogueEntry.department_id == scope)
    if session.execute(owned.limit(1)).first() is None:
        raise NotFound("没有这个持证人，或者其证照不归您的科室。请回到台账重新选择。")
    session.add(
        HolderNote(
            holder_id=holder_id,
            department_id=scope,
            words_cipher=vault_of(session).seal(said),
            written_by=actor.ref,
            written_by_name=actor.name,
            written_at=now,
        )
    )
    session.flush()
    audit.record(session, "holder.note", f"holder:{holder_id}", {}, actor=actor, now=now)
