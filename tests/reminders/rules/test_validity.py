"""Validity: every wording of Annex 1, and which date pairs agree with it."""

from datetime import date

import pytest

from reminders.errors import Invalid
from reminders.rules.validity import Span, check, parse


@pytest.mark.parametrize(
    ("text", "spans"),
    [
        ("5年", (Span(5, 5),)),
        ("3至5年", (Span(3, 5),)),
        ("3-5年", (Span(3, 5),)),
        ("３－５年", (Span(3, 5),)),
        ("2至5年,1年(C类)", (Span(2, 5), Span(1, 1, "C类"))),
        ("2至5年，1年（C类）", (Span(2, 5), Span(1, 1, "C类"))),
        (" 6 年 ", (Span(6, 6),)),
        ("无", ()),
    ],
)
def test_every_shape_is_understood(text: str, spans: tuple[Span, ...]) -> None:
    assert parse(text).spans == spans


def test_years_span_all_classes() -> None:
    validity = parse("2至5年,1年(C类)")
    assert (validity.min_years, validity.max_years) == (1, 5)
    assert (parse("无").min_years, parse("无").max_years) == (None, None)


@pytest.mark.parametrize("text", ["", "年", "五年", "5", "5年左右", "5至3年", "0年", "长期", "5年;"])
def test_other_shapes_are_refused(text: str) -> None:
    with pytest.raises(Invalid):
        parse(text)


@pytest.mark.parametrize(
    ("text", "issued_on", "expires_on", "agrees"),
    [
        ("5年", "2021-03-01", "2026-02-28", True),
        ("5年", "2021-03-01", "2026-03-01", True),
        ("5年", "2021-03-01", "2026-02-27", False),
        ("5年", "2021-03-01", "2026-08-31", True),  # decided early, runs from the old expiry
        ("5年", "2021-03-01", "2026-09-02", False),
        ("5年", "2020-02-29", "2025-02-28", True),
        ("5年", "2021-03-01", "2027-03-01", False),
        ("3至5年", "2022-06-01", "2025-05-31", True),
        ("3至5年", "2022-06-01", "2026-05-31", True),
        ("3至5年", "2022-06-01", "2024-05-31", False),
        ("2至5年,1年(C类)", "2025-06-01", "2026-05-31", True),
        ("2至5年,1年(C类)", "2025-06-01", "2026-12-31", False),
        ("无", "2010-01-01", "2060-01-01", True),
        ("无", "2026-01-01", "2026-01-01", False),
        ("5年", "2026-01-01", "2021-01-01", False),
    ],
)
def test_warning_comes_when_the_dates_do_not_fit(
    text: str, issued_on: str, expires_on: str, agrees: bool
) -> None:
    warning = check(parse(text), date.fromisoformat(issued_on), date.fromisoformat(expires_on))
    assert (warning is None) == agrees
    if warning is not None:
        assert issued_on in warning
        assert expires_on in warning
