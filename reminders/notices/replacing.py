"""Begins a new version of a published notice; the old one stays until the new one is approved."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from reminders import audit
from reminders.errors import Conflict, Forbidden, Invalid
from reminders.notices.access import fetch, refuse_personal
from reminders.rules import notice_text, rendition
from reminders.rules.lifecycle import NoticeState
from reminders.rules.permissions import Actor
from reminders.tables.notices import Notice

OPEN = (NoticeState.DRAFT, NoticeState.SUBMITTED, NoticeState.SCHEDULED)
MAX_REASON = 300


def replace(session: Session, notice_id: int, reason: str, *, actor: Actor, now: datetime) -> int:
    """A draft with the same words and list, to be corrected; its id. The public will read the reason."""
    old = fetch(session, notice_id, actor=actor, to_change=True)
    if actor.staff_id is None:
        raise Forbidden("新版本要由登录的工作人员起草，请先登录。")
    if old.state is not NoticeState.PUBLISHED:
        raise Conflict("只有已发布的温馨提示才能更正，请刷新页面看看它现在的状态。")
    begun = session.execute(
        select(Notice.id).where(Notice.replaces_id == notice_id, Notice.state.in_(OPEN))
    ).first()
    if begun is not None:
        raise Conflict(f"已经有人在写新版本（第 {begun[0]} 号），请在那一篇上改。")
    reason = notice_text.tidy(reason)[:MAX_REASON]
    if not reason:
        raise Invalid("请写明更正的原因，公众会看到。")
    refuse_personal(session, rendition.render(reason, reason, "[]"))
    new = Notice(
        title=old.title,
        body=old.body,
        public_list=old.public_list,
        catalogue_entry_id=old.catalogue_entry_id,
        period_from=old.period_from,
        period_to=old.period_to,
        department_id=old.department_id,
        state=NoticeState.DRAFT,
        author_id=actor.staff_id,
        replaces_id=old.id,
        replace_reason=reason,
        created_at=now,
    )
    session.add(new)
    session.flush()
    detail = {"replaces": old.id, "reason": reason}
    audit.record(session, "notice.replace", f"notice:{new.id}", detail, actor=actor, now=now)
    return new.id
