"""Remembers the signs by which a holder was seen to know of a date."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import literal, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from reminders import clock
from reminders.holders.following import openid_hash
from reminders.rules.lifecycle import ContactSign, DateKind
from reminders.tables.bindings import Binding, Confirmation, Follower
from reminders.tables.ledger import License
from reminders.tables.windows import LadderStep

COLUMNS = ("license_id", "date_kind", "expires_on", "sign", "follower_id", "at")


def note_opened(session: Session, openid: str, license_id: int, *, now: datetime) -> None:
    """They opened the license's page."""
    _note(session, openid, [license_id], ContactSign.OPENED_PAGE, now)


def note_asked(session: Session, openid: str, license_ids: Iterable[int], *, now: datetime) -> None:
    """They asked about these licenses in the conversation and were answered."""
    _note(session, openid, license_ids, ContactSign.ASKED, now)


def _note(
    session: Session, openid: str, license_ids: Iterable[int], sign: ContactSign, now: datetime
) -> None:
    """The first time counts, and only once reminding has begun: who looked years ahead may have
    forgotten when it matters.
    """
    ids = list(license_ids)
    insert: Any = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    for kind, day in ((DateKind.MAIN, License.expires_on), (DateKind.COMPANION, License.companion_on)):
        begun = select(LadderStep.position).where(
            LadderStep.catalogue_entry_id == License.catalogue_entry_id,
            LadderStep.date_kind == kind,
            LadderStep.expires_on == day,
            LadderStep.due_on <= clock.civil_date(now),
        )
        known = (
            select(
                License.id,
                literal(kind, Confirmation.date_kind.type),
                day,
                literal(sign, Confirmation.sign.type),
                Follower.id,
                literal(now, Confirmation.at.type),
            )
            .join(Binding, Binding.license_id == License.id)
            .join(Follower, Follower.id == Binding.follower_id)
            .where(License.id.in_(ids), Follower.openid_hash == openid_hash(session, openid))
            .where(Binding.unbound_at.is_(None), day.is_not(None), begun.exists())
        )
        statement = insert(Confirmation.__table__).from_select(COLUMNS, known)
        session.execute(statement.on_conflict_do_nothing())
