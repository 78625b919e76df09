"""Takes what readers say is wrong on a public page, and shows it to the department that answers for it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from reminders import audit, limits
from reminders.db import vault_of
from reminders.errors import Conflict, Forbidden, Invalid, LimitReached, NotFound
from reminders.limits import Limit
from reminders.rules.lifecycle import NoticeState
from reminders.rules.notice_text import CONTROL_SIGNS
from reminders.rules.permissions import Actor, Permission, department_scope, may
from reminders.tables.catalogue import CatalogueEntry
from reminders.tables.notices import Notice
from reminders.tables.reports import PageReport

BY_ADDRESS = Limit("page-report-address", 5, timedelta(hours=1))
BY_ALL = Limit("page-report-all", 500, timedelta(days=1))
LONGEST = 500
SHORTEST = 4
LISTED = 100
IS_PUBLIC = (NoticeState.PUBLISHED, NoticeState.WITHDRAWN)


@dataclass(frozen=True)
class Report:
    """One thing a reader said; `words` may be personal and are shown to staff only."""

    id: int
    notice_id: int | None
    entry_id: int | None
    page_title: str
    words: str
    created_at: datetime


def report(
    session: Session,
    words: str,
    *,
    notice_id: int | None = None,
    entry_id: int | None = None,
    asker: str,
    now: datetime,
) -> None:
    """About one notice, one guide, or (neither given) the site. Raises Invalid, NotFound, LimitReached."""
    plain = CONTROL_SIGNS.sub("", words).strip()
    if len(plain) < SHORTEST:
        raise Invalid("请写明哪里不对、应当是什么，几个字就可以。")
    if len(plain) > LONGEST:
        raise Invalid(f"请写在 {LONGEST} 字以内。")
    title_of(session, notice_id=notice_id, entry_id=entry_id)
    is_counted = [
        limits.spend(session, limit, subject, now=now)
        for limit, subject in ((BY_ADDRESS, asker), (BY_ALL, ""))
    ]
    if not all(is_counted):
        raise LimitReached("今天收到的更正太多了。请直接拨打审批科室的电话。")
    session.add(
        PageReport(
            notice_id=notice_id,
            catalogue_entry_id=entry_id,
            words_cipher=vault_of(session).seal(plain),
            created_at=now,
        )
    )
    session.flush()


def title_of(session: Session, *, notice_id: int | None, entry_id: int | None) -> str:
    """What the reported page is called; empty for the site as a whole. Raises NotFound."""
    if notice_id is not None:
        query = select(Notice.title).where(Notice.id == notice_id, Notice.state.in_(IS_PUBLIC))
    elif entry_id is not None:
        query = select(CatalogueEntry.license_name).where(CatalogueEntry.id == entry_id)
    else:
        return ""
    title = session.execute(query).scalar_one_or_none()
    if title is None:
        raise NotFound("没有这个页面。请从首页重新查找。")
    return title


def open_reports(session: Session, *, actor: Actor) -> list[Report]:
    """What nobody dealt with yet, oldest first, of the pages this person's department answers for."""
    title = func.coalesce(Notice.title, CatalogueEntry.license_name, "")
    query = _open(select(PageReport, title), actor)
    found = session.execute(query.order_by(PageReport.id).limit(LISTED))
    vault = vault_of(session)
    return [
        Report(
            row.id, row.notice_id, row.catalogue_entry_id, title, vault.open(row.words_cipher), row.created_at
        )
        for row, title in found
    ]


def count_open(session: Session, *, actor: Actor) -> int:
    return int(session.execute(_open(select(func.count(PageReport.id)), actor)).scalar_one())


def close(session: Session, report_id: int, *, actor: Actor, now: datetime) -> None:
    """Somebody mended the page, or found that nothing is wrong. Raises Forbidden, NotFound, Conflict."""
    if not may(actor, Permission.WRITE_NOTICE):
        raise Forbidden("您的账号不能处理读者的更正。")
    row = session.execute(
        select(PageReport).where(PageReport.id == report_id).with_for_update()
    ).scalar_one_or_none()
    if row is None or not _is_within(session, row, actor):
        raise NotFound("没有这条更正。")
    if row.closed_at is not None:
        raise Conflict("这条更正已经有人处理了。")
    row.closed_at, row.closed_by = now, actor.ref
    session.flush()
    audit.record(session, "page_report.close", f"page_report:{report_id}", actor=actor, now=now)


def _open(query: Select[*tuple[Any, ...]], actor: Actor) -> Select[*tuple[Any, ...]]:
    joined = (
        query.select_from(PageReport)
        .outerjoin(Notice, Notice.id == PageReport.notice_id)
        .outerjoin(CatalogueEntry, CatalogueEntry.id == PageReport.catalogue_entry_id)
        .where(PageReport.closed_at.is_(None))
    )
    scope = department_scope(actor)
    department = func.coalesce(Notice.department_id, CatalogueEntry.department_id)
    return joined if scope is None else joined.where(department == scope)


def _is_within(session: Session, row: PageReport, actor: Actor) -> bool:
    scope = department_scope(actor)
    if scope is None:
        return True
    notice = session.get(Notice, row.notice_id) if row.notice_id else None
    entry = session.get(CatalogueEntry, row.catalogue_entry_id) if row.catalogue_entry_id else None
    owner = notice.department_id if notice else entry.department_id if entry else None
    return owner == scope
