"""Lets a second person publish a notice exactly as it was submitted, return it, or withdraw it later."""

from datetime import datetime

from sqlalchemy import exists, select, update
from sqlalchemy.orm import Session

from reminders import audit, renditions
from reminders.errors import Conflict, Forbidden, Invalid
from reminders.notices.access import fetch, refuse_personal
from reminders.rules import article, notice_text, rendition
from reminders.rules.lifecycle import NoticeState, Outlet, PublicationState
from reminders.rules.permissions import Actor, Permission, may
from reminders.tables.audit import AuditEntry
from reminders.tables.notices import Notice, Publication

WRITING = ("notice.draft", "notice.generate", "notice.edit")
MAX_REASON = 500
AT_ONCE = "same-transaction"


def approve(
    session: Session,
    notice_id: int,
    digest: str,
    *,
    outlets: tuple[Outlet, ...],
    actor: Actor,
    now: datetime,
) -> None:
    """Publishes the notice at once, and to every outlet through its own row in the same transaction.

    `digest` is that of the text the reviewer read; any other text is refused. Whoever wrote any part of
    the notice may not approve it.
    """
    notice = fetch(session, notice_id, actor=actor, to_change=True)
    _refuse_unsubmitted(notice)
    _refuse_writer(session, notice, actor)
    shown = renditions.of_notice(session, notice)
    if not rendition.digest(shown) == notice.digest == digest:
        raise Conflict("您看过之后内容变过了，这次审核作废。请重新打开，看过最新内容再审核。")
    refuse_personal(session, shown)
    notice.state, notice.reviewer_id, notice.published_at = NoticeState.PUBLISHED, actor.staff_id, now
    session.add_all(_publication(notice, outlet, now) for outlet in (Outlet.PORTAL, *outlets))
    session.flush()
    detail = {"digest": digest, "outlets": [str(outlet) for outlet in outlets]}
    audit.record(session, "notice.publish", f"notice:{notice_id}", detail, actor=actor, now=now)


def return_to_author(session: Session, notice_id: int, reason: str, *, actor: Actor, now: datetime) -> None:
    """Makes a submitted notice a draft again; the author reads the reason."""
    notice = fetch(session, notice_id, actor=actor, to_change=True)
    _refuse_unsubmitted(notice)
    reason = _reason(reason, "请写明退回的原因，让起草人知道改哪里。")
    notice.state, notice.digest, notice.submitted_at = NoticeState.DRAFT, "", None
    notice.returned_reason = reason
    session.flush()
    audit.record(session, "notice.return", f"notice:{notice_id}", {"reason": reason}, actor=actor, now=now)


def withdraw(session: Session, notice_id: int, reason: str, *, actor: Actor, now: datetime) -> None:
    """Takes a published notice back from the portal at once and from every outlet by the same road.

    A publication that is being sent right now keeps its lease; finishing it finds out that it is
    unwanted and queues the removal.
    """
    notice = fetch(session, notice_id, actor=actor, to_change=True)
    if notice.state is not NoticeState.PUBLISHED:
        raise Conflict("只有已发布的温馨提示才能撤回，请刷新页面看看它现在的状态。")
    reason = _reason(reason, "请写明撤回的原因，公众会看到。")
    refuse_personal(session, rendition.render(reason, reason, "[]"))
    notice.state, notice.withdrawn_at, notice.withdrawn_reason = NoticeState.WITHDRAWN, now, reason
    session.flush()
    mine = Publication.notice_id == notice_id
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
    audit.record(session, "notice.withdraw", f"notice:{notice_id}", {"reason": reason}, actor=actor, now=now)


def _refuse_unsubmitted(notice: Notice) -> None:
    if notice.state is not NoticeState.SUBMITTED:
        raise Conflict("这篇温馨提示现在不在待审核状态，可能已被修改、退回或发布。请刷新页面。")


def _refuse_writer(session: Session, notice: Notice, actor: Actor) -> None:
    if not may(actor, Permission.REVIEW_NOTICE):
        raise Forbidden("审核要由有审核权限的工作人员本人进行，请联系科室负责人。")
    wrote = session.execute(
        select(
            exists().where(
                AuditEntry.subject == f"notice:{notice.id}",
                AuditEntry.action.in_(WRITING),
                AuditEntry.actor == actor.ref,
            )
        )
    ).scalar_one()
    if wrote or notice.author_id == actor.staff_id:
        raise Forbidden("起草或修改过这篇温馨提示的人不能审核它，请交给另一位同事审核。")


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


def _reason(text: str, missing: str) -> str:
    text = notice_text.tidy(text)
    if not text:
        raise Invalid(missing)
    return text[:MAX_REASON]
