"""Nothing a writer types becomes a script, a style or a strange address."""

import re
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reminders.rules import notice_html, notice_text
from reminders.rules.notice_text import PublicRow

PAYLOADS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "[点我](javascript:alert(1))",
    "[点我](JaVaScRiPt:alert(1))",
    "[点我](data:text/html;base64,PHNjcmlwdD4=)",
    "![x](https://example.com/x.png)",
    "<svg/onload=alert(1)>",
    '[x](https://example.com "onmouseover=alert(1)")',
    "<iframe src=//example.com></iframe>",
    "<style>*{display:none}</style>",
    '<p style="color:red">x</p>',
    "<a href='vbscript:x'>x</a>",
    "[x]: javascript:alert(1)\n\n[x]",
    "```\n<script>alert(1)</script>\n```",
]
# What a browser would act on: a real tag or a real attribute, not its escaped text.
ACTIVE = re.compile(
    r"<\s*(script|img|svg|iframe|style|object|embed|form|input|link|meta|base)\b"
    r"|<[^>]*\s(on\w+|style|srcset)\s*="
    r"|href=\"(?!https?://)",
    re.IGNORECASE,
)


@pytest.mark.parametrize("payload", PAYLOADS)
def test_payload_is_harmless_when_rendered(payload: str) -> None:
    assert not ACTIVE.search(notice_html.render_body(payload))


@settings(max_examples=300, deadline=None)
@given(st.lists(st.one_of(st.sampled_from(PAYLOADS), st.text(max_size=20)), max_size=5))
def test_no_mixture_becomes_active(parts: list[str]) -> None:
    assert not ACTIVE.search(notice_html.render_body("".join(parts)))


def test_names_in_the_list_are_text_only() -> None:
    row = PublicRow(1, "<script>示例</script>有限公司", "鲁＊＊＊＊1", date(2027, 1, 1), date(2026, 12, 1))
    page = notice_html.article("标题", "正文", [row])
    assert not ACTIVE.search(page)
    assert "&lt;script&gt;" in page


def test_headings_stay_below_that_of_the_page() -> None:
    assert notice_html.render_body("# 大\n\n## 中") == "<h2>大</h2>\n<h2>中</h2>\n"


def test_public_list_survives_being_stored() -> None:
    rows = (
        PublicRow(1, "示例一号药房有限公司", "鲁AA＊＊＊＊0001", date(2027, 1, 1), None),
        PublicRow(
            2, "示例二号药房有限公司", "（无编号）", date(2027, 1, 2), date(2026, 12, 1), is_estimate=True
        ),
    )
    assert notice_text.rows_from_text(notice_text.rows_to_text(rows)) == rows


def test_past_dates_are_named() -> None:
    text = "2026年10月1日前，2026-11-02 当天，2026/12/1 之后，2026-13-45 不是日期"
    assert notice_text.past_dates(text, date(2026, 11, 2)) == (date(2026, 10, 1),)


def test_day_a_law_came_into_force_is_no_slip() -> None:
    text = "示例办法（2024-01-01施行）、示例规定（2020年3月1日起施行），请在 2025-01-01 前办理"
    assert notice_text.past_dates(text, date(2026, 11, 2)) == (date(2025, 1, 1),)
