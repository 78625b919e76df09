"""The handbook keeps up with the console: each page has its chapter, each link a page, each button exists."""

import re
from functools import cache
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from werkzeug.exceptions import NotFound

from portal import handbook
from reminders.rules.lifecycle import Role
from tests.portal.conftest import Portal
from tests.portal.test_access_matrix import is_post

TEMPLATES = Path(handbook.__file__).parent / "templates"
JINJA = re.compile(r"\{#.*?#\}|\{[{%].*?[%}]\}", re.DOTALL)
NAMED = re.compile(r"<(button|a|label|summary|legend|caption|th|dt|h[1-3])\b[^<>]*>(.*?)</\1>", re.DOTALL)
CUT = "\0"  # where a condition of the template begins or ends
LINK = re.compile(r"\]\(([^)]+)\)")


def files() -> list[Path]:
    return sorted(handbook.FOLDER.glob("*.md"))


@cache
def names_on_screen() -> set[str]:
    """What stands on a button, a link, a label or a heading; a part that is computed becomes “…”."""
    found = set()
    for path in TEMPLATES.rglob("*.html"):
        text = path.read_text(encoding="utf-8")
        told = JINJA.sub(lambda one: "…" if one[0].startswith("{{") else CUT, text)
        for _tag, inside in NAMED.findall(told):
            words = re.sub(r"<[^<>]+>", CUT, inside)
            found |= {words.replace(CUT, ""), *words.split(CUT)}
        for written in JINJA.findall(text):
            found |= set(re.findall(r'"([^"]+)"', written))
    return {one.strip() for one in found}


def stands_there(name: str) -> bool:
    """“签发 …” is any name that begins so."""
    start, dots, _ = name.partition("…")
    return name in names_on_screen() or (
        bool(dots) and any(one.startswith(start.strip()) for one in names_on_screen())
    )


def test_every_page_of_the_console_has_its_chapter(portal: Portal) -> None:
    rules = [rule for rule in portal.app.url_map.iter_rules() if rule.endpoint.startswith("staff.")]
    without = {
        rule.endpoint for rule in rules if not is_post(rule) and not handbook.chapter_of(rule.endpoint)
    }
    assert without == set(), "name the page in the first lines of its chapter in portal/chapters/"
    endpoints = {rule.endpoint for rule in rules}
    desks = {endpoint.rpartition(".")[0] for endpoint in endpoints}
    named = [page for one in handbook.chapters() for page in one.pages]
    assert set(named) <= endpoints | desks, "a chapter names a page that is not there"
    assert len(named) == len(set(named)), "two chapters name the same page"


def test_every_role_has_chapters_of_its_own() -> None:
    assert len(handbook.chapters()) > 18
    for role in Role:
        assert any(role in one.roles for one in handbook.chapters()), role


@pytest.mark.parametrize("path", files(), ids=lambda path: path.stem)
def test_every_link_of_a_chapter_leads_somewhere(portal: Portal, path: Path) -> None:
    routes = portal.app.url_map.bind("localhost")
    for target in LINK.findall(path.read_text(encoding="utf-8")):
        if found := handbook.CHAPTER_LINK.match(target):
            chapter = handbook.chapter(found[1])
            assert chapter is not None, target
            anchors = {section.anchor for section in chapter.sections}
            assert not found[2] or found[2] in anchors, target
        else:
            try:
                endpoint, _ = routes.match(urlsplit(target).path, method="GET")
            except NotFound:
                pytest.fail(f"{target} is no page")
            assert endpoint.startswith("staff."), target


@pytest.mark.parametrize("path", files(), ids=lambda path: path.stem)
def test_every_name_a_chapter_quotes_stands_on_a_page(path: Path) -> None:
    quoted = handbook.ON_SCREEN.findall(path.read_text(encoding="utf-8"))
    assert [name for name in quoted if not stands_there(name)] == []


def test_page_leads_to_its_chapter_and_the_chapter_to_the_next(portal: Portal) -> None:
    visitor = portal.signed_in("wang")
    page = visitor.get("/staff/worklist/")
    assert '<a class="how" href="/staff/handbook/calls">本页怎么用</a>' in page
    page = visitor.get("/staff/handbook/calls")
    assert "<h1>电话提醒</h1>" in page
    assert '<b class="on-screen">通话结果</b>' in page
    assert 'href="/staff/worklist/"' in page
    assert "data-print" in page
    visitor.get("/staff/handbook/nothing")
    assert visitor.status == 404


def test_sign_in_is_explained_before_anybody_is_signed_in(portal: Portal) -> None:
    visitor = portal.visitor()
    assert "/staff/sign-in/help" in visitor.get("/staff/sign-in")
    page = visitor.get("/staff/sign-in/help")
    assert "恢复码" in page
    assert "操作手册</a>" not in page  # the rest wants a session


def test_search_finds_the_place_by_words_and_by_pinyin(portal: Portal) -> None:
    visitor = portal.signed_in("wu")
    page = visitor.get("/staff/handbook/?q=空号")
    assert 'href="/staff/handbook/calls#' in page
    assert "<mark>空号</mark>" in page
    for hit in handbook.search("撤回"):
        slug, _, place = unquote(hit.document.url).removeprefix(handbook.ADDRESS).partition("#")
        chapter = handbook.chapter(slug)
        assert chapter is not None
        assert not place or f'id="{place}"' in chapter.html
    assert "没有找到" in visitor.get("/staff/handbook/?q=量子力学")
    assert "找到" not in visitor.get("/staff/handbook/?q=")


def test_index_puts_the_own_role_first_and_the_whole_book_prints(portal: Portal) -> None:
    visitor = portal.signed_in("zheng")
    mine, _, others = visitor.get("/staff/handbook/").partition("其他岗位")
    assert "账号（安全管理员）" in mine
    assert "电话提醒" in others
    book = visitor.get("/staff/handbook/all")
    assert [
        title for title in (one.title for one in handbook.chapters()) if f"<h2>{title}</h2>" not in book
    ] == []
    assert len(re.findall(r'<h[23] id="(?!keys)', book)) == 0
