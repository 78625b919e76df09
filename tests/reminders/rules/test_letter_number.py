"""Numbers of letters are written as the standard has them, and read as people type them."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reminders.rules.letter_number import letter_number, read_letter_number, written_date


def test_number_and_date_have_the_form_of_the_standard() -> None:
    assert letter_number("社会民生科", 2026, 12) == "社会民生科函〔2026〕12号"
    assert written_date(date(2026, 1, 5)) == "2026年1月5日"


@given(
    st.sampled_from(["社会民生科", "经管一科", "市场准入二科"]),
    st.integers(2020, 2100),
    st.integers(1, 99999),
)
def test_what_is_written_is_read_again(department: str, year: int, number: int) -> None:
    assert read_letter_number(letter_number(department, year, number)) == (department, year, number)


@pytest.mark.parametrize(
    "typed", ["〔2026〕12号", "[2026]12", " （2026） 12 号", "(2026)12号", "［2026］12号"]
)
def test_other_brackets_and_no_department_are_understood(typed: str) -> None:
    assert read_letter_number(typed) == ("", 2026, 12)


@pytest.mark.parametrize("typed", ["", "1234567890123", "2026年12号", "〔26〕12号"])
def test_other_numbers_are_none_of_ours(typed: str) -> None:
    assert read_letter_number(typed) is None
