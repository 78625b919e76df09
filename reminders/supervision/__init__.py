"""Supervision (督促检查): figures of a period with their rows, samples, findings, orders, reports."""

from reminders.supervision.figures import ChannelLine, Line, Overview, overview
from reminders.supervision.orders import (
    Order,
    answer_order,
    close_order,
    departments,
    issue_order,
    orders,
    send_back,
)
from reminders.supervision.reporting import report
from reminders.supervision.rows import MessagePage, Row, RowPage, Wanted, messages, rows
from reminders.supervision.samples import (
    Finding,
    SampleLine,
    draw_sample,
    findings,
    record_finding,
    samples,
)

__all__ = [
    "ChannelLine",
    "Finding",
    "Line",
    "MessagePage",
    "Order",
    "Overview",
    "Row",
    "RowPage",
    "SampleLine",
    "Wanted",
    "answer_order",
    "close_order",
    "departments",
    "draw_sample",
    "findings",
    "issue_order",
    "messages",
    "orders",
    "overview",
    "record_finding",
    "report",
    "rows",
    "samples",
    "send_back",
]
