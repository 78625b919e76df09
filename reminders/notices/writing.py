"""Writes notices: by hand or from the ledger; a changed notice must be submitted and reviewed again."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from reminders import audit, clock, renditions, windows
from reminders.errors import Conflict, Forbidden, Invalid, NotFound
from reminders.notices.access import fetch, refuse_personal
from reminders.rules import facts, identity, masking_check, notice_text, rendition
from reminders.rules.lifecycle import (
    Confidence,
    DateKind,
    Expiry,
    HolderKind,
    LicenseState,
    NoticeState,
)
from reminders.rules.notice_text import NoticeFacts, PublicRow
from reminders.rules.permissions import Actor, department_scope
from reminders.tables.catalogue import CatalogueEntry
from reminders.tables.holders import Holder
from reminders.tables.ledger import License
from reminders.tables.notices import Notice
from reminders.tables.staff import Department
from reminders.tables.windows import RenewalWindow

LONGEST_PERIOD_DAYS = 366


@dataclass(frozen=True)
class Period:
    """Expiry days a notice covers, both included."""

    first: date
    last: date


def draft(session: Session, title: str, body: str, *, actor: Actor, now: datetime) -> int:
    """A notice written by hand; the new notice's id."""
    notice = _new(actor, now)
    _set_text(notice, title, body)
    session.add(notice)
    session.flush()
    audit.record(session, "notice.draft", f"notice:{notice.id}", actor=actor, now=now)
    return notice.id


def generate(session: Session, entry_id: int, period: Period, *, actor: Actor, now: datetime) -> int:
    """A draft made from the ledger for one kind of license and one period of expiry days; its id."""
    if not 0 <= (period.last - period.first).days <= LONGEST_PERIOD_DAYS:
        raise Invalid("期间不对：开始日期不能晚于结束日期，最长一年。请重新选择。")
    entry, department = _entry(session, entry_id, actor)
    _refuse_incomplete(entry, department)
    rows = _public_rows(session, entry_id, period)
    late = sum(row.apply_by is not None and row.apply_by < clock.civil_date(now) for row in rows)
    told = _facts(entry, department, period, len(rows), late, _persons(session, entry_id, period))
    notice = _new(actor, now)
    notice.department_id = department.id
    notice.catalogue_entry_id = entry_id
    notice.period_from, notice.period_to = period.first, period.last
    notice.public_list = notice_text.rows_to_text(rows)
    _set_text(notice, notice_text.title(told), notice_text.body(told))
    session.add(notice)
    session.flush()
    detail = {"entry": entry_id, "from": str(period.first), "to": str(period.last), "rows": len(rows)}
    audit.record(session, "notice.generate", f"notice:{notice.id}", detail, actor=actor, now=now)
    return notice.id


def edit(
    session: Session,
    notice_id: int,
    title: str,
    body: str,
    *,
    version: int,
    dropped: Collection[int] = (),
    actor: Actor,
    now: datetime,
) -> None:
    """Changes a draft or a submitted notice, whose submission is void from then on.

    `version` is the one the writer saw; `dropped` are license ids to leave out of the public list.
    """
    notice = fetch(session, notice_id, actor=actor, to_change=True)
    if notice.state not in (NoticeState.DRAFT, NoticeState.SUBMITTED):
        raise Conflict("已发布或已撤回的温馨提示不能再改。需要更正时，请撤回后另写一篇。")
    if notice.version != version:
        raise Conflict("您打开之后，这篇温馨提示又被改过。请重新打开，在最新的内容上修改。")
    _set_text(notice, title, body)
    if dropped:
        kept = [r for r in notice_text.rows_from_text(notice.public_list) if r.license_id not in dropped]
        notice.public_list = notice_text.rows_to_text(kept)
    notice.version += 1
    renditions.drop_files(session, notice_id)
    notice.state, notice.digest, notice.submitted_at = NoticeState.DRAFT, "", None
    session.flush()
    detail = {"version": notice.version, "dropped": len(dropped)}
    audit.record(session, "notice.edit", f"notice:{notice_id}", detail, actor=actor, now=now)


def submit(session: Session, notice_id: int, *, version: int, actor: Actor, now: datetime) -> None:
    """Hands the notice to another person for review; its files are made now, and a digest freezes it all."""
    notice = fetch(session, notice_id, actor=actor, to_change=True)
    if notice.state is not NoticeState.DRAFT or notice.version != version:
        raise Conflict("这篇温馨提示的内容或状态刚刚变过，请刷新页面看过之后再提交。")
    renditions.freeze_files(session, notice)
    shown = renditions.of_notice(session, notice)
    refuse_personal(session, shown)
    notice.state, notice.submitted_at, notice.returned_reason = NoticeState.SUBMITTED, now, ""
    notice.digest = rendition.digest(shown)
    session.flush()
    detail = {"digest": notice.digest}
    audit.record(session, "notice.submit", f"notice:{notice_id}", detail, actor=actor, now=now)


def _new(actor: Actor, now: datetime) -> Notice:
    if actor.staff_id is None:
        raise Forbidden("温馨提示要由登录的工作人员起草，请先登录。")
    return Notice(
        department_id=actor.department_id,
        state=NoticeState.DRAFT,
        author_id=actor.staff_id,
        public_list="[]",
        created_at=now,
    )


def _set_text(notice: Notice, title: str, body: str) -> None:
    title = notice_text.tidy(title)
    body = notice_text.CONTROL_SIGNS.sub("", body.replace("\r\n", "\n")).strip()
    if not title or len(title) > notice_text.MAX_TITLE:
        raise Invalid(f"标题要有 1 至 {notice_text.MAX_TITLE} 个字，现在是 {len(title)} 个字。")
    if not body or len(body) > notice_text.MAX_BODY:
        raise Invalid(f"正文要有 1 至 {notice_text.MAX_BODY} 个字，现在是 {len(body)} 个字。")
    notice.title, notice.body = title, body


def _entry(session: Session, entry_id: int, actor: Actor) -> tuple[CatalogueEntry, Department]:
    query = (
        select(CatalogueEntry, Department)
        .join(Department, Department.id == CatalogueEntry.department_id)
        .where(CatalogueEntry.id == entry_id)
    )
    scope = department_scope(actor)
    if scope is not None:
        query = query.where(Department.id == scope)
    found = session.execute(query).one_or_none()
    if found is None:
        raise NotFound("没有这种证照，或者它由其他科室负责。请重新选择。")
    return found[0], found[1]


def _refuse_incomplete(entry: CatalogueEntry, department: Department) -> None:
    missing = facts.missing_service_facts(
        department.counter, department.service_phone, facts.material_list(entry.materials)
    )
    if entry.renewal_latest is None:
        missing = ("申请换证时限", *missing)
    if missing:
        raise Invalid(
            f"《{entry.license_name}》的目录缺少：{'、'.join(missing)}，不能生成温馨提示。请先补全目录。"
        )


def _public_rows(session: Session, entry_id: int, period: Period) -> list[PublicRow]:
    """Companies only, in full; the license number is masked."""
    found = session.execute(
        select(
            License.id,
            Holder.name,
            License.license_no,
            License.expires_on,
            RenewalWindow.apply_by,
            RenewalWindow.is_estimate,
        )
        .join(Holder, Holder.id == License.holder_id)
        .outerjoin(RenewalWindow, windows.of_expiry())
        .where(*_expiring(entry_id, period), Holder.kind == HolderKind.COMPANY)
        .order_by(License.expires_on, Holder.name, License.id)
        .limit(notice_text.MAX_ROWS + 1)
    ).all()
    if len(found) > notice_text.MAX_ROWS:
        raise Invalid(f"这个期间的名单超过 {notice_text.MAX_ROWS} 行，请把期间分成几段，各写一篇。")
    return [
        PublicRow(
            license_id=license_id,
            holder_name=name,
            license_no=public_number(number or ""),
            expires_on=expires_on,
            apply_by=apply_by,
            is_estimate=bool(is_estimate),
        )
        for license_id, name, number, expires_on, apply_by, is_estimate in found
        if expires_on is not None
    ]


def public_number(number: str) -> str:
    """The middle is blanked; a number that is really a phone or an ID of somebody disappears whole."""
    if any(found.what in masking_check.OF_PEOPLE for found in masking_check.find_personal(number, "")):
        return "（编号不公开）"
    return identity.mask_number(number) or "（无编号）"


def _persons(session: Session, entry_id: int, period: Period) -> int:
    return session.execute(
        select(func.count())
        .select_from(License)
        .join(Holder, Holder.id == License.holder_id)
        .where(*_expiring(entry_id, period), Holder.kind == HolderKind.PERSON)
    ).scalar_one()


def _expiring(entry_id: int, period: Period) -> tuple[ColumnElement[bool], ...]:
    return (
        License.catalogue_entry_id == entry_id,
        License.expires_on.between(period.first, period.last),
        License.expiry == Expiry.DATED,
        License.state == LicenseState.ACTIVE,
    )


def _facts(
    entry: CatalogueEntry, department: Department, period: Period, listed: int, late: int, persons: int
) -> NoticeFacts:
    return NoticeFacts(
        license_name=entry.license_name,
        period_from=period.first,
        period_to=period.last,
        listed=listed,
        persons=persons,
        late=late,
        window=notice_text.rule_sentence(windows.rule_of(entry, DateKind.MAIN)),
        is_confirmed=entry.confidence is Confidence.CONFIRMED,
        department=department.name,
        counter=department.counter,
        counter_hours=department.counter_hours,
        service_phone=department.service_phone,
        materials=facts.material_list(entry.materials),
        basis=f"{entry.basis}{entry.basis_article}",
    )
