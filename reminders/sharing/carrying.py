"""Claims the decision that is due under a lease, and writes down its receipt or why there is none."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, and_, exists, or_, select, update
from sqlalchemy.orm import Session

from reminders import audit
from reminders.rules.lifecycle import LicenseState
from reminders.rules.permissions import system
from reminders.rules.share_state import ShareState
from reminders.tables.catalogue import CatalogueEntry
from reminders.tables.holders import Holder
from reminders.tables.ledger import License
from reminders.tables.renewals import DecisionShare, Regulator
from reminders.tables.staff import Department

LEASE = timedelta(seconds=30)  # twice as long as one call may take
PAUSES_S = (1, 2, 5, 15, 60, 300)
LONGEST_PAUSE_S = 900
MACHINE = system("share")


@dataclass(frozen=True)
class Decision:
    """What the regulator is told. `decision_no` is the same however often it is told."""

    decision_no: str
    regulator: str
    department: str
    item_name: str
    license_name: str
    license_no: str
    holder_name: str
    credit_code: str
    issued_on: date | None
    expires_on: date


@dataclass(frozen=True)
class Claimed:
    id: int
    fence: int
    attempt: int
    decision: Decision


def due(session: Session, *, now: datetime) -> bool:
    """Whether anything can be told: it waits, or was claimed by a process that did not come back."""
    return session.execute(select(exists().where(_is_due(now)))).scalar_one()


def claim(session: Session, *, now: datetime) -> Claimed | None:
    """Takes the next one; commit before calling the regulator. What is no longer true is put aside."""
    while True:
        chosen = (
            select(DecisionShare.id)
            .where(_is_due(now))
            .order_by(DecisionShare.next_at, DecisionShare.id)
            .limit(1)
            .with_for_update(skip_locked=True)
            .scalar_subquery()
        )
        taken = session.execute(
            update(DecisionShare)
            .where(DecisionShare.id == chosen)
            .values(
                state=ShareState.SENDING,
                fence=DecisionShare.fence + 1,
                attempt=DecisionShare.attempt + 1,
                lease_until=now + LEASE,
            )
            .returning(DecisionShare.id)
            .execution_options(synchronize_session=False)
        ).scalar_one_or_none()
        if taken is None:
            return None
        row = session.get_one(DecisionShare, taken, populate_existing=True)
        decision = _decision(session, row)
        if decision is not None:
            return Claimed(row.id, row.fence, row.attempt, decision)
        row.state, row.lease_until = ShareState.VOID, None
        session.flush()


def finish(session: Session, claimed: Claimed, receipt_no: str, *, now: datetime) -> bool:
    """The regulator gave its receipt; False when another process owns the row by now."""
    row = _own(session, claimed)
    if row is None:
        return False
    row.state, row.lease_until, row.last_error = ShareState.RECEIPTED, None, ""
    row.receipt_no, row.receipted_at = receipt_no[:64], now
    session.flush()
    detail = {"receipt_no": row.receipt_no, "regulator": claimed.decision.regulator}
    audit.record(session, "share.receipt", f"license:{row.license_id}", detail, actor=MACHINE, now=now)
    return True


def failed(session: Session, claimed: Claimed, reason: str, *, permanent: bool, now: datetime) -> bool:
    """No receipt: tried again after a growing pause, or left to a person when the same can never succeed."""
    row = _own(session, claimed)
    if row is None:
        return False
    row.state = ShareState.FAILED if permanent else ShareState.READY
    row.lease_until, row.last_error, row.next_at = None, reason[:100], now + pause(row.attempt)
    session.flush()
    if permanent:
        detail = {"reason": reason[:100], "regulator": claimed.decision.regulator}
        audit.record(session, "share.fail", f"license:{row.license_id}", detail, actor=MACHINE, now=now)
    return True


def pause(attempt: int) -> timedelta:
    """1 s, 2 s, 5 s, 15 s, a minute, five, then a quarter of an hour for as long as it takes."""
    is_long = attempt > len(PAUSES_S)
    return timedelta(seconds=LONGEST_PAUSE_S if is_long else PAUSES_S[max(attempt, 1) - 1])


def _is_due(now: datetime) -> ColumnElement[bool]:
    """A kind whose regulator nobody named yet waits until somebody does."""
    is_named = exists().where(
        License.id == DecisionShare.license_id,
        Regulator.catalogue_entry_id == License.catalogue_entry_id,
    )
    return and_(
        or_(
            and_(DecisionShare.state == ShareState.READY, DecisionShare.next_at <= now),
            and_(DecisionShare.state == ShareState.SENDING, DecisionShare.lease_until <= now),
        ),
        is_named,
    )


def _own(session: Session, claimed: Claimed) -> DecisionShare | None:
    return session.execute(
        select(DecisionShare)
        .where(
            DecisionShare.id == claimed.id,
            DecisionShare.fence == claimed.fence,
            DecisionShare.state == ShareState.SENDING,
        )
        .with_for_update()
        .execution_options(populate_existing=True)
    ).scalar_one_or_none()


def _decision(session: Session, row: DecisionShare) -> Decision | None:
    """None when the license has another date by now, or is gone."""
    found = session.execute(
        select(License, Holder, CatalogueEntry, Department.name, Regulator.name)
        .join(Holder, Holder.id == License.holder_id)
        .join(CatalogueEntry, CatalogueEntry.id == License.catalogue_entry_id)
        .join(Department, Department.id == CatalogueEntry.department_id)
        .join(Regulator, Regulator.catalogue_entry_id == CatalogueEntry.id)
        .where(
            License.id == row.license_id,
            License.expires_on == row.expires_on,
            License.state != LicenseState.CANCELLED,
        )
    ).one_or_none()
    if found is None:
        return None
    license_, holder, entry, department, regulator = found
    return Decision(
        decision_no=f"R{row.license_id}-{row.expires_on:%Y%m%d}",
        regulator=regulator,
        department=department,
        item_name=entry.item_name,
        license_name=entry.license_name,
        license_no=license_.license_no or "",
        holder_name=holder.name,
        credit_code=holder.credit_code or "",
        issued_on=license_.issued_on,
        expires_on=row.expires_on,
    )
