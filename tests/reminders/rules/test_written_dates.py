"""Dates as people write them."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reminders.errors import Invalid
from reminders.rules import written_dates

DAY = date(2026, 12, 20)
DAYS = st.dates(written_dates.EARLIEST, written_dates.LATEST)


@pytest.mark.parametrize(
    "text",
    [
        "2026-12-20",
        "2026.12.20",
        "2026/12/20",
        "20261220",
        "2026年12月20日",
        "2026 年 12 月 20 日",
        "２０２６．１２．２０",
        "2026-12-20 00:00:00",
        "2026-12-20T08:30:00",
        "46376",
        "46376.5",
        "二〇二六年十二月二十日",
        " 2026-12-20 ",
    ],
)
def test_day_is_read_when_written_in_any_of_these_ways(text: str) -> None:
    assert written_dates.read(text) == DAY


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("2026-02-30", "没有"),
        ("20261301", "没有"),
        ("2026年5月", "写到日"),
        ("26.12.20", "看懂"),
        ("见附件", "看懂"),
        ("3026-12-20", "不合常理"),
        ("1900-01-01", "不合常理"),
        ("12345", "不合常理"),
        ("1", "看懂"),
    ],
)
def test_text_is_refused_with_a_cure_when_it_is_no_day(text: str, said: str) -> None:
    with pytest.raises(Invalid, match=said):
        written_dates.read(text)


@given(DAYS)
def test_every_day_is_read_back_in_every_style(day: date) -> None:
    serial = str((day - written_dates.SERIAL_ZERO).days)
    for text in (
        day.isoformat(),
        day.strftime("%Y%m%d"),
        f"{day.year}.{day.month}.{day.day}",
        f"{day.year}年{day.month}月{day.day}日",
        serial,
    ):
        assert written_dates.read(text) == day


@pytest.mark.parametrize(
    ("text", "forever"), [("长期", True), ("无", True), (" 长期有效 ", True), ("", False)]
)
def test_forever_has_its_own_words(text: str, forever: bool) -> None:
    assert written_dates.is_forever(text) is forever
