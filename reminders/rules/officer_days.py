"""On which days a department has nobody: all of its officers are away, and nobody is in their place."""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta

Span = tuple[date, date]  # both days included


def days_of(from_on: date, until_on: date) -> tuple[date, ...]:
    return tuple(from_on + timedelta(days=number) for number in range((until_on - from_on).days + 1))


def without_anybody(days: Iterable[date], away: Sequence[Sequence[Span]]) -> frozenset[date]:
    """`away` holds the spans of each officer; without officers it is every day."""
    return frozenset(day for day in days if all(_is_in(day, spans) for spans in away))


def common(one: Span, other: Span) -> Span | None:
    """The days two spans share."""
    from_on, until_on = max(one[0], other[0]), min(one[1], other[1])
    return (from_on, until_on) if from_on <= until_on else None


def _is_in(day: date, spans: Iterable[Span]) -> bool:
    return any(from_on <= day <= until_on for from_on, until_on in spans)
