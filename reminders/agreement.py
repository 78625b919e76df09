"""Whether a follower agreed to the privacy notice as it reads now; without it nobody is bound."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from reminders.errors import Forbidden
from reminders.rules.consent import CURRENT
from reminders.tables.bindings import Consent

AGREE_FIRST = "绑定之前请先看隐私告知：回复“绑定”看告知，再回复“同意”。"


def has_agreed(session: Session, follower_id: int) -> bool:
    agreed = select(Consent.id).where(
        Consent.follower_id == follower_id, Consent.version == CURRENT, Consent.withdrawn_at.is_(None)
    )
    return session.execute(agreed.limit(1)).first() is not None


def must_have_agreed(session: Session, follower_id: int) -> None:
    if not has_agreed(session, follower_id):
        raise Forbidden(AGREE_FIRST)
