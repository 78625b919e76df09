"""No small count can be read from a published table, nor worked out by subtraction."""

from hypothesis import given
from hypothesis import strategies as st

from reminders.rules.suppression import SMALL, Hidden, suppress

GROUPS = ((1, 2, 3), (4, 5))


@st.composite
def tables(draw: st.DrawFn) -> list[list[int]]:
    rows = []
    for _ in range(draw(st.integers(1, 6))):
        parts = draw(st.lists(st.integers(0, 12), min_size=3, max_size=3))
        total = sum(parts)
        first = draw(st.integers(0, total))
        rows.append([total, *parts, first, total - first])
    return rows


@given(tables())
def test_what_is_small_is_hidden_and_what_is_shown_is_true(rows: list[list[int]]) -> None:
    for counts, shown in zip(rows, suppress(rows, GROUPS), strict=True):
        for count, seen in zip(counts, shown, strict=True):
            if isinstance(seen, Hidden):
                assert (seen is Hidden.SMALL) == (0 < count < SMALL)
            else:
                assert seen == count
                assert seen == 0 or seen >= SMALL


@given(tables())
def test_no_sum_has_one_unknown(rows: list[list[int]]) -> None:
    shown = suppress(rows, GROUPS)
    for row in shown:
        for group in GROUPS:
            assert sum(isinstance(row[column], Hidden) for column in (0, *group)) != 1
    if len(shown) > 1:
        for column in range(6):
            assert sum(isinstance(row[column], Hidden) for row in shown) != 1


def test_large_counts_are_all_shown() -> None:
    rows = [[20, 10, 5, 5, 20, 0], [30, 30, 0, 0, 10, 20]]
    assert suppress(rows, GROUPS) == rows


def test_nothing_to_show() -> None:
    assert suppress([], GROUPS) == []
