"""Says cheaply whether anything the public reads may have changed since it was last looked at."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from reminders.tables.audit import AuditEntry, AuditHead

FIGURES_LAST = timedelta(minutes=10)  # receipts leave no audit entry; the figures count them this late


@dataclass(frozen=True)
class Edition:
    """Equal as long as nothing changed; `at` is when the last change was made, None before the first."""

    mark: str
    at: datetime | None


def edition(session: Session, *, now: datetime) -> Edition:
    """The last link of the audit chain: every change of notices, catalogue and ledger writes one."""
    found = session.execute(
        select(AuditEntry.digest, AuditEntry.at)
        .join(AuditHead, AuditHead.digest == AuditEntry.digest)
        .where(AuditHead.id == 1)
    ).one_or_none()
    digest, at = found or ("", None)
    return Edition(f"{digest}:{span(now)}", at)


def span(now: datetime) -> int:
    """The number of the span of FIGURES_LAST this moment lies in."""
    return (now - datetime(1970, 1, 1, tzinfo=UTC)) // FIGURES_LAST
