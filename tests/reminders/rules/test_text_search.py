"""People find a license by its name, its pinyin, what they call it, and what they mistype."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reminders.rules.text_search import Document, find, marked, snippet

NAMES = (
    *("药品经营许可证", "食品生产许可证", "医疗器械经营许可证", "巡游出租汽车客运经营许可证", "护士执业证书"),
    *("外国人来华工作许可证", "取水许可证", "民办学校办学许可证", "印刷经营许可证"),
)
GUIDES = [
    Document(f"/{n}", "办事指南", f"{name}怎么换证", f"{name}的材料：营业执照")
    for n, name in enumerate(NAMES)
]


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("药品经营许可证", "药品经营许可证"),
        ("药店", "药品经营许可证"),
        ("yaopin", "药品经营许可证"),
        ("ypjy", "药品经营许可证"),
        ("YPJY", "药品经营许可证"),
        ("出租车", "巡游出租汽车客运经营许可证"),
        ("hushi", "护士执业证书"),
        ("工签", "外国人来华工作许可证"),
        ("食品 换证", "食品生产许可证"),
        ("食品生产许可正", "食品生产许可证"),
        ("食品生惨许可证", "食品生产许可证"),
        ("要品经营许可证", "药品经营许可证"),
        ("yaopinjinying", "药品经营许可证"),
        ("　取水　", "取水许可证"),
        ("培训学校", "民办学校办学许可证"),
        ("出租车证", "巡游出租汽车客运经营许可证"),
        ("护士证到期", "护士执业证书"),
        ("护士证快到期了怎么办", "护士执业证书"),
        ("开药店", "药品经营许可证"),
        ("药店许可证", "药品经营许可证"),
        ("食品厂许可证过期", "食品生产许可证"),
        ("工签续期需要什么材料", "外国人来华工作许可证"),
        ("yaodian", "药品经营许可证"),
        ("chuzuche", "巡游出租汽车客运经营许可证"),
        ("hu shi", "护士执业证书"),
    ],
)
def test_found_first(query: str, first: str) -> None:
    hits = find(GUIDES, query, 10)
    assert hits, query
    assert hits[0].document.title == f"{first}怎么换证"


@pytest.mark.parametrize("query", ["", "   ", "，。", "zzzzqq", "天气预报", "q"])
def test_nothing_is_found_for_nothing(query: str) -> None:
    assert find(GUIDES, query, 10) == []


def test_question_without_a_thing_finds_all_that_answer_it() -> None:
    assert len(find(GUIDES, "怎么续证", 30)) == len(GUIDES)


def test_title_comes_before_text_and_new_before_old() -> None:
    texts = [
        Document("/old", "温馨提示", "食品换证", "", "2026-01"),
        Document("/text", "温馨提示", "其他", "食品换证", "2026-12"),
        Document("/new", "温馨提示", "食品换证", "", "2026-02"),
    ]
    assert [hit.document.url for hit in find(texts, "食品", 9)] == ["/new", "/old", "/text"]


@given(st.text(max_size=80))
def test_any_query_is_answered(query: str) -> None:
    for hit in find(GUIDES, query, 5):
        assert hit.score > 0
        pieces = list(marked(hit.document.title, hit.words))
        assert "".join(piece for piece, _ in pieces) == hit.document.title
        assert len(snippet(hit.document, hit.words)) <= 92


def test_snippet_shows_the_word() -> None:
    document = Document("/", "", "", "字" * 200 + "营业执照" + "字" * 200)
    assert "营业执照" in snippet(document, ["营业执照"])
