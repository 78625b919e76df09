"""Finds a notice for a member of staff who may see it, and checks it for personal numbers."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from reminders import renditions
from reminders.errors import Invalid, NotFound
from reminders.rules.permissions import Actor, department_scope
from reminders.rules.rendition import Rendition
from reminders.tables.notices import Notice

NOT_FOUND = "没有这篇温馨提示，或者它属于其他科室。请回到列表重新选择。"


def fetch(session: Session, notice_id: int, *, actor: Actor, to_change: bool = False) -> Notice:
    """The notice, locked when it is about to change. Another department's looks as if it did not exist."""
    query = select(Notice).where(Notice.id == notice_id)
    scope = department_scope(actor)
    if scope is not None:
        query = query.where(Notice.department_id == scope)
    notice = session.execute(query.with_for_update() if to_change else query).scalar_one_or_none()
    if notice is None:
        raise NotFound(NOT_FOUND)
    return notice


def refuse_personal(session: Session, shown: Rendition) -> None:
    """Raises Invalid naming what was found and where; nothing with a personal number becomes public."""
    found = renditions.personal_numbers(session, shown)
    if found:
        listed = renditions.named(found)
        raise Invalid(f"不能公开个人信息：{listed}。请改用科室的服务电话或删去后再提交。")
