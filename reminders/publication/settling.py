"""Records what became of a publication: done and proved, not yet, refused, or asked for again by a person."""

from datetime import datetime, timedelta

from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from reminders import audit
from reminders.errors import Conflict
from reminders.publication.claiming import Claimed, owned
from reminders.rules.lifecycle import Outlet, PublicationState
from reminders.rules.permissions import Actor, system
from reminders.tables.notices import OutletEvent, Publication

PAUSES_S = (0.3, 0.6, 1.0)  # most answers are lost once; then twice as long each time
LONGEST_PAUSE_S = 900
MACHINE = system("publish")


def finish(session: Session, claimed: Claimed, url: str, proof: str = "", *, now: datetime) -> bool:
    """The outlet did what was wanted; False when another process owns the row by now.

    When the wish changed while sending (withdrawn meanwhile), the row is due again at once.
    """
    row = _own(session, claimed)
    if row is None:
        return False
    changed = row.wanted is not claimed.wanted
    row.state = PublicationState.READY if changed else claimed.wanted
    row.lease_until, row.attempt, row.waits, row.last_error = None, 0, 0, ""
    row.url = url if claimed.wanted is PublicationState.LIVE else ""
    row.next_at = row.updated_at = row.proved_at = now
    row.proof = proof[:300]
    session.flush()
    detail = {"outlet": str(claimed.outlet), "url": url, "proof": row.proof}
    subject = f"notice:{claimed.notice_id}"
    audit.record(session, f"publication.{claimed.wanted}", subject, detail, actor=MACHINE, now=now)
    return True


def wait(session: Session, claimed: Claimed, after_s: float, *, now: datetime) -> bool:
    """The outlet took it and is not ready yet: no failure, look again after a while."""
    row = _own(session, claimed)
    if row is None:
        return False
    changed = row.wanted is not claimed.wanted
    row.state, row.lease_until, row.attempt, row.waits = PublicationState.READY, None, 0, row.waits + 1
    row.last_error, row.updated_at = "", now
    row.next_at = now if changed else now + timedelta(seconds=after_s)
    session.flush()
    return True


def failed(session: Session, claimed: Claimed, reason: str, *, permanent: bool, now: datetime) -> bool:
    """The outlet refused or did not answer; False when another process owns the row by now."""
    row = _own(session, claimed)
    if row is None:
        return False
    changed = row.wanted is not claimed.wanted
    row.lease_until, row.last_error, row.updated_at = None, reason[:200], now
    row.state = PublicationState.FAILED if permanent and not changed else PublicationState.READY
    row.next_at = now if changed else now + pause(row.attempt)
    session.flush()
    if permanent:
        detail = {"outlet": str(claimed.outlet), "reason": reason[:200]}
        subject = f"notice:{claimed.notice_id}"
        audit.record(session, "publication.fail", subject, detail, actor=MACHINE, now=now)
    return True


def retry(session: Session, notice_id: int, outlet: Outlet, *, actor: Actor, now: datetime) -> None:
    """A person mended the cause of a failure, or does not want to wait for the next try."""
    row = session.execute(
        select(Publication)
        .where(Publication.notice_id == notice_id, Publication.outlet == outlet)
        .with_for_update()
    ).scalar_one_or_none()
    waits = row is not None and row.state is PublicationState.READY and row.last_error != ""
    if row is None or not (row.state is PublicationState.FAILED or waits):
        raise Conflict("这一条现在不在失败状态，不需要重试。请刷新页面查看。")
    row.state, row.attempt, row.next_at, row.updated_at = PublicationState.READY, 0, now, now
    session.flush()
    detail = {"outlet": str(outlet)}
    audit.record(session, "publication.retry", f"notice:{notice_id}", detail, actor=actor, now=now)


def heard(session: Session, kind: str, job_ref: str, status: str, digest: str, *, now: datetime) -> None:
    """An outlet said by itself that its job ended: kept once, and whoever waits for that job looks at once.

    An event that comes before we know the job's name rings for nobody; looking from time to time finds it.
    """
    try:
        with session.begin_nested():
            session.execute(
                insert(OutletEvent).values(
                    kind=kind[:32], job_ref=job_ref[:64], status=status[:64], digest=digest, received_at=now
                )
            )
    except IntegrityError:
        return
    waiting = Publication.job_ref == job_ref, Publication.state == PublicationState.READY
    if job_ref:
        session.execute(update(Publication).where(*waiting).values(next_at=now))


def pause(attempt: int) -> timedelta:
    """0.3 s, 0.6 s, 1 s, 2 s, 4 s … at most 15 minutes; no dice, as rows of an outlet go one by one."""
    if attempt <= len(PAUSES_S):
        return timedelta(seconds=PAUSES_S[max(attempt, 1) - 1])
    return timedelta(seconds=min(LONGEST_PAUSE_S, PAUSES_S[-1] * 2 ** min(attempt - len(PAUSES_S), 10)))


def _own(session: Session, claimed: Claimed) -> Publication | None:
    return session.execute(
        select(Publication).where(*owned(claimed)).with_for_update().execution_options(populate_existing=True)
    ).scalar_one_or_none()
