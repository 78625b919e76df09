"""Names for what the audit tells of: kinds and masked numbers of licenses, titles, colleagues."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from reminders.rules.identity import STARS
from reminders.rules.wording_kinds import KINDS
from reminders.tables.answers import Answer
from reminders.tables.appeals import Appeal
from reminders.tables.catalogue import CatalogueEntry
from reminders.tables.deliveries import DeliveryItem, Reminder
from reminders.tables.ledger import License
from reminders.tables.letters import LetterPaper
from reminders.tables.notices import Notice
from reminders.tables.staff import Department, Staff
from reminders.tables.supervision import RectificationOrder
from reminders.tables.wordings import TemplateVersion

NOUNS = {
    "absence": "缺勤登记",
    "answer": "回答",
    "appeal": "申诉",
    "circuit": "断路器",
    "contact": "联系人",
    "correction": "更正",
    "delivery": "消息",
    "feedback": "评价",
    "holder": "持证人",
    "follower": "微信用户",
    "ledger_import": "台账导入",
    "letter_batch": "函件批次",
    "letter_paper": "函件",
    "license": "证照",
    "login": "账号",
    "notice": "温馨提示",
    "own_message": "试发",
    "page_report": "读者更正",
    "pass": "绑定凭证",
    "phone": "手机号（摘要）",
    "planner_run": "计划",
    "rectification_order": "整改通知",
    "sms_reply": "短信回复",
    "supervision_sample": "抽查",
    "workday_year": "年度",
}
SYSTEM = {
    "clock": "系统（定时）",
    "sign-in": "系统（登录）",
    "publish": "系统（发布）",
    "share": "系统（审管联动）",
    "library": "系统（电子证照库）",
    "callback": "系统（公众号）",
}
Names = dict[str, str]


def names_of(session: Session, refs: Iterable[str]) -> Names:
    """A name for each `noun:id`; in a few set-based looks, whatever is gone keeps its number."""
    wanted: dict[str, set[int]] = {}
    found: Names = {}
    for ref in set(refs):
        noun, _, number = ref.partition(":")
        found[ref] = plain_name(noun, number)
        if number.isdigit() and len(number) < 16:
            wanted.setdefault(noun, set()).add(int(number))
    for noun, numbers in wanted.items():
        if noun in LOOKS:
            found |= {f"{noun}:{id_}": text for id_, text in _look(session, noun, numbers)}
    return found


def plain_name(noun: str, number: str) -> str:
    if noun == "system":
        return SYSTEM.get(number, f"系统（{number}）")
    if noun == "command":
        return f"{number}（命令行）"
    if noun == "department":
        return "全部科室" if number == "all" else number
    if noun in ("switch", "database", "supervision", "audit", "library"):
        return ""
    return f"{NOUNS.get(noun, noun)} {number}"


def _look(session: Session, noun: str, numbers: set[int]) -> Iterable[tuple[int, str]]:
    for row in session.execute(LOOKS[noun](numbers)):
        if noun in OF_A_LICENSE:
            number = f" {STARS}{row[2][-4:]}" if row[2] and len(row[2]) > 7 else ""
            yield row[0], f"{row[1]}{number}{OF_A_LICENSE[noun]}"
        elif noun == "notice":
            yield row[0], f"《{row[1]}》"
        elif noun == "template_version":
            yield row[0], f"“{KINDS[row[1]].name}”模板第 {row[2]} 版"
        elif noun == "rectification_order":
            yield row[0], f"给{row[1]}的整改通知"
        else:
            yield row[0], f"{row[1]}"


OF_A_LICENSE = {
    "license": "",
    "contact": " 的联系人",
    "answer": " 的回答",
    "appeal": " 的申诉",
    "delivery": " 的提醒",
    "letter_paper": " 的函件",
}


def _licenses(numbers: set[int]) -> Any:
    return _kind(select(License.id, CatalogueEntry.license_name, License.license_no), License.id.in_(numbers))


def _contacts(numbers: set[int]) -> Any:
    columns = select(License.contact_id, CatalogueEntry.license_name, License.license_no)
    return _kind(columns, License.contact_id.in_(numbers))


def _through(table: Any) -> Any:
    def statement(numbers: set[int]) -> Any:
        columns = select(table.id, CatalogueEntry.license_name, License.license_no)
        return (
            columns.select_from(table)
            .join(License, License.id == table.license_id)
            .join(CatalogueEntry, CatalogueEntry.id == License.catalogue_entry_id)
            .where(table.id.in_(numbers))
        )

    return statement


def _messages(numbers: set[int]) -> Any:
    """A message may tell of several licenses; the first one names it."""
    first = (
        select(DeliveryItem.delivery_id, func.min(Reminder.license_id).label("license_id"))
        .join(Reminder, Reminder.id == DeliveryItem.reminder_id)
        .where(DeliveryItem.delivery_id.in_(numbers))
        .group_by(DeliveryItem.delivery_id)
        .subquery()
    )
    return (
        select(first.c.delivery_id, CatalogueEntry.license_name, License.license_no)
        .join(License, License.id == first.c.license_id)
        .join(CatalogueEntry, CatalogueEntry.id == License.catalogue_entry_id)
    )


def _papers(numbers: set[int]) -> Any:
    first = (
        select(LetterPaper.id, func.min(Reminder.license_id).label("license_id"))
        .join(DeliveryItem, DeliveryItem.delivery_id == LetterPaper.delivery_id)
        .join(Reminder, Reminder.id == DeliveryItem.reminder_id)
        .where(LetterPaper.id.in_(numbers))
        .group_by(LetterPaper.id)
        .subquery()
    )
    return (
        select(first.c.id, CatalogueEntry.license_name, License.license_no)
        .join(License, License.id == first.c.license_id)
        .join(CatalogueEntry, CatalogueEntry.id == License.catalogue_entry_id)
    )


def _kind(columns: Any, condition: Any) -> Any:
    return columns.join(CatalogueEntry, CatalogueEntry.id == License.catalogue_entry_id).where(condition)


def _orders(numbers: set[int]) -> Any:
    return (
        select(RectificationOrder.id, Department.name)
        .join(Department, Department.id == RectificationOrder.department_id)
        .where(RectificationOrder.id.in_(numbers))
    )


def _versions(numbers: set[int]) -> Any:
    columns = (TemplateVersion.id, TemplateVersion.kind, TemplateVersion.number)
    return select(*columns).where(TemplateVersion.id.in_(numbers))


def _named(table: Any, column: Any) -> Any:
    return lambda numbers: select(table.id, column).where(table.id.in_(numbers))


LOOKS: dict[str, Any] = {
    "license": _licenses,
    "contact": _contacts,
    "answer": _through(Answer),
    "appeal": _through(Appeal),
    "delivery": _messages,
    "letter_paper": _papers,
    "rectification_order": _orders,
    "template_version": _versions,
    "staff": _named(Staff, Staff.name),
    "department": _named(Department, Department.name),
    "catalogue_entry": _named(CatalogueEntry, CatalogueEntry.license_name),
    "notice": _named(Notice, Notice.title),
}


def name_of(session: Session, ref: str) -> str:
    """A holder is told by number only: the audit administrator sees no holder's data."""
    return names_of(session, [ref])[ref]
