"""Puts an approved notice before the public, at once or at its moment, and takes it off again."""

from datetime import datetime, time

from sqlalchemy import exists, func, or_, select, update
from sqlalchemy.orm import Session

from reminders import audit, clock, renditions
from reminders.errors import Conflict, Forbidden, LimitReached
from reminders.notices.access import fetch
from reminders.rules import article, rendition
from reminders.rules.lifecycle import NoticeState, Outlet, PublicationState
from reminders.rules.permissions import Actor, Permission, may, system
from reminders.tables.notices import Notice, Publication

AT_ONCE = "same-transaction"
MASS_A_MONTH = 4  # what a follower may get of one account, says the platform
AT_A_TIME = 20


def publish(
    session: Session, notice: Notice, outlets: tuple[Outlet, ...], *, actor: Actor, now: datetime
) -> None:
    """The caller has looked at digest, guard and reviewer. A replaced notice goes in the same transaction."""
    notice.state, notice.published_at = NoticeState.PUBLISHED, now
    session.add_all(_publication(notice, outlet, now) for outlet in (Outlet.PORTAL, *outlets))
    session.flush()
    detail = {"digest": notice.digest, "outlets": [str(outlet) for outlet in outlets]}
    audit.record(session, "notice.publish", f"notice:{notice.id}", detail, actor=actor, now=now)
    if notice.replaces_id is not None:
        old = session.execute(
            select(Notice).where(Notice.id == notice.replaces_id).with_for_update()
        ).scalar_one()
        if old.state is NoticeState.PUBLISHED:
            take_off(session, old, f"内容已更正：{notice.replace_reason}", actor=actor, now=now)


def is_due(session: Session, *, now: datetime) -> bool:
    """Whether a moment has come for which a notice was approved."""
    waiting = exists().where(Notice.state == NoticeState.SCHEDULED, Notice.publish_at <= now)
    return session.execute(select(waiting)).scalar_one()


def publish_scheduled(session: Session, *, now: datetime) -> int:
    """Publishes what was approved for a moment that has come; how many. What changed since goes back."""
    due = session.execute(
        select(Notice)
        .where(Notice.state == NoticeState.SCHEDULED, Notice.publish_at <= now)
        .order_by(Notice.publish_at, Notice.id)
        .limit(AT_A_TIME)
        .with_for_update(skip_locked=True)
    ).scalars()
    count = 0
    for notice in due.all():
        shown = renditions.of_notice(session, notice)
        if rendition.digest(shown) != notice.digest or renditions.personal_numbers(session, shown):
            _give_back(session, notice, now)
            continue
        outlets = tuple(map(Outlet, filter(None, notice.targets.split(","))))
        publish(session, notice, outlets, actor=system("clock"), now=now)
        count += 1
    return count


def take_off(session: Session, notice: Notice, reason: str, *, actor: Actor, now: datetime) -> None:
    """From the portal at once, from every outlet by the same road.

    A publication that is being sent right now keeps its lease; finishing it finds out that it is
    unwanted and queues the removal.
    """
    notice.state, notice.withdrawn_at, notice.withdrawn_reason = NoticeState.WITHDRAWN, now, reason
    session.flush()
    mine = Publication.notice_id == notice.id
    changes = {"wanted": PublicationState.GONE, "updated_at": now}
    session.execute(update(Publication).where(mine).values(changes))
    session.execute(
        update(Publication)
        .where(mine, Publication.state != PublicationState.SENDING)
        .values(state=PublicationState.READY, attempt=0, waits=0, next_at=now, last_error="")
    )
    session.execute(
        update(Publication)
        .where(mine, Publication.outlet == Outlet.PORTAL)
        .values(state=PublicationState.GONE, proved_at=now, proof=AT_ONCE)
    )
    audit.record(session, "notice.withdraw", f"notice:{notice.id}", {"reason": reason}, actor=actor, now=now)


def send_to_all(session: Session, notice_id: int, digest: str, *, actor: Actor, now: datetime) -> None:
    """Queues the push to every follower, which cannot be called back from their phones once it is out."""
    if not may(actor, Permission.REVIEW_NOTICE):
        raise Forbidden("群发要由有审核权限的工作人员本人确认，请联系科室负责人。")
    notice = fetch(session, notice_id, actor=actor, to_change=True)
    if notice.state is not NoticeState.PUBLISHED or notice.digest != digest:
        raise Conflict("只有已发布且没有变过的温馨提示才能群发，请刷新页面看看它现在的状态。")
    asked = session.execute(
        select(Publication.id).where(
            Publication.notice_id == notice_id, Publication.outlet == Outlet.MASS_SEND
        )
    )
    if asked.first() is not None:
        raise Conflict("这篇温馨提示已经群发过了，同一篇不能再发一次。")
    if mass_sends(session, now=now) >= MASS_A_MONTH:
        raise LimitReached(f"本月的 {MASS_A_MONTH} 次群发已经用完，请等下个月，或只发布不群发。")
    session.add(_publication(notice, Outlet.MASS_SEND, now))
    session.flush()
    audit.record(session, "notice.mass_send", f"notice:{notice_id}", actor=actor, now=now)


def mass_sends(session: Session, *, now: datetime) -> int:
    """How many pushes of this calendar month are out or under way; failed ones do not count."""
    month = clock.civil_moment(clock.civil_date(now).replace(day=1), time.min)
    under_way = Publication.state.in_((PublicationState.READY, PublicationState.SENDING))
    return session.execute(
        select(func.count())
        .select_from(Publication)
        .where(Publication.outlet == Outlet.MASS_SEND, Publication.state != PublicationState.FAILED)
        .where(or_(under_way, Publication.proved_at >= month))
    ).scalar_one()


def _give_back(session: Session, notice: Notice, now: datetime) -> None:
    notice.state, notice.publish_at, notice.targets = NoticeState.DRAFT, None, ""
    notice.digest, notice.submitted_at = "", None
    notice.returned_reason = "到了定时发布的时间，但内容与审核时不同，没有发布。请检查后重新提交。"
    session.flush()
    detail = {"reason": "changed-since-approval"}
    audit.record(session, "notice.return", f"notice:{notice.id}", detail, actor=system("clock"), now=now)


def _publication(notice: Notice, outlet: Outlet, now: datetime) -> Publication:
    """A wish that a job carries out; the portal reads the same tables, so there it is true already."""
    is_here = outlet is Outlet.PORTAL
    return Publication(
        notice_id=notice.id,
        outlet=outlet,
        wanted=PublicationState.LIVE,
        state=PublicationState.LIVE if is_here else PublicationState.READY,
        version=notice.version,
        external_id=article.external_id(notice.id, notice.version),
        next_at=now,
        proved_at=now if is_here else None,
        proof=AT_ONCE if is_here else "",
        updated_at=now,
    )
