"""How the books of a day are kept: every message planned stands in exactly one column."""

from enum import StrEnum

from reminders.rules.lifecycle import DeliveryState


class Column(StrEnum):
    """planned = the sum of these; STRANDED is a failure that nothing follows, and must be empty."""

    DELIVERED = "delivered"
    REFUSED = "refused"
    UNCONFIRMED = "unconfirmed"
    UNDELIVERABLE = "undeliverable"
    CANCELLED = "cancelled"
    OPEN = "open"
    STRANDED = "stranded"


WORDS = {
    Column.DELIVERED: "已送达",
    Column.REFUSED: "被拒收",
    Column.UNCONFIRMED: "无回执",
    Column.UNDELIVERABLE: "送不到，已转下一步",
    Column.CANCELLED: "已取消",
    Column.OPEN: "进行中",
    Column.STRANDED: "送不到，没有下一步",
}

STATES = {
    DeliveryState.DELIVERED: Column.DELIVERED,
    DeliveryState.REFUSED: Column.REFUSED,
    DeliveryState.UNCONFIRMED: Column.UNCONFIRMED,
    DeliveryState.UNDELIVERABLE: Column.UNDELIVERABLE,
    DeliveryState.CANCELLED: Column.CANCELLED,
    DeliveryState.READY: Column.OPEN,
    DeliveryState.SENDING: Column.OPEN,
    DeliveryState.ACCEPTED: Column.OPEN,
    DeliveryState.UNKNOWN: Column.OPEN,
    DeliveryState.BLOCKED: Column.OPEN,
    DeliveryState.REVIEW: Column.OPEN,
}


def column_of(state: DeliveryState, *, is_followed: bool) -> Column:
    """`is_followed`: everything a failed message had to say is said, queued, listed or not true any more."""
    column = STATES[state]
    if column in (Column.UNDELIVERABLE, Column.REFUSED) and not is_followed:
        return Column.STRANDED
    return column


def imbalance(planned: int, columns: dict[Column, int]) -> int:
    """How many of the planned messages no column accounts for, those without a next step among them."""
    return planned - sum(number for column, number in columns.items() if column is not Column.STRANDED)
