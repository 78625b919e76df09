"""The public site in the conventions of government sites: head, strip, foot, preferences, statements."""

import json
import re
from pathlib import Path

import pytest

from config.settings import Settings
from portal.app import create_app
from tests.portal.conftest import FOOD, Portal
from tests.portal.test_public_portal import DATA_BLOCK, publish, publish_list

STATEMENTS = ("/how-it-works", "/faq", "/contact", "/accessibility", "/privacy", "/site-map", "/guides/")
SITE_METAS = ("SiteName", "SiteDomain")
COLUMN_METAS = ("ColumnName", "ColumnDescription", "ColumnKeywords", "ColumnType")
PAGE_METAS = ("Keywords", "Description", "Url")


def linked(page: str) -> dict[str, object]:
    found = page.partition(DATA_BLOCK)[2].partition("</script>")[0]
    return dict(json.loads(found))


@pytest.mark.parametrize("url", ["/", "/notices/", "/catalogue/", "/catalogue/4", *STATEMENTS])
def test_page_says_what_machines_and_inspectors_read(portal: Portal, url: str) -> None:
    page = portal.visitor().get(url)
    for name in (*SITE_METAS, *COLUMN_METAS, *PAGE_METAS):
        assert re.search(f'<meta name="{name}" content="[^"]+">', page), name
    assert f'<link rel="canonical" href="http://localhost{url}">' in page
    assert page.count("<h1") == 1
    assert len(re.findall(r'<meta property="og:\w+" content="[^"]+">', page)) == 6
    assert 'aria-label="主导航"' in page
    if url != "/":
        assert 'aria-label="当前位置"' in page


def test_guide_tells_machines_the_service_but_no_sample_as_a_fact(portal: Portal) -> None:
    told = linked(portal.visitor().get(f"/catalogue/{FOOD}"))
    assert told["@type"] == "GovernmentService"
    assert told["name"] == "食品生产许可证换证"
    assert "availableChannel" not in told


def test_notice_is_an_announcement_until_it_is_withdrawn(portal: Portal) -> None:
    with portal.database.begin() as session:
        notice_id = publish(session, "标题 </script><b>")
    page = portal.visitor().get(f"/notices/{notice_id}")
    assert linked(page)["@type"] == "SpecialAnnouncement"
    assert linked(page)["name"] == "标题 </script><b>"
    assert "noindex" not in page


def test_guide_gives_dates_and_says_how_sure_they_are(portal: Portal) -> None:
    visitor = portal.visitor()
    sure, unsure = visitor.get(f"/catalogue/{FOOD}"), visitor.get("/catalogue/4")
    assert len(re.findall(r"<tr><td class=\"text-nowrap leads\">\d{4}-\d{2}-\d{2}<", sure)) == 3
    assert "已核实" in sure
    assert "以窗口答复为准" in unsure
    assert "未核实" in unsure


def test_every_kind_has_a_guide(portal: Portal) -> None:
    visitor = portal.visitor()
    for entry_id in range(1, 26):
        page = visitor.get(f"/catalogue/{entry_id}")
        assert visitor.status == 200
        for words in ("什么时候申请", "带什么材料", "去哪里办", "服务电话", "依据", "办理对象"):
            assert words in page, (entry_id, words)


def test_foot_shows_what_is_known_and_hides_the_rest(settings: Settings, portal: Portal) -> None:
    bare = portal.visitor().get("/")
    assert "主办单位" in bare
    for words in ("承办单位", "备案", "网站标识码", "投诉电话", "邮编", "技术支持"):
        assert words not in bare, words
    told = settings.model_copy(
        update={
            "contractor": "示例信息中心",
            "icp_number": "示ICP备00000000号-1",
            "police_number": "示公网安备 37100002000000号",
            "site_code": "3710000000",
            "complaint_phone": "0631-0000009",
        }
    )
    client = create_app(told).test_client()
    full = client.get("/").text
    for words in (
        "承办单位：示例信息中心",
        "https://beian.miit.gov.cn/",
        "code=37100002000000",
        "3710000000",
    ):
        assert words in full, words
    for words in ("示ICP备00000000号-1", "code=37100002000000", "政府网站标识码：3710000000"):
        assert words in client.get("/en/").text, words
    assert '<meta name="SiteIDCode" content="3710000000">' in full
    assert '<a class="phone" href="tel:06310000009">' in full


def test_emblem_is_shown_only_where_the_installation_has_one(
    settings: Settings, portal: Portal, tmp_path: Path
) -> None:
    assert portal.app.test_client().get("/emblem").status_code == 404
    (tmp_path / "emblem.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'/>", encoding="utf-8")
    told = settings.model_copy(update={"site_emblem": str(tmp_path / "emblem.svg")})
    client = create_app(told).test_client()
    assert 'class="emblem"' in client.get("/").get_data(as_text=True)
    assert client.get("/emblem").mimetype == "image/svg+xml"


def test_words_to_search_for_are_those_of_the_installation(settings: Settings, portal: Portal) -> None:
    assert "常搜：" in portal.visitor().get("/")
    for words, wanted in (("渔船 <b>", ("渔船", "&lt;b&gt;")), ("", ())):
        client = create_app(settings.model_copy(update={"hot_words": words})).test_client()
        page = client.get("/").get_data(as_text=True)
        assert ("常搜：" in page) is bool(wanted)
        assert all(f">{word}</a>" in page for word in wanted)


def test_questions_name_every_address_a_message_may_lead_to(portal: Portal, settings: Settings) -> None:
    page = portal.visitor().get("/faq")
    for url in (settings.portal_url, settings.wxbot_url):
        assert f'<span class="text-nowrap">{url.removeprefix("http://")}</span>' in page


def test_care_mode_is_a_link_a_cookie_and_a_way_back(portal: Portal) -> None:
    visitor = portal.visitor()
    page = visitor.get("/notices/?kind=2")
    link = re.search(r'href="(/view\?[^"]*care=1[^"]*)"', page)
    assert link
    page = visitor.get(link[1].replace("&amp;", "&"))
    assert visitor.last is not None
    assert visitor.last.request.full_path == "/notices/?kind=2"
    assert '<html lang="zh-CN" class="care">' in page
    assert 'class="care"' in visitor.get("/faq")
    assert 'class="care"' not in visitor.get("/view?care=0")


def test_size_of_letters_is_kept(portal: Portal) -> None:
    with portal.database.begin() as session:
        publish_list(session)
    visitor = portal.visitor()
    assert "size-m" in visitor.get("/notices/1")
    assert "size-l" in visitor.get("/view?size=l&back=/notices/1")
    assert "size-l" in visitor.get("/view?size=huge&back=/notices/1")


@pytest.mark.parametrize("back", ["//evil.example", "https://evil.example/", "/\\evil.example", "/\tx", "x"])
def test_choice_never_leads_to_another_site(portal: Portal, back: str) -> None:
    answer = portal.app.test_client().get("/view", query_string={"care": "1", "back": back})
    assert answer.headers["Location"] == "/"


def test_robots_are_told_the_map_and_what_is_not_theirs(portal: Portal) -> None:
    told = portal.visitor().get("/robots.txt")
    assert "Disallow: /staff/\n" in told
    assert "Sitemap: http://localhost/sitemap.xml\n" in told


def test_nothing_on_the_map_is_closed_to_robots(portal: Portal) -> None:
    """Neither by robots.txt (the longest rule counts) nor by the page itself."""
    visitor = portal.visitor()
    rules = re.findall(r"^(Allow|Disallow): (\S+)$", visitor.get("/robots.txt"), re.MULTILINE)
    places = re.findall(r"<loc>http://localhost(/[^<]*)</loc>", visitor.get("/sitemap.xml"))
    assert {"/check/", "/en/guides/15", "/catalogue/2"} <= set(places)
    for place in places:
        fits = [(len(path), kind) for kind, path in rules if f"{place}$".startswith(path)]
        assert max(fits, default=(0, "Allow"))[1] == "Allow", place
        page = visitor.get(place)
        assert visitor.last is not None
        assert "noindex" not in page + visitor.last.headers.get("X-Robots-Tag", ""), place
        assert page.count('<meta name="ColumnDescription"') == 1, place
    assert ("Disallow", "/check/") in rules
