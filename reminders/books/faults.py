"""Says in one sentence what is wrong with the books, for the alarm."""

from datetime import date, timedelta

from sqlalchemy.orm import Session

from reminders.books.day import day_books, messages
from reminders.books.people import stranded
from reminders.rules.day_books import Column
from reminders.rules.permissions import Actor

NAMED = 5


def fault(session: Session, today: date, *, actor: Actor) -> str | None:
    """Looks at yesterday and today, and at every due date; None when all is well."""
    told = []
    for day in (today - timedelta(days=1), today):
        number = day_books(session, day, actor=actor).imbalance
        if number:
            lost = messages(session, day, column=Column.STRANDED, limit=NAMED, actor=actor).lines
            rows = "、".join(str(line.delivery_id) for line in lost)
            told.append(f"{day} 有 {number} 条消息送不到又没有下一步（消息编号 {rows}）")
    without = stranded(session, today, actor=actor)
    if without:
        told.append(f"{without} 个到期证照没有下一步")
    if not told:
        return None
    return "；".join(told) + "。请在“账目”页查看，并通知运维人员。"
