"""Feeds and tables as libraries of others read them, and pages as a parser that forgives nothing."""

import csv
import io
import json
import re
from datetime import date
from pathlib import Path

import feedparser
import html5lib
import jsonschema
import pytest
import xmlschema

from reminders import clock
from reminders.notices import board, review
from reminders.rules.permissions import system
from reminders.tables.ledger import License
from tests.portal.conftest import Portal
from tests.portal.test_browser import OTHERS, PAGES
from tests.portal.test_public_portal import HARMFUL, publish, publish_list

FORMATS = Path(__file__).parent / "formats"
TABLES = ("/open-data/catalogue.csv", "/open-data/notices.csv", "/open-data/lists.csv")


@pytest.fixture
def published(portal: Portal) -> Portal:
    with portal.database.begin() as session:
        publish_list(session)
        publish(session, "第二篇 <&> ]]>", HARMFUL, minute=1)
    return portal


@pytest.mark.parametrize(("url", "version"), [("/feed.atom", "atom10"), ("/feed.rss", "rss20")])
def test_feed_is_read_by_a_feed_reader(published: Portal, url: str, version: str) -> None:
    answer = published.app.test_client().get(url)
    read = feedparser.parse(answer.data, response_headers={"content-type": answer.content_type})
    assert (read.bozo, read.version) == (False, version)
    assert [entry.link for entry in read.entries] == [f"http://localhost/notices/{one}" for one in (2, 1)]
    assert len({entry.id for entry in read.entries}) == 2
    for entry in read.entries:
        assert entry.published_parsed
        body = entry.content[0].value if "content" in entry else entry.summary
        assert "<script" not in body
        assert not re.search(r"<img|href=\"javascript", body)
    assert "&lt;" not in read.entries[1].title
    assert read.feed.link == "http://localhost/notices/"


def test_json_feed_has_what_version_1_1_asks_for(published: Portal) -> None:
    answer = published.app.test_client().get("/feed.json")
    assert answer.mimetype == "application/feed+json"
    told = json.loads(answer.data)
    assert faults_of(told) == []
    assert [item["id"] for item in told["items"]] == [f"http://localhost/notices/{one}" for one in (2, 1)]
    assert all(item["id"] == item["url"] for item in told["items"])
    spoiled = [{**told, "version": "1"}, {**told, "items": [{}]}, {**told, "feed_url": "feed.json"}]
    assert all(map(faults_of, spoiled)), "the schema sees faults"


def faults_of(told: object) -> list[str]:
    schema = json.loads((FORMATS / "json_feed.json").read_text(encoding="utf-8"))
    found = jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker())
    return [f"{fault.json_path}: {fault.message}" for fault in found.iter_errors(told)]


def test_site_map_is_valid_and_names_each_page_once(published: Portal) -> None:
    schema = xmlschema.XMLSchema(FORMATS / "sitemap.xsd")
    answer = published.app.test_client().get("/sitemap.xml")
    assert [str(fault.reason) for fault in schema.iter_errors(answer.text)] == []
    assert b"http://localhost/notices/2<" in answer.data
    for old, new in ((b"http://localhost/<", b"/<"), (b"<loc>", b"<lastmod>soon</lastmod><loc>")):
        assert not schema.is_valid(answer.data.replace(old, new).decode()), "the schema sees faults"


def test_feeds_are_valid_while_nothing_is_published(portal: Portal) -> None:
    client = portal.app.test_client()
    for url in ("/feed.atom", "/feed.rss"):
        read = feedparser.parse(client.get(url).data)
        assert (read.bozo, read.entries) == (False, [])
    told = json.loads(client.get("/feed.json").data)
    assert (faults_of(told), told["items"]) == ([], [])


def test_withdrawn_notice_leaves_every_feed_and_table(published: Portal) -> None:
    client = published.app.test_client()
    places = ("/feed.atom", "/feed.rss", "/feed.json", "/sitemap.xml", *TABLES[1:])
    for url in places:
        assert b"/notices/1" in client.get(url).data or "示例0号" in client.get(url).text, url
    with published.database.begin() as session:
        review.withdraw(session, 1, "名单有误", actor=system("test"), now=clock.now())
    for url in places:
        assert b"/notices/1<" not in client.get(url).data, url
        assert "示例0号" not in client.get(url).text, url


@pytest.mark.parametrize("url", TABLES)
def test_table_is_csv_that_excel_opens(published: Portal, url: str) -> None:
    answer = published.app.test_client().get(url)
    assert answer.data.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"))))
    assert len({len(row) for row in rows}) == 1
    assert len(rows) > 2
    assert not [cell for row in rows for cell in row if cell.startswith(("=", "+", "-", "@"))]


def test_cell_that_a_spreadsheet_would_run_is_made_plain(portal: Portal) -> None:
    with portal.database.begin() as session:
        publish(session, '=HYPERLINK("http://evil.example")')
    assert "'=HYPERLINK" in portal.visitor().get("/open-data/notices.csv")


def test_list_table_holds_what_the_page_shows_and_no_more(published: Portal) -> None:
    table = published.visitor().get("/open-data/lists.csv")
    assert "示例0号食品有限公司" in table
    assert "SC106371002" not in table
    assert "13800000100" not in table


def test_list_table_says_who_renewed_since_as_the_page_does(published: Portal) -> None:
    with published.database.begin() as session:
        session.get_one(License, board.article(session, 1).rows[0].license_id).expires_on = date(2035, 1, 1)
    table = csv.DictReader(io.StringIO(published.visitor().get("/open-data/lists.csv").lstrip("\ufeff")))
    assert [row["是否已换证"] for row in table] == ["是", "否", "否"]
    assert published.visitor().get("/notices/1").count(">已换证</span>") == 1


@pytest.mark.parametrize("url", [*PAGES.values(), *OTHERS])
def test_page_is_html_without_a_single_parse_error(published: Portal, url: str) -> None:
    page = published.visitor().get(url)
    html5lib.HTMLParser(strict=True).parse(page)
    ids = re.findall(r'\sid="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    for target in re.findall(r'(?:for|aria-describedby|href)="#?([a-z-]+)"', page):
        assert target in ids or f'href="{target}"' in page, target
    labelled = set(re.findall(r'<label[^>]*\sfor="([^"]+)"', page))
    fields = re.findall(r'<(?:input|select|textarea)\b(?![^>]*type="hidden")[^>]*\sid="([^"]+)"', page)
    assert set(fields) <= labelled


def test_every_link_inside_the_site_leads_somewhere(published: Portal) -> None:
    visitor = published.visitor()
    links: set[str] = set()
    for url in PAGES.values():
        links |= set(re.findall(r'href="(/[^"#]*)', visitor.get(url)))
    for link in sorted(links):
        address = link.replace("&amp;", "&")
        if address.startswith(("/staff", "/view", "/static")):
            continue
        assert visitor.client.get(address, follow_redirects=True).status_code == 200, address
