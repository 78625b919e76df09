"""The list of notices as readers walk it: filters, pages by number, pages by key."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import text

from reminders import clock, staff
from reminders.db import Database
from reminders.notices import board
from reminders.notices.board import Wish
from reminders.rules.lifecycle import NoticeState
from reminders.tables.notices import Notice
from tests import builders
from tests.portal.conftest import FOOD, Portal, Visitor
from tests.portal.test_public_portal import publish, publish_list

NEXT = re.compile(r'<a rel="next" href="([^"]+)"')
PREVIOUS = re.compile(r'<a rel="prev" href="([^"]+)"')
TITLES = re.compile(r'/notices/(\d+)" title=')


def fill(database: Database, count: int) -> None:
    """Published notices, some of one minute."""
    now = clock.now()
    with database.begin() as session:
        author = builders.staff(session)
        session.add_all(
            Notice(
                title=f"第 {number} 篇",
                body="请尽早办理。",
                state=NoticeState.PUBLISHED,
                author_id=author.id,
                created_at=now,
                published_at=now - timedelta(days=count) + timedelta(minutes=number // 3),
            )
            for number in range(count)
        )


def walk(visitor: Visitor, url: str, way: re.Pattern[str]) -> list[list[int]]:
    pages = []
    while url:
        page = visitor.get(url)
        pages.append([int(found) for found in TITLES.findall(page)])
        following = way.search(page)
        url = following[1].replace("&amp;", "&") if following else ""
    return pages


def test_walking_on_and_back_shows_everything_once(portal: Portal) -> None:
    fill(portal.database, 83)
    visitor = portal.visitor()
    onwards = walk(visitor, "/notices/", NEXT)
    assert [len(page) for page in onwards] == [20, 20, 20, 20, 3]
    assert [one for page in onwards for one in page] == list(range(83, 0, -1))
    assert walk(visitor, "/notices/?page=4", PREVIOUS) == onwards[3::-1]
    assert walk(visitor, "/notices/?page=99", NEXT) == onwards[4:]


def test_far_page_is_reached_by_key(database: Database) -> None:
    fill(database, 205)
    with database.read() as session:
        fourth = board.page(session, 4)
        last = fourth.lines[-1]
        fifth = board.page(session, 5, after=(last.published_at, last.id))
        assert fifth == board.page(session, 5)
        first = fifth.lines[0]
        assert board.page(session, 4, before=(first.published_at, first.id)) == fourth


def test_list_of_a_kind_is_read_from_its_index(sqlite_database: Database) -> None:
    with sqlite_database.read() as session:
        query = (
            "EXPLAIN QUERY PLAN SELECT id FROM notice WHERE state = 'published' AND {} "
            "ORDER BY published_at DESC, id DESC LIMIT 20"
        )
        for wanted in ("1 = 1", "catalogue_entry_id = 2", "department_id = 3"):
            plan = " ".join(row[3] for row in session.execute(text(query.format(wanted))))
            assert "COVERING INDEX ix_notice_state" in plan, plan
            assert "TEMP B-TREE" not in plan, plan


def test_filters_meet(portal: Portal) -> None:
    with portal.database.begin() as session:
        publish_list(session)
        publish(session, "另一篇")
        department = staff.by_login(session, "wang").department_id
        this_year = clock.civil_date(clock.now() - timedelta(days=1)).year
        old = session.get_one(Notice, 2)
        old.published_at = clock.now() - timedelta(days=800)
    visitor = portal.visitor()
    for query, wanted in (
        ("", [1, 2]),
        (f"kind={FOOD}", [1]),
        (f"department={department}", [1, 2]),
        ("period=30", [1]),
        (f"period={old.published_at.year}&kind=", [2]),
        (f"period={this_year}&department={department}&kind={FOOD}", [1]),
        ("department=9999", []),
    ):
        assert sorted(map(int, TITLES.findall(visitor.get(f"/notices/?{query}")))) == wanted, query
    page = visitor.get("/notices/?period=30")
    assert '<option value="30" selected>' in page
    assert f'<option value="{old.published_at.year}">' in page


@pytest.mark.parametrize(
    "odd", ["page=0", "page=-1", "page=x", "page=" + "9" * 30, "kind=" + "9" * 30, "period=20xx", "after=x"]
)
def test_odd_addresses_show_the_list(portal: Portal, odd: str) -> None:
    fill(portal.database, 3)
    visitor = portal.visitor()
    visitor.get(f"/notices/?{odd}")
    assert visitor.status == 200


def test_address_of_no_notice_is_not_found(portal: Portal) -> None:
    client = portal.app.test_client()
    for url in ("/notices/" + "9" * 30, "/catalogue/" + "9" * 30, "/notices/7", "/report?notice=7"):
        assert client.get(url).status_code == 404, url
    far = f"after={10**16}-5"
    assert client.get(f"/notices/?{far}").status_code == 200


def test_wish_without_wishes_is_everything() -> None:
    assert Wish() == board.EVERYTHING
