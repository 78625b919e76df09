"""Lets a second person publish a notice exactly as it was submitted, return it, or withdraw it later."""

from datetime import datetime, timedelta

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from reminders import audit, renditions
from reminders.errors import Conflict, Forbidden, Invalid
from reminders.notices import publishing
from reminders.notices.access import fetch, refuse_personal
from reminders.rules import notice_text, rendition
from reminders.rules.lifecycle import NoticeState, Outlet
from reminders.rules.permissions import Actor, Permission, may
from reminders.tables.audit import AuditEntry
from reminders.tables.notices import Notice

WRITING = ("notice.draft", "notice.generate", "notice.edit", "notice.replace")
LATEST = timedelta(days=180)
MAX_REASON = 500


def approve(
    session: Session,
    notice_id: int,
    digest: str,
    *,
    outlets: tuple[Outlet, ...],
    publish_at: datetime | None = None,
    actor: Actor,
    now: datetime,
) -> None:
    """Publishes the notice at once, and to every outlet through its own row in the same transaction.

    `digest` is that of the text the reviewer read; any other text is refused. Whoever wrote any part of
    the notice may not approve it. With a `publish_at` in the future it is published then.
    """
    notice = fetch(session, notice_id, actor=actor, to_change=True)
    _refuse_unsubmitted(notice)
    _refuse_writer(session, notice, actor)
    shown = renditions.of_notice(session, notice)
    if not rendition.digest(shown) == notice.digest == digest:
        raise Conflict("您看过之后内容变过了，这次审核作废。请重新打开，看过最新内容再审核。")
    refuse_personal(session, shown)
    notice.reviewer_id = actor.staff_id
    if publish_at is None or publish_at <= now:
        publishing.publish(session, notice, outlets, actor=actor, now=now)
        return
    if publish_at - now > LATEST:
        raise Invalid(f"定时发布最远 {LATEST.days} 天，请选近一些的时间。")
    notice.state, notice.publish_at = NoticeState.SCHEDULED, publish_at
    notice.targets = ",".join(map(str, outlets))
    session.flush()
    detail = {"digest": digest, "outlets": notice.targets, "publish_at": publish_at.isoformat()}
    audit.record(session, "notice.schedule", f"notice:{notice_id}", detail, actor=actor, now=now)


def return_to_author(session: Session, notice_id: int, reason: str, *, actor: Actor, now: datetime) -> None:
    """Makes a submitted or scheduled notice a draft again; the author reads the reason."""
    notice = fetch(session, notice_id, actor=actor, to_change=True)
    if notice.state is not NoticeState.SCHEDULED:
        _refuse_unsubmitted(notice)
    reason = _reason(reason, "请写明退回的原因，让起草人知道改哪里。")
    notice.state, notice.digest, notice.submitted_at = NoticeState.DRAFT, "", None
    notice.returned_reason = reason
    notice.publish_at, notice.targets, notice.reviewer_id = None, "", None
    session.flush()
    audit.record(session, "notice.return", f"notice:{notice_id}", {"reason": reason}, actor=actor, now=now)


def withdraw(session: Session, notice_id: int, reason: str, *, actor: Actor, now: datetime) -> None:
    """Takes a published notice back, everywhere; the public reads the reason."""
    notice = fetch(session, notice_id, actor=actor, to_change=True)
    if notice.state is not NoticeState.PUBLISHED:
        raise Conflict("只有已发布的温馨提示才能撤回，请刷新页面看看它现在的状态。")
    reason = _reason(reason, "请写明撤回的原因，公众会看到。")
    refuse_personal(session, rendition.render(reason, reason, "[]"))
    publishing.take_off(session, notice, reason, actor=actor, now=now)


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


def _reason(text: str, missing: str) -> str:
    text = notice_text.tidy(text)
    if not text:
        raise Invalid(missing)
    return text[:MAX_REASON]
