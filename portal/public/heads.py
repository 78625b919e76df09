"""What the head of a public page tells machines: the metas of government sites, Open Graph, JSON-LD."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import url_for

from portal.installation import settings
from portal.words import iso_moment
from reminders.catalogue import EntryView
from reminders.notices.board import Article

KEYWORDS = ("证照到期", "换证", "到期提醒", "最迟申请日")
AREA = {"@type": "City", "name": "威海市"}
Linked = Mapping[str, Any]


@dataclass(frozen=True)
class Head:
    """`column` is the 栏目 the page belongs to; what only an article has is None elsewhere."""

    title: str
    column: str
    description: str
    path: str
    column_type: str = "概况信息"
    keywords: tuple[str, ...] = KEYWORDS
    published_at: datetime | None = None
    author: str = ""
    linked: Linked | None = None
    is_indexed: bool = True

    @property
    def url(self) -> str:
        return settings().portal_url + self.path


def of_notice(article: Article) -> Head:
    path = url_for("public.notice", notice_id=article.id)
    return Head(
        title=article.title,
        column="温馨提示",
        description=f"{settings().organizer}温馨提示：{article.title}",
        path=path,
        column_type="通知公告",
        keywords=(*KEYWORDS, *([article.license_name] if article.license_name else [])),
        published_at=article.published_at,
        author=article.department,
        linked=_announcement(article, settings().portal_url + path),
        is_indexed=article.withdrawn_at is None,
    )


def of_guide(entry: EntryView) -> Head:
    path = url_for("public.kind", entry_id=entry.id)
    window = entry.window_text or "时限以窗口答复为准"
    return Head(
        title=f"{entry.license_name}怎么换证",
        column="办事指南",
        description=f"{entry.license_name}换证：{window}。什么时候申请、带什么材料、去哪里、打哪个电话。",
        path=path,
        column_type="办事服务",
        keywords=(entry.license_name, entry.item_name, *KEYWORDS),
        linked=_service(entry, settings().portal_url + path),
        is_indexed=entry.is_active,
    )


def _announcement(article: Article, url: str) -> Linked:
    """schema.org/SpecialAnnouncement."""
    return {
        "@context": "https://schema.org",
        "@type": "SpecialAnnouncement",
        "name": article.title,
        "text": article.title,
        "url": url,
        "datePosted": iso_moment(article.published_at),
        "inLanguage": "zh-CN",
        "category": "https://www.wikidata.org/wiki/Q43183",  # license
        "spatialCoverage": AREA,
        "publisher": _organisation(),
    }


def _service(entry: EntryView, url: str) -> Linked:
    """schema.org/GovernmentService; what is only a sample is not told to machines as a fact."""
    channel = {
        "@type": "ServiceChannel",
        "serviceUrl": url,
        "serviceLocation": {"@type": "Place", "name": entry.counter},
        "servicePhone": {"@type": "ContactPoint", "telephone": entry.service_phone},
    }
    told: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "GovernmentService",
        "name": f"{entry.license_name}换证",
        "serviceType": entry.item_name,
        "url": url,
        "inLanguage": "zh-CN",
        "areaServed": AREA,
        "audience": {"@type": "Audience", "audienceType": entry.holder_kind},
        "provider": _organisation()
        | {"department": {"@type": "GovernmentOrganization", "name": entry.department}},
    }
    return told if entry.is_sample or entry.missing_facts else told | {"availableChannel": channel}


def _organisation() -> dict[str, Any]:
    return {"@type": "GovernmentOrganization", "name": settings().organizer, "url": settings().portal_url}
