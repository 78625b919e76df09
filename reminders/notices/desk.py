"""What the staff desk shows of notices: the list, one notice with its checks, and where it was published."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from reminders import renditions
from reminders.notices import files
from reminders.notices.access import fetch
from reminders.notices.files import FileLine
from reminders.rules import account_text, notice_checks, notice_text, rendition
from reminders.rules.lifecycle import NoticeState, Outlet, PublicationState
from reminders.rules.masking_check import Found
from reminders.rules.notice_checks import Check
from reminders.rules.notice_text import PublicRow
from reminders.rules.permissions import Actor, department_scope
from reminders.rules.rendition import Rendition
from reminders.tables.catalogue import CatalogueEntry
from reminders.tables.notices import Notice, Publication
from reminders.tables.staff import Department, Staff

PAGE = 50


@dataclass(frozen=True)
class DeskLine:
    id: int
    title: str
    state: NoticeState
    author: str
    department: str
    changed_at: datetime


@dataclass(frozen=True)
class OutletView:
    outlet: Outlet
    wanted: PublicationState
    state: PublicationState
    url: str
    attempt: int
    next_at: datetime
    last_error: str
    proved_at: datetime | None
    proof: str


@dataclass(frozen=True)
class DeskNotice:
    """A notice as staff see it; `digest` is that of the text shown here, whatever was submitted."""

    id: int
    title: str
    body: str
    body_html: str
    rows: tuple[PublicRow, ...]
    state: NoticeState
    version: int
    digest: str
    author_id: int
    author: str
    reviewer: str
    department: str
    license_name: str
    submitted_at: datetime | None
    published_at: datetime | None
    withdrawn_at: datetime | None
    withdrawn_reason: str
    returned_reason: str
    personal: tuple[Found, ...]
    checks: tuple[Check, ...]
    account_title: str
    summary: str
    account_html: str
    files: tuple[FileLine, ...]
    publish_at: datetime | None
    targets: tuple[Outlet, ...]
    replaces_id: int | None
    replace_reason: str
    newer_id: int | None
    outlets: tuple[OutletView, ...]


def lines(
    session: Session, state: NoticeState | None = None, *, before_id: int | None = None, actor: Actor
) -> list[DeskLine]:
    """The newest notices this person may see, at most PAGE; `before_id` asks for the next page."""
    query = (
        select(Notice, Staff.name, Department.name)
        .join(Staff, Staff.id == Notice.author_id)
        .outerjoin(Department, Department.id == Notice.department_id)
        .order_by(Notice.id.desc())
        .limit(PAGE)
    )
    scope = department_scope(actor)
    if scope is not None:
        query = query.where(Notice.department_id == scope)
    if state is not None:
        query = query.where(Notice.state == state)
    if before_id is not None:
        query = query.where(Notice.id < before_id)
    return [
        DeskLine(
            id=notice.id,
            title=notice.title,
            state=notice.state,
            author=author,
            department=department or "办公室",
            changed_at=(
                notice.withdrawn_at or notice.published_at or notice.submitted_at or notice.created_at
            ),
        )
        for notice, author, department in session.execute(query)
    ]


def show(session: Session, notice_id: int, today: date, *, portal_url: str = "", actor: Actor) -> DeskNotice:
    """One notice with everything its writer or reviewer must know before the next step."""
    notice = fetch(session, notice_id, actor=actor)
    shown = renditions.of_notice(session, notice)
    personal = renditions.personal_numbers(session, shown)
    author, reviewer, department, license_name = _names(session, notice_id)
    return DeskNotice(
        id=notice.id,
        title=notice.title,
        body=notice.body,
        body_html=shown.body_html,
        rows=shown.rows,
        state=notice.state,
        version=notice.version,
        digest=rendition.digest(shown),
        author_id=notice.author_id,
        author=author,
        reviewer=reviewer,
        department=department,
        license_name=license_name,
        submitted_at=notice.submitted_at,
        published_at=notice.published_at,
        withdrawn_at=notice.withdrawn_at,
        withdrawn_reason=notice.withdrawn_reason,
        returned_reason=notice.returned_reason,
        personal=personal,
        checks=_checks(session, shown, personal, today, portal_url),
        account_title=shown.account_title,
        summary=shown.summary,
        account_html=account_text.content(shown.body_html, shown.rows, "", has_files=bool(shown.rows)),
        files=files.listed(session, notice_id),
        publish_at=notice.publish_at,
        targets=tuple(map(Outlet, filter(None, notice.targets.split(",")))),
        replaces_id=notice.replaces_id,
        replace_reason=notice.replace_reason,
        newer_id=_newer(session, notice_id),
        outlets=_outlets(session, notice_id),
    )


def check(
    session: Session, title: str, body: str, public_list: str, today: date, *, portal_url: str
) -> tuple[Check, ...]:
    """What there is to say about words that are still being written."""
    shown = rendition.render(notice_text.tidy(title), body, public_list)
    return _checks(session, shown, renditions.personal_numbers(session, shown), today, portal_url)


def list_of(session: Session, notice_id: int, *, actor: Actor) -> str:
    """The public list as it is stored, to check new words together with it."""
    return fetch(session, notice_id, actor=actor).public_list


def _names(session: Session, notice_id: int) -> tuple[str, str, str, str]:
    """Author, reviewer, department, kind of license."""
    reviewer = aliased(Staff)
    found = session.execute(
        select(Staff.name, reviewer.name, Department.name, CatalogueEntry.license_name)
        .select_from(Notice)
        .join(Staff, Staff.id == Notice.author_id)
        .outerjoin(reviewer, reviewer.id == Notice.reviewer_id)
        .outerjoin(Department, Department.id == Notice.department_id)
        .outerjoin(CatalogueEntry, CatalogueEntry.id == Notice.catalogue_entry_id)
        .where(Notice.id == notice_id)
    ).one()
    return found[0], found[1] or "", found[2] or renditions.OFFICE, found[3] or ""


def _checks(
    session: Session, shown: Rendition, personal: tuple[Found, ...], today: date, portal_url: str
) -> tuple[Check, ...]:
    linked = notice_checks.own_notices(shown, portal_url)
    public = session.execute(
        select(Notice.id).where(Notice.id.in_(linked), Notice.state == NoticeState.PUBLISHED)
    )
    alive = set(public.scalars()) if linked else set()
    dead = [url for notice_id, url in linked.items() if notice_id not in alive]
    return notice_checks.checks(shown, personal, today, portal_url, dead)


def _newer(session: Session, notice_id: int) -> int | None:
    newer = select(Notice.id).where(Notice.replaces_id == notice_id).order_by(Notice.id.desc()).limit(1)
    return session.execute(newer).scalar_one_or_none()


def _outlets(session: Session, notice_id: int) -> tuple[OutletView, ...]:
    """In the order of the words of Outlet: the portal first."""
    found = session.execute(select(Publication).where(Publication.notice_id == notice_id)).scalars()
    order = list(Outlet)
    return tuple(
        OutletView(
            outlet=row.outlet,
            wanted=row.wanted,
            state=row.state,
            url=row.url,
            attempt=row.attempt,
            next_at=row.next_at,
            last_error=row.last_error,
            proved_at=row.proved_at,
            proof=row.proof,
        )
        for row in sorted(found, key=lambda row: order.index(row.outlet))
    )
