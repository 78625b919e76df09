"""The public reads notices and the catalogue without an account, and nothing written there can harm them."""

import html
import re
from dataclasses import replace
from datetime import timedelta
from xml.etree import ElementTree

import pytest
from sqlalchemy.orm import Session

from config.settings import Settings
from portal.public.codes import drawn
from reminders import clock, staff
from reminders.notices import board, desk, review, writing
from reminders.notices.writing import Period
from reminders.rules import notice_text
from reminders.rules.permissions import system
from reminders.tables.ledger import License
from reminders.tables.notices import Notice
from tests.portal.conftest import FOOD, Portal

HARMFUL = "<script>alert(1)</script>[点](javascript:alert(2)) <img src=x onerror=alert(3)>\n\n]]>\x0b"
OUR_SCRIPT = re.compile(r'<script src="/static/print\.js\?v=\w+" defer></script>')
DATA_BLOCK = '<script type="application/ld+json">'  # never run: the policy does not concern it
ACTIVE = re.compile(
    rf"<(script(?! type=\"application/ld\+json\">|{OUR_SCRIPT.pattern[7:]})|style)\b|<[^>]*\s(style|on\w+)="
    r"|(href|src|action)=\"(javascript|data:text)"
)
PAGES = ("/", "/notices/", "/catalogue/", "/catalogue/2", "/feed.atom", "/sitemap.xml")


def publish(
    session: Session, title: str = "换证温馨提示", body: str = "请尽早办理。", *, minute: int = 0
) -> int:
    now = clock.now() - timedelta(days=1) + timedelta(minutes=minute)
    officer = staff.by_login(session, "wang")
    return approve(session, writing.draft(session, title, body, actor=officer, now=now), minute)


def publish_list(session: Session) -> int:
    today = clock.civil_date(clock.now())
    period = Period(today, today + timedelta(days=90))
    officer = staff.by_login(session, "wang")
    return approve(session, writing.generate(session, FOOD, period, actor=officer, now=clock.now()), 0)


def approve(session: Session, notice_id: int, minute: int) -> int:
    now = clock.now() - timedelta(days=1) + timedelta(minutes=minute)
    officer, lead = staff.by_login(session, "wang"), staff.by_login(session, "zhao")
    writing.submit(session, notice_id, version=1, actor=officer, now=now)
    digest = desk.show(session, notice_id, clock.civil_date(now), actor=lead).digest
    review.approve(session, notice_id, digest, outlets=(), actor=lead, now=now)
    return notice_id


@pytest.mark.parametrize("url", PAGES)
def test_page_opens_empty_and_filled_and_is_not_sent_twice(portal: Portal, url: str) -> None:
    visitor = portal.visitor()
    visitor.get(url)
    assert visitor.status == 200
    with portal.database.begin() as session:
        publish_list(session)
    visitor.get(url)
    assert visitor.last is not None
    assert visitor.status == 200
    assert "Set-Cookie" not in visitor.last.headers
    again = visitor.client.get(url, headers={"If-None-Match": visitor.last.headers["ETag"]})
    assert again.status_code == 304


def test_nothing_inline_that_the_policy_forbids(portal: Portal) -> None:
    with portal.database.begin() as session:
        publish_list(session)
        publish(session, body=HARMFUL)
    visitor = portal.visitor()
    for url in (*PAGES[:4], "/notices/1", "/notices/2", "/nope", "/staff/sign-in"):
        page = visitor.get(url)
        assert not ACTIVE.search(page), url


def test_harmful_text_is_shown_as_text_everywhere(portal: Portal) -> None:
    with portal.database.begin() as session:
        notice_id = publish(session, "标题 <script>alert(0)</script>", HARMFUL)
    visitor = portal.visitor()
    page = visitor.get(f"/notices/{notice_id}")
    assert "&lt;script&gt;alert(0)" in page
    assert page.count("<script") == page.count(DATA_BLOCK) + len(OUR_SCRIPT.findall(page)) == 2
    assert not re.search(r"<img(?! src=\"data:image/svg)|javascript:alert\(2\)\"", page)
    feed = ElementTree.fromstring(visitor.get("/feed.atom"))
    content = feed.findtext("{*}entry/{*}content") or ""
    assert "<script" not in content
    assert "&lt;script&gt;" in content


def test_article_tells_what_a_government_page_must(portal: Portal) -> None:
    with portal.database.begin() as session:
        notice_id = publish_list(session)
    page = portal.visitor().get(f"/notices/{notice_id}")
    for name in ("SiteName", "ColumnName", "ArticleTitle", "PubDate", "ContentSource", "Url"):
        assert f'<meta name="{name}" content="' in page, name
    for words in (
        "发布时间",
        "来源：威海市行政审批服务局",
        "最迟申请日",
        "上一篇",
        "下一篇",
        "跳到正文",
        "练习环境",
    ):
        assert words in page, words
    assert page.count("<h1>") == 1
    assert "13800000100" not in page


def test_article_names_others_of_its_kind_but_not_itself(portal: Portal) -> None:
    with portal.database.begin() as session:
        ids = [publish_list(session) for _ in range(2)]
        alone = publish(session)
    visitor = portal.visitor()
    for one, other in (ids, reversed(ids)):
        related = visitor.get(f"/notices/{one}").partition("相关提示")[2].partition("</nav>")[0]
        assert f"/notices/{other}" in related
        assert f"/notices/{one}" not in related
    assert "相关提示" not in visitor.get(f"/notices/{alone}")


def test_record_says_what_is_filed_under_which_number_and_whether_it_holds(portal: Portal) -> None:
    with portal.database.begin() as session:
        notice_id = publish_list(session)
    page = portal.visitor().get(f"/notices/{notice_id}")
    told = dict(re.findall(r"<dt>([^<]+)</dt><dd>([^<]+)</dd>", page))
    assert told["索引号"] == f"{clock.civil_date(clock.now()).year}-{notice_id:05d}"
    assert told["发布机构"].endswith("（市场准入二科）")
    assert (told["主题"], told["有效性"]) == ("食品生产许可证", "有效")
    with portal.database.begin() as session:
        review.withdraw(session, notice_id, "有误", actor=system("test"), now=clock.now())
    assert "<dd>已撤回</dd>" in portal.visitor().get(f"/notices/{notice_id}")


def test_code_to_share_is_of_the_page_until_it_is_withdrawn(portal: Portal, settings: Settings) -> None:
    with portal.database.begin() as session:
        notice_id = publish_list(session)
    visitor = portal.visitor()
    shared = drawn(f"{settings.portal_url}/notices/{notice_id}")
    assert f'src="{shared}"' in html.unescape(visitor.get(f"/notices/{notice_id}"))
    with portal.database.begin() as session:
        review.withdraw(session, notice_id, "有误", actor=system("test"), now=clock.now())
    assert "二维码" not in visitor.get(f"/notices/{notice_id}")


def test_row_that_renewed_since_says_so(portal: Portal) -> None:
    with portal.database.begin() as session:
        notice_id = publish_list(session)
        first = board.article(session, notice_id).rows[0].license_id
        session.get_one(License, first).expires_on = clock.civil_date(clock.now()) + timedelta(days=2000)
    assert portal.visitor().get(f"/notices/{notice_id}").count(">已换证</span>") == 1


def test_list_says_what_is_over_on_the_day_it_is_read(portal: Portal) -> None:
    with portal.database.begin() as session:
        notice_id = publish_list(session)
        notice = session.get_one(Notice, notice_id)
        rows = notice_text.rows_from_text(notice.public_list)
        today = clock.civil_date(clock.now())
        days = (today - timedelta(days=1), today)  # the last day itself is not over
        changed = [replace(row, apply_by=day) for row, day in zip(rows, days, strict=False)]
        notice.public_list = notice_text.rows_to_text(changed)
    page = portal.visitor().get(f"/notices/{notice_id}")
    assert page.count(">已过</span>") == 1
    assert "<dt>有效性</dt><dd>有效</dd>" in page
    with portal.database.begin() as session:
        over = [replace(row, expires_on=today - timedelta(days=1)) for row in changed]
        session.get_one(Notice, notice_id).public_list = notice_text.rows_to_text(over)
    assert "<dd>名单所列证照均已期满</dd>" in portal.visitor().get(f"/notices/{notice_id}?past-the-memory")


def test_list_is_paged_and_filtered(portal: Portal) -> None:
    with portal.database.begin() as session:
        publish_list(session)
        for number in range(board.PAGE):
            publish(session, f"第 {number} 篇", minute=number + 1)
    visitor = portal.visitor()
    first, second = visitor.get("/notices/"), visitor.get("/notices/?page=2")
    assert f"共 {board.PAGE + 1} 篇，第 1 / 2 页" in first
    assert first.count("/notices/") > second.count("/notices/")
    titles = re.findall(r'/notices/(\d+)" title=', first) + re.findall(r'/notices/(\d+)" title=', second)
    assert sorted(map(int, titles)) == list(range(1, board.PAGE + 2))
    assert "共 1 篇" in visitor.get(f"/notices/?kind={FOOD}")
    assert "没有温馨提示" in visitor.get("/notices/?kind=1")
    for odd in ("?page=-1", "?page=x", "?page=99999999999", "?kind=x&department=y"):
        visitor.get(f"/notices/{odd}")
        assert visitor.status == 200, odd


def test_feed_is_atom_with_unique_absolute_ids(portal: Portal) -> None:
    with portal.database.begin() as session:
        for number in range(3):
            publish(session, f"第 {number} 篇", minute=number)
    root = ElementTree.fromstring(portal.visitor().get("/feed.atom"))
    assert root.tag == "{http://www.w3.org/2005/Atom}feed"
    ids = [entry.findtext("{*}id") or "" for entry in root.findall("{*}entry")]
    assert ids == [f"http://localhost/notices/{number}" for number in (3, 2, 1)]
    for one in [root, *root.findall("{*}entry")]:
        for name in ("id", "title", "updated"):
            assert one.findtext(f"{{*}}{name}")


def test_catalogue_is_honest_about_what_is_not_confirmed(portal: Portal) -> None:
    visitor = portal.visitor()
    page = visitor.get("/catalogue/")
    assert page.count('href="/catalogue/') == 25 + 1  # and the menu
    assert "未核实" in page
    assert "以窗口答复为准" in visitor.get("/catalogue/4")
    confirmed = visitor.get("/catalogue/2")
    assert "期满30个工作日前" in confirmed
    assert "示例" in confirmed
    visitor.get("/catalogue/99")
    assert visitor.status == 404


def test_machines_learn_how_it_is(portal: Portal) -> None:
    client = portal.app.test_client()
    assert client.get("/healthz").json == {"alive": True}
    assert client.get("/readyz").json == {"ready": True, "catalogue_entries": 25}
    metrics = client.get("/metrics").get_data(as_text=True)
    assert 'portal_answers_total{route="/readyz",status="200"} 1.0' in metrics
    assert client.get("/metrics", environ_base={"REMOTE_ADDR": "203.0.113.9"}).status_code == 403


def test_error_pages_say_what_to_do(portal: Portal) -> None:
    visitor = portal.visitor()
    assert "回到首页重新查找" in visitor.get("/nope")
    assert visitor.status == 404
    big = {"login": "x" * (11 * 1024 * 1024)}
    assert visitor.client.post("/staff/sign-in", data=big).status_code in (400, 413)
