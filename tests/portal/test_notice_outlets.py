"""The desk checks, schedules, corrects, shows each outlet, and asks twice before a mass send."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from config.settings import Settings
from portal import outlet_words
from reminders import clock
from reminders.notices import publishing
from reminders.rules.lifecycle import Outlet, PublicationState
from reminders.tables.notices import Notice, Publication
from tests.portal.conftest import Portal, Visitor
from tests.portal.test_notices_desk import draft, submitted


@pytest.fixture
def settings(settings: Settings, tmp_path: Path) -> Settings:
    return settings.model_copy(update={"official_account_articles": True})


def published(portal: Portal) -> Visitor:
    submitted(portal)
    lead = portal.signed_in("zhao")
    lead.get("/staff/notices/1")
    lead.post("/staff/notices/1/approve", {"digest": lead.hidden("digest")})
    return lead


def rows(portal: Portal) -> dict[Outlet, Publication]:
    with portal.database.read() as session:
        return {row.outlet: row for row in session.execute(select(Publication)).scalars()}


# --- checks ---


def test_words_are_checked_while_they_are_written(portal: Portal) -> None:
    officer = portal.signed_in("wang")
    draft(officer)
    officer.get("/staff/notices/1/edit")
    body = (
        "请登陆系统，2020-01-01 前办理，联系 13800000001。\n\n"
        "[指南](/guide)、[坏](javascript:alert(1))、[没有](http://localhost/notices/99)、[内网](http://10.0.0.1/a)"
    )
    found = officer.post("/staff/notices/check", {"title": "标" * 40, "body": body, "notice": 1})
    for told in (
        "手机号 13＊＊＊＊",
        "“登陆”是不是“登录”",
        "2020-01-01",
        "没有网址开头",
        "链接打不开：http://localhost/notices/99",
        "内网地址",
        "公众号最多 32 个字",
        "链接写法不对",
    ):
        assert told in found, told
    officer.get("/staff/notices/1/edit")
    assert "没有发现问题" in officer.post("/staff/notices/check", {"title": "好", "body": "好"})


def test_checking_shows_nothing_of_another_department(portal: Portal) -> None:
    officer = portal.signed_in("wang")
    draft(officer)
    stranger = portal.signed_in("qian")
    stranger.get("/staff/notices/new")
    stranger.post("/staff/notices/check", {"title": "好", "body": "好", "notice": 1})
    assert stranger.status == 404


@pytest.mark.parametrize(
    ("how", "seen"), [("phone", "phone-frame"), ("print", "paper"), ("odd", "sheet article")]
)
def test_preview_shows_the_account_and_the_paper(portal: Portal, how: str, seen: str) -> None:
    officer = portal.signed_in("wang")
    draft(officer)
    assert f'class="{seen}' in officer.get(f"/staff/notices/1?as={how}")


# --- outlets ---


def test_reviewer_chooses_outlets_and_each_is_shown(portal: Portal) -> None:
    submitted(portal)
    lead = portal.signed_in("zhao")
    page = lead.get("/staff/notices/1")
    assert page.count('name="outlet_') == 2
    digest = lead.hidden("digest")
    lead.post("/staff/notices/1/approve", {"digest": digest, "chosen": 1, "outlet_official_account": 1})
    assert set(rows(portal)) == {Outlet.PORTAL, Outlet.OFFICIAL_ACCOUNT}
    assert rows(portal)[Outlet.PORTAL].state is PublicationState.LIVE


def test_failure_is_told_in_words_and_may_be_tried_again(portal: Portal) -> None:
    lead = published(portal)
    with portal.database.begin() as session:
        session.execute(
            update(Publication)
            .where(Publication.outlet == Outlet.GOVERNMENT_SITE)
            .values(state=PublicationState.FAILED, last_error="host-key-changed", attempt=1)
        )
    page = lead.get("/staff/notices/1")
    assert "对方服务器的身份与登记的不同" in page
    assert "已重新排队" in lead.post("/staff/notices/1/outlets/government_site/retry")
    assert rows(portal)[Outlet.GOVERNMENT_SITE].state is PublicationState.READY


def test_every_reason_has_a_sentence() -> None:
    for reason in [*outlet_words.WORDS, "http-503", "-1", "53501", "ReadTimeout", "sftp-EOFError"]:
        told = outlet_words.told(Outlet.GOVERNMENT_SITE, reason)
        assert told
        assert not told.endswith("。")


# --- schedule ---


def test_approved_notice_waits_for_its_moment(portal: Portal) -> None:
    submitted(portal)
    lead = portal.signed_in("zhao")
    lead.get("/staff/notices/1")
    at = clock.now() + timedelta(hours=2)
    told = f"{at.astimezone(clock.SHANGHAI):%Y-%m-%dT%H:%M}"
    page = lead.post("/staff/notices/1/approve", {"digest": lead.hidden("digest"), "publish_at": told})
    assert "到时间自动发布" in page
    visitor = portal.visitor()
    visitor.get("/notices/1")
    assert visitor.status == 404
    with portal.database.begin() as session:
        assert not publishing.is_due(session, now=clock.now())
        assert publishing.publish_scheduled(session, now=at) == 1
        assert publishing.publish_scheduled(session, now=at) == 0
    visitor.get("/notices/1")
    assert visitor.status == 200
    assert set(rows(portal)) == {Outlet.PORTAL, Outlet.OFFICIAL_ACCOUNT, Outlet.GOVERNMENT_SITE}


def test_scheduled_notice_may_be_taken_back_and_a_changed_one_is_not_published(portal: Portal) -> None:
    submitted(portal)
    lead = portal.signed_in("zhao")
    at = clock.now() + timedelta(hours=2)
    told = f"{at.astimezone(clock.SHANGHAI):%Y-%m-%dT%H:%M}"
    lead.get("/staff/notices/1")
    lead.post("/staff/notices/1/approve", {"digest": lead.hidden("digest"), "publish_at": told})
    with portal.database.begin() as session:
        session.execute(update(Notice).values(body="被改过的正文"))
        assert publishing.publish_scheduled(session, now=at) == 0
    assert "与审核时不同" in lead.get("/staff/notices/1")
    assert rows(portal) == {}


@pytest.mark.parametrize("told", ["2099-01-01T00:00", "soon"])
def test_odd_moment_is_refused(portal: Portal, told: str) -> None:
    submitted(portal)
    lead = portal.signed_in("zhao")
    lead.get("/staff/notices/1")
    page = lead.post("/staff/notices/1/approve", {"digest": lead.hidden("digest"), "publish_at": told})
    assert "alert-danger" in page
    assert rows(portal) == {}


# --- new version ---


def test_new_version_takes_the_place_of_the_old_everywhere(portal: Portal) -> None:
    published(portal)
    officer = portal.signed_in("wang")
    officer.get("/staff/notices/1")
    page = officer.post("/staff/notices/1/replace", {"reason": "电话写错了"})
    assert "新版本的草稿已建好" in page
    assert "请尽早办理。" in page
    officer.get("/staff/notices/1")
    assert "已经有人在写新版本" in officer.post("/staff/notices/1/replace", {"reason": "再来一次"})
    officer.get("/staff/notices/2")
    officer.post("/staff/notices/2/submit", {"version": 1})
    lead = portal.signed_in("zhao")
    lead.get("/staff/notices/2")
    lead.post("/staff/notices/2/approve", {"digest": lead.hidden("digest")})
    visitor = portal.visitor()
    old = visitor.get("/notices/1")
    assert visitor.status == 410
    assert "内容已更正：电话写错了" in old
    assert 'href="/notices/2"' in old
    visitor.get("/notices/2")
    assert visitor.status == 200
    with portal.database.read() as session:
        wanted = dict(
            session.execute(
                select(Publication.external_id, Publication.wanted).where(
                    Publication.outlet == Outlet.GOVERNMENT_SITE
                )
            ).all()
        )
    assert wanted == {"notice-1-v1": PublicationState.GONE, "notice-2-v1": PublicationState.LIVE}


# --- mass send ---


def test_mass_send_is_asked_twice_and_counted(portal: Portal) -> None:
    lead = published(portal)
    page = lead.get("/staff/notices/1")
    assert "本月还剩 4 次" in page
    page = lead.get("/staff/notices/1/mass-send")
    for told in ("30 分钟内", "本月已用 <strong>0</strong> 次", "不能收回"):
        assert told in page
    digest = lead.hidden("digest")
    assert "请先勾选" in lead.post("/staff/notices/1/mass-send", {"digest": digest})
    assert Outlet.MASS_SEND not in rows(portal)
    assert "已排队群发" in lead.post("/staff/notices/1/mass-send", {"digest": digest, "sure": "yes"})
    lead.get("/staff/notices/1/mass-send")
    assert "同一篇不能再发一次" in lead.post("/staff/notices/1/mass-send", {"digest": digest, "sure": "yes"})
    assert list(rows(portal)).count(Outlet.MASS_SEND) == 1


def test_fifth_mass_send_of_a_month_is_refused(portal: Portal) -> None:
    lead = published(portal)
    with portal.database.begin() as session:
        for number in range(4):
            session.add(
                Notice(
                    title=f"第 {number} 篇",
                    body="正文",
                    state="withdrawn",
                    author_id=1,
                    created_at=clock.now(),
                )
            )
            session.flush()
            session.add(
                Publication(
                    notice_id=number + 2,
                    outlet=Outlet.MASS_SEND,
                    wanted=PublicationState.LIVE,
                    state=PublicationState.LIVE,
                    next_at=clock.now(),
                    proved_at=clock.now(),
                    updated_at=clock.now(),
                )
            )
    page = lead.get("/staff/notices/1/mass-send")
    assert "本月不能再群发" in page
    with portal.database.read() as session:
        digest = session.get_one(Notice, 1).digest
    lead.get("/staff/notices/1")
    page = lead.post("/staff/notices/1/mass-send", {"digest": digest, "sure": "yes"})
    assert "已经用完" in page
