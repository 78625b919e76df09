"""Packs what travels to an outlet: the notice as approved, looked at once more before it leaves."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from reminders import renditions
from reminders.rules import masking_check, rendition
from reminders.rules.article import Article, IndexLine
from reminders.rules.lifecycle import PublicationState
from reminders.rules.rendition import Rendition
from reminders.tables.catalogue import CatalogueEntry
from reminders.tables.notices import Notice, Publication
from reminders.tables.staff import Department

GUARD_REASON = "personal-data"
DIGEST_REASON = "digest-changed"
IN_INDEX = 200  # the newest ones, in the index of an outlet that keeps one


def pack(session: Session, row: Publication) -> tuple[Article, str]:
    """The article, and why it must not leave the house (empty: it may)."""
    notice = session.get_one(Notice, row.notice_id, populate_existing=True)
    shown = renditions.of_notice(session, notice)
    department, kind = shown.keywords
    article = Article(
        notice_id=notice.id,
        external_id=row.external_id,
        title=shown.title,
        summary=shown.summary,
        html=shown.html,
        digest=notice.digest,
        published_at=notice.published_at or row.updated_at,
        department=department,
        license_name=kind,
        body_html=shown.body_html,
        rows=shown.rows,
        attachments=shown.attachments,
    )
    is_first = row.steps == "{}"
    is_wanted = row.wanted is PublicationState.LIVE
    return article, _refusal(session, notice, shown, is_first=is_first) if is_wanted else ""


def others_at(session: Session, row: Publication) -> tuple[IndexLine, ...]:
    """What is live at the same outlet besides this notice, newest first."""
    found = session.execute(
        select(
            Publication.external_id,
            Notice.title,
            Notice.published_at,
            Department.name,
            CatalogueEntry.license_name,
        )
        .select_from(Publication)
        .join(Notice, Notice.id == Publication.notice_id)
        .outerjoin(Department, Department.id == Notice.department_id)
        .outerjoin(CatalogueEntry, CatalogueEntry.id == Notice.catalogue_entry_id)
        .where(
            Publication.outlet == row.outlet,
            Publication.state == PublicationState.LIVE,
            Publication.wanted == PublicationState.LIVE,
            Publication.id != row.id,
        )
        .order_by(Notice.published_at.desc(), Notice.id.desc())
        .limit(IN_INDEX)
    )
    return tuple(
        IndexLine(external_id, title, published_at, department or renditions.OFFICE, kind or "")
        for external_id, title, published_at, department, kind in found
        if published_at is not None
    )


def _refusal(session: Session, notice: Notice, shown: Rendition, *, is_first: bool) -> str:
    """The last look: the digest that was approved, and before anything leaves the guard over text and page.

    The files were looked through when they were frozen; the digest holds them since.
    """
    if rendition.digest(shown) != notice.digest:
        return DIGEST_REASON
    if not is_first:
        return ""
    phones = session.execute(select(Department.service_phone)).scalars()
    allowed = masking_check.service_numbers(phones)
    personal = masking_check.find_in_html(shown.html, "网页", allowed=allowed)
    for where, text in rendition.texts(shown):
        personal += masking_check.find_personal(text, where, allowed=allowed)
    return GUARD_REASON if personal else ""
