"""Ends an answer: what it held back goes on its way again."""

from datetime import datetime

from sqlalchemy import update
from sqlalchemy.orm import Session

from reminders import resting, windows
from reminders.resting import Subject
from reminders.rules.lifecycle import AnswerKind, DateKind, LicenseState
from reminders.tables.answers import Answer
from reminders.tables.ledger import License


def end(session: Session, answer: Answer, *, now: datetime) -> None:
    """Nothing rests or is blocked because of it any more; what waited is ready in this transaction."""
    rested, blocked = answer.rests, answer.blocks_contact
    answer.rests, answer.blocks_contact, answer.ended_at = False, False, now
    session.flush()
    if rested and answer.kind is AnswerKind.APPLIED and answer.date_kind is DateKind.MAIN:
        _is_no_longer_renewing(session, answer.license_id, now)
    if rested:
        resting.give_back(session, Subject(answer.license_id, answer.date_kind, answer.expires_on))
    if blocked and answer.contact_id is not None:
        resting.give_back_to_contact(session, answer.contact_id)


def _is_no_longer_renewing(session: Session, license_id: int, now: datetime) -> None:
    session.execute(
        update(License)
        .where(License.id == license_id, License.state == LicenseState.RENEWING)
        .values(state=LicenseState.ACTIVE, version=License.version + 1, updated_at=now)
        .execution_options(synchronize_session=False)
    )
    windows.set_first_due(session, license_ids=[license_id])
