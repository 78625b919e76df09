"""Hides small counts in a published table, and as many others as keep them from being worked out."""

from collections.abc import Iterator, Sequence
from enum import StrEnum

SMALL = 5


class Hidden(StrEnum):
    """Why a count is not shown: it is small itself, or it would give a small one away."""

    SMALL = "<5"
    BESIDE = "*"


Shown = int | Hidden


def suppress(rows: Sequence[Sequence[int]], groups: Sequence[Sequence[int]]) -> list[list[Shown]]:
    """The rows with counts of 1 to 4 hidden.

    The first column is the total of each row; `groups` are the columns that add up to it, several ways. In
    every sum a reader can form (a group and its total, or a column) either nothing is hidden or two are.
    """
    hidden: dict[tuple[int, int], Hidden] = {
        (row, column): Hidden.SMALL
        for row, counts in enumerate(rows)
        for column, count in enumerate(counts)
        if 0 < count < SMALL
    }
    while more := _given_away(rows, groups, hidden):
        hidden[more] = Hidden.BESIDE
    return [
        [hidden.get((row, column), count) for column, count in enumerate(counts)]
        for row, counts in enumerate(rows)
    ]


def _given_away(
    rows: Sequence[Sequence[int]], groups: Sequence[Sequence[int]], hidden: dict[tuple[int, int], Hidden]
) -> tuple[int, int] | None:
    """The smallest visible count of a sum in which only one is hidden."""
    for cells in _sums(len(rows), len(rows[0]) if rows else 0, groups):
        visible = [cell for cell in cells if cell not in hidden]
        if len(cells) - len(visible) == 1 and visible:
            return min(visible, key=lambda cell: (rows[cell[0]][cell[1]] == 0, rows[cell[0]][cell[1]], cell))
    return None


def _sums(height: int, width: int, groups: Sequence[Sequence[int]]) -> Iterator[list[tuple[int, int]]]:
    for row in range(height):
        for group in groups:
            yield [(row, 0), *((row, column) for column in group)]
    for column in range(width):
        yield [(row, column) for row in range(height)]
