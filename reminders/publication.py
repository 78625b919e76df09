"""Brings notices to their outlets and back: claims what is due, records what became of it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, exists, or_, select, update
from sqlalchemy.orm import Session

from reminders import audit
from reminders.errors import Conflict
from reminders.rules import masking_check, notice_html, notice_text
from reminders.rules.lifecycle import Outlet, PublicationState
from reminders.rules.permissions import Actor, system
from reminders.tables.notices import Notice, Publication
from reminders.tables.staff import Department

LEASE = timedelta(seconds=60)
FIRST_PAUSE_S = 5
LONGEST_PAUSE_S = 900
GUARD_REASON = "personal-data"


@dataclass(frozen=True)
class Claimed:
    """One notice to bring to (`wanted` live) or take from (`wanted` gone) one outlet.

    `refused` says why the text must not leave; then there is nothing to send and only `failed` to call.
    """

    id: int
    notice_id: int
    outlet: Outlet
    wanted: PublicationState
    external_id: str
    fence: int
    attempt: int
    title: str
    html: str
    digest: str
    published_at: datetime
    refused: str


def due(session: Session, *, now: datetime) -> bool:
    """Whether anything waits, or was claimed by a process that did not come back."""
    return session.execute(select(exists().where(_is_due(now)))).scalar_one()


def claim(session: Session, *, now: datetime, limit: int = 1) -> list[Claimed]:
    """Takes due publications under a lease; commit before calling the outlet, and answer inside LEASE."""
    chosen = (
        select(Publication.id)
        .where(_is_due(now))
        .order_by(Publication.next_at, Publication.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
        .scalar_subquery()
    )
    taken = (
        session.execute(
            update(Publication)
            .where(Publication.id.in_(chosen))
            .values(
                state=PublicationState.SENDING,
                fence=Publication.fence + 1,
                attempt=Publication.attempt + 1,
                lease_until=now + LEASE,
                updated_at=now,
            )
            .returning(Publication.id)
            .execution_options(synchronize_session=False)
        )
        .scalars()
        .all()
    )
    return [_claimed(session, publication_id) for publication_id in taken]


def finish(session: Session, claimed: Claimed, url: str, *, now: datetime) -> bool:
    """The outlet did what was wanted; False when another process owns the row by now.

    When the wish changed while sending (withdrawn meanwhile), the row is due again at once.
    """
    row = _own(session, claimed)
    if row is None:
        return False
    changed = row.wanted is not claimed.wanted
    row.state = PublicationState.READY if changed else claimed.wanted
    row.lease_until, row.attempt, row.last_error = None, 0, ""
    row.url = url if claimed.wanted is PublicationState.LIVE else ""
    row.next_at = row.updated_at = now
    session.flush()
    detail = {"outlet": str(claimed.outlet), "url": url}
    audit.record(
        session,
        f"publication.{claimed.wanted}",
        f"notice:{claimed.notice_id}",
        detail,
        actor=system("publish"),
        now=now,
    )
    return True


def failed(session: Session, claimed: Claimed, reason: str, *, permanent: bool, now: datetime) -> bool:
    """The outlet refused or did not answer; False when another process owns the row by now."""
    row = _own(session, claimed)
    if row is None:
        return False
    changed = row.wanted is not claimed.wanted
    row.lease_until, row.last_error, row.updated_at = None, reason[:200], now
    row.state = PublicationState.FAILED if permanent and not changed else PublicationState.READY
    row.next_at = now if changed else now + pause(claimed.attempt)
    session.flush()
    if permanent:
        detail = {"outlet": str(claimed.outlet), "reason": reason[:200]}
        subject = f"notice:{claimed.notice_id}"
        audit.record(session, "publication.fail", subject, detail, actor=system("publish"), now=now)
    return True


def retry(session: Session, notice_id: int, outlet: Outlet, *, actor: Actor, now: datetime) -> None:
    """A person mended the cause of a failure; the publication is due again."""
    row = session.execute(
        select(Publication)
        .where(Publication.notice_id == notice_id, Publication.outlet == outlet)
        .with_for_update()
    ).scalar_one_or_none()
    if row is None or row.state is not PublicationState.FAILED:
        raise Conflict("这一条现在不在失败状态，不需要重试。请刷新页面查看。")
    row.state, row.attempt, row.next_at, row.updated_at = PublicationState.READY, 0, now, now
    session.flush()
    detail = {"outlet": str(outlet)}
    audit.record(session, "publication.retry", f"notice:{notice_id}", detail, actor=actor, now=now)


def pause(attempt: int) -> timedelta:
    """5 s, 10 s, 20 s … at most 15 minutes."""
    return timedelta(seconds=min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2 ** min(attempt - 1, 10)))


def _is_due(now: datetime) -> ColumnElement[bool]:
    return or_(
        and_(Publication.state == PublicationState.READY, Publication.next_at <= now),
        and_(Publication.state == PublicationState.SENDING, Publication.lease_until <= now),
    )


def _own(session: Session, claimed: Claimed) -> Publication | None:
    return session.execute(
        select(Publication)
        .where(
            Publication.id == claimed.id,
            Publication.fence == claimed.fence,
            Publication.state == PublicationState.SENDING,
        )
        .with_for_update()
    ).scalar_one_or_none()


def _claimed(session: Session, publication_id: int) -> Claimed:
    row, notice = session.execute(
        select(Publication, Notice)
        .join(Notice, Notice.id == Publication.notice_id)
        .where(Publication.id == publication_id)
        .execution_options(populate_existing=True)
    ).one()
    live = row.wanted is PublicationState.LIVE
    html = (
        notice_html.article(notice.title, notice.body, notice_text.rows_from_text(notice.public_list))
        if live
        else ""
    )
    return Claimed(
        id=row.id,
        notice_id=notice.id,
        outlet=row.outlet,
        wanted=row.wanted,
        external_id=row.external_id,
        fence=row.fence,
        attempt=row.attempt,
        title=notice.title,
        html=html,
        digest=notice.digest,
        published_at=notice.published_at or row.updated_at,
        refused=_refusal(session, notice, html) if live else "",
    )


def _refusal(session: Session, notice: Notice, html: str) -> str:
    """The last look before the text leaves the house: same guard, and the digest that was approved."""
    if notice_text.digest(notice.title, notice.body, notice.public_list) != notice.digest:
        return "digest-changed"
    allowed = masking_check.service_numbers(session.execute(select(Department.service_phone)).scalars())
    personal = masking_check.find_personal(notice.title, "标题", allowed=allowed)
    personal += masking_check.find_in_html(html, "网页", allowed=allowed)
    return GUARD_REASON if personal else ""
