"""Finds a notice for a member of staff who may see it, and checks it for personal numbers."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from reminders.errors import Invalid, NotFound
from reminders.rules import masking_check, notice_html, notice_text
from reminders.rules.masking_check import Found
from reminders.rules.permissions import Actor, department_scope
from reminders.tables.notices import Notice
from reminders.tables.staff import Department

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


def personal_numbers(session: Session, title: str, body: str, public_list: str) -> tuple[Found, ...]:
    """Every personal number in the title, the body, the list and the finished page; each is named once."""
    allowed = masking_check.service_numbers(session.execute(select(Department.service_phone)).scalars())
    rows = notice_text.rows_from_text(public_list)
    found = [
        *masking_check.find_personal(title, "标题", allowed=allowed),
        *masking_check.find_personal(body, "正文", allowed=allowed),
    ]
    for number, row in enumerate(rows, 1):
        for cell in (row.holder_name, row.license_no):
            found += masking_check.find_personal(cell, f"名单第 {number} 行", allowed=allowed)
    page = notice_html.article(title, body, rows)
    found += masking_check.find_in_html(page, "显示出来的网页", allowed=allowed)
    return tuple({(one.what, one.shown): one for one in reversed(found)}.values())


def refuse_personal(session: Session, title: str, body: str, public_list: str) -> None:
    """Raises Invalid naming what was found and where; nothing with a personal number becomes public."""
    found = personal_numbers(session, title, body, public_list)
    if found:
        listed = "；".join(f"{one.where}有{one.what}（{one.shown}）" for one in found[:10])
        more = f"等共 {len(found)} 处" if len(found) > 10 else ""
        raise Invalid(f"不能公开个人信息：{listed}{more}。请改用科室的服务电话或删去后再提交。")
