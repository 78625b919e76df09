"""Articles of the official account: rules are kept, refusals are told, nothing is made twice."""

import struct
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import pytest
import redis
import requests
from sqlalchemy import select, update

from config.settings import Settings
from jobs import outlet_checks, outlets, publish
from jobs.findings import Mark
from jobs.gateways import account_draft, cover
from jobs.gateways.outlets import Masthead
from reminders.db import Database
from reminders.notices import desk, review, writing
from reminders.rules import account_text
from reminders.rules.article import ACCOUNT_TITLE, Article
from reminders.rules.lifecycle import Outlet, PublicationState, Role
from reminders.rules.notice_html import render_body
from reminders.rules.notice_text import PublicRow
from reminders.tables.notices import Publication
from tests import builders
from tests.builders import NOW
from tests.jobs.conftest import Platform
from tests.jobs.outlet_contract import article

MASTHEAD = Masthead("威海市行政审批服务局综合业务科示例", "示例提醒", "https://portal.example.gov.cn")


def long_article(rows: int) -> Article:
    listed = tuple(
        PublicRow(number, f"示例第{number}号食品加工有限责任公司", "SC10＊＊＊＊0000", date(2027, 1, 1), None)
        for number in range(rows)
    )
    return replace(article(1), rows=listed)


def content(told: Article) -> str:
    return account_text.content(
        told.body_html, told.rows, "https://mmbiz.example/1", has_files=bool(told.attachments)
    )


# --- what is sent ---


def test_draft_keeps_the_rules_of_the_platform() -> None:
    told = replace(
        long_article(5000), title="关于食品生产许可证（2026-11-28 至 2027-02-26 期满）换证的温馨提示"
    )
    made = account_draft.draft(told, MASTHEAD, "account", "cover", "https://mmbiz.example/1")
    assert len(str(made["title"])) <= ACCOUNT_TITLE
    assert len(str(made["author"])) <= account_draft.AUTHOR
    assert len(str(made["digest"])) <= 128
    text = str(made["content"])
    assert len(text) < 20_000
    assert len(text.encode()) < 2**20
    assert "名单共 5000 家，这里列出前" in text
    assert text.count("<img") == 1
    assert len(str(made["content_source_url"]).encode()) <= 1024


def test_short_list_stands_whole_and_says_nothing_of_a_rest() -> None:
    text = content(long_article(3))
    assert text.count("<tr>") == 4
    assert "名单共" not in text


def test_links_are_spelled_out_because_most_accounts_may_not_link() -> None:
    body = render_body("见[办事指南](https://example.gov.cn/guide?a=1&b=2)，或 <https://example.gov.cn/x>")
    text = content(replace(article(1), body_html=body))
    assert "<a" not in text
    assert "办事指南（https://example.gov.cn/guide?a=1&amp;b=2）" in text
    assert text.count("https://example.gov.cn/x") == 1


def test_nothing_dangerous_survives() -> None:
    body = "<script>alert(1)</script><p onclick='x()' style='y'>甲</p><iframe src=//x></iframe>"
    text = content(replace(article(1), body_html=body))
    for word in ("script", "onclick", "style", "iframe"):
        assert word not in text


def test_cover_is_the_same_every_time_and_another_for_another_kind() -> None:
    first = cover.cover("食品生产许可证")
    assert first == cover.cover("食品生产许可证")
    assert first != cover.cover("药品经营许可证")
    assert len(first) <= cover.LARGEST
    assert struct.unpack(">II", first[16:24]) == (cover.WIDTH, cover.HEIGHT)


# --- the whole way ---


@pytest.fixture
def told(told: Settings) -> Settings:
    return told.model_copy(update={"official_account_articles": True, "organizer": "示例局"})


@pytest.fixture
def gateways(told: Settings, store: redis.Redis, sqlite_database: Database) -> Iterator[publish.Gateways]:
    with outlets.opened(told, sqlite_database) as made:
        yield made


def published(database: Database, title: str = "换证温馨提示") -> int:
    with database.begin() as session:
        author, reviewer = (builders.actor(builders.staff(session, role=Role.OFFICE)) for _ in range(2))
        notice_id = writing.draft(session, title, "请尽早办理。", actor=author, now=NOW)
        writing.submit(session, notice_id, version=1, actor=author, now=NOW)
        digest = desk.show(session, notice_id, date(2026, 11, 2), actor=reviewer).digest
        review.approve(
            session, notice_id, digest, outlets=(Outlet.OFFICIAL_ACCOUNT,), actor=reviewer, now=NOW
        )
    return notice_id


def run(database: Database, gateways: publish.Gateways, seconds: float = 5) -> Publication:
    """Lets the job run until it is settled, what waits made due at once."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        with database.begin() as session:
            ready = Publication.state == PublicationState.READY
            session.execute(update(Publication).where(ready).values(next_at=NOW))
        publish.publish_due(database, gateways)
        with database.read() as session:
            row = session.execute(
                select(Publication).where(Publication.outlet == Outlet.OFFICIAL_ACCOUNT)
            ).scalar_one()
        if row.state in (PublicationState.LIVE, PublicationState.GONE, PublicationState.FAILED):
            return row
        time.sleep(0.02)
    raise AssertionError(f"still {row.state}: {row.last_error}")


def shown(platform: Platform) -> int:
    return len(platform.shown("account_article"))


def test_notice_becomes_an_article_with_address_and_proof_and_goes_again(
    sqlite_database: Database, platform: Platform, gateways: publish.Gateways
) -> None:
    notice_id = published(sqlite_database)
    row = run(sqlite_database, gateways)
    assert row.state is PublicationState.LIVE
    assert row.url.startswith(f"{platform.url}/articles/article-")
    assert row.proof.startswith("title and source of article-")
    page = requests.get(row.url, timeout=5)
    assert "换证温馨提示" in page.text
    assert f"/notices/{notice_id}?via=account&amp;id=notice-{notice_id}-v1" in page.text
    with sqlite_database.begin() as session:
        lead = builders.actor(builders.staff(session, role=Role.OFFICE))
        review.withdraw(session, notice_id, "名单有误", actor=lead, now=NOW)
    gone = run(sqlite_database, gateways)
    assert (gone.state, gone.proof) == (PublicationState.GONE, f"absent: notice-{notice_id}-v1")
    assert requests.get(row.url, timeout=5).status_code == 410


def test_cover_is_uploaded_once_for_all_articles_of_a_kind(
    sqlite_database: Database, platform: Platform, gateways: publish.Gateways
) -> None:
    for number in range(2):
        published(sqlite_database, f"第 {number} 篇")
        until = time.monotonic() + 5
        while shown(platform) <= number and time.monotonic() < until:
            with sqlite_database.begin() as session:
                session.execute(update(Publication).values(next_at=NOW))
            publish.publish_due(sqlite_database, gateways)
    assert shown(platform) == 2
    assert platform.counts()["materials_added"] == 1
    assert platform.counts()["images_uploaded"] == 2


@pytest.mark.parametrize("errcode", [48001, 53500, 45166])
def test_refusal_for_good_waits_for_a_person(
    sqlite_database: Database, platform: Platform, gateways: publish.Gateways, errcode: int
) -> None:
    published(sqlite_database)
    platform.fault("errcode", "/cgi-bin/draft/add", value=errcode)
    row = run(sqlite_database, gateways)
    assert (row.state, row.last_error) == (PublicationState.FAILED, str(errcode))


@pytest.mark.parametrize("errcode", [-1, 45009, 53501, 40001])
def test_passing_refusal_is_tried_again_and_made_once(
    sqlite_database: Database, platform: Platform, gateways: publish.Gateways, errcode: int
) -> None:
    published(sqlite_database)
    platform.fault("errcode", "/cgi-bin/freepublish/submit", value=errcode, times=2)
    assert run(sqlite_database, gateways).state is PublicationState.LIVE
    assert (shown(platform), platform.counts()["drafts_added"]) == (1, 1)


def test_article_refused_by_the_review_is_told_and_may_be_tried_again(
    sqlite_database: Database, platform: Platform, gateways: publish.Gateways
) -> None:
    notice_id = published(sqlite_database)
    platform.fault("status", "publish:result", value=4, times=1)
    row = run(sqlite_database, gateways)
    assert (row.state, row.last_error) == (PublicationState.FAILED, "publish-status-4")
    with sqlite_database.begin() as session:
        office = builders.actor(builders.staff(session, role=Role.OFFICE))
        publish.publication.retry(session, notice_id, Outlet.OFFICIAL_ACCOUNT, actor=office, now=NOW)
    assert run(sqlite_database, gateways).state is PublicationState.LIVE
    assert (shown(platform), platform.counts()["drafts_added"]) == (1, 1)


def test_doctor_asks_whether_the_account_may_publish(told: Settings, platform: Platform) -> None:
    assert next(outlet_checks.outlet_checks(told)).mark is Mark.WELL
    platform.fault("errcode", "/cgi-bin/draft/batchget", value=48001)
    found = next(outlet_checks.outlet_checks(told))
    assert (found.mark, found.told) == (Mark.BROKEN, "48001")
    assert "认证" in found.cure


def test_emptied_library_gets_its_cover_again(
    sqlite_database: Database, platform: Platform, gateways: publish.Gateways
) -> None:
    published(sqlite_database)
    with sqlite_database.begin() as session:
        publish.publication.keep_material(session, cover.name_of(""), "no-longer-there", now=NOW)
    assert run(sqlite_database, gateways).state is PublicationState.LIVE


@pytest.mark.parametrize("told_", ["err(40001)", "err(40002)"])
def test_mass_send_nobody_confirmed_is_told(
    sqlite_database: Database, platform: Platform, gateways: publish.Gateways, told_: str
) -> None:
    published(sqlite_database)
    with sqlite_database.begin() as session:
        session.execute(
            update(Publication)
            .where(Publication.outlet == Outlet.OFFICIAL_ACCOUNT)
            .values(outlet=Outlet.MASS_SEND)
        )
    platform.fault("status", "mass:result", value=told_)
    for _ in range(3):
        with sqlite_database.begin() as session:
            session.execute(update(Publication).values(next_at=NOW))
        publish.publish_due(sqlite_database, gateways)
        time.sleep(0.3)
    with sqlite_database.read() as session:
        row = session.execute(select(Publication).where(Publication.outlet == Outlet.MASS_SEND)).scalar_one()
    assert (row.state, row.last_error) == (PublicationState.FAILED, "mass-send_fail")
    assert platform.shown("mass_article") == []
