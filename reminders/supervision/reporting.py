"""Writes the report of a period: the figures in a fixed order, what was found, and what must be put right."""

from datetime import datetime

from sqlalchemy.orm import Session

from reminders import audit, clock
from reminders.rules.letter_number import written_date
from reminders.rules.letter_text import BUREAU
from reminders.rules.permissions import Actor
from reminders.rules.report_parts import Heading, Paragraph, Part, Report, Table
from reminders.rules.supervision import (
    CHANNEL_DEFINITION,
    DEFINITIONS,
    NAMES,
    Counts,
    Figure,
    Period,
    percent,
)
from reminders.supervision.figures import Overview, overview
from reminders.supervision.orders import Order, orders
from reminders.supervision.samples import SampleLine, samples

CHANNELS = {
    "wechat": "微信",
    "subscription": "微信订阅通知",
    "sms": "短信",
    "business_system": "业务系统",
    "phone": "电话",
    "letter": "函告",
}
WIDTHS = (5, *([3] * len(Figure)))


def report(session: Session, period: Period, *, actor: Actor, now: datetime) -> Report:
    """The same figures as the page, as far as the actor may see them; writing it is put on record."""
    found = overview(session, period, actor=actor, now=now)
    drawn = [
        one
        for one in samples(session, actor=actor)
        if period.since <= clock.civil_date(one.created_at) <= period.until
    ]
    issued = orders(session, issued_in=period, actor=actor, now=now)
    detail = {"since": f"{period.since}", "until": f"{period.until}"}
    audit.record(session, "report.write", "supervision:report", detail, actor=actor, now=now)
    return Report(
        title=f"证照到期提醒督查报告（{period.name}）",
        parts=(
            Paragraph(
                f"统计期 {period.since} 至 {period.until}，{written_date(clock.civil_date(now))}生成。"
                f"现在台账共 {found.all.licenses} 本证照，3 个月内到期 {found.due_soon} 本；"
                f"统计期内期满 {found.all.expired} 本。"
            ),
            *_figures(found),
            *_channels(found),
            *_inspections(drawn, issued),
            Heading("五、指标口径"),
            *(Paragraph(f"{NAMES[figure]}：{DEFINITIONS[figure]}") for figure in Figure),
            Paragraph(f"分渠道触达：{CHANNEL_DEFINITION}"),
            Paragraph(BUREAU),
        ),
    )


def _figures(found: Overview) -> list[Part]:
    def row(name: str, counts: Counts) -> tuple[str, ...]:
        return (name, *(counts.shown(figure) for figure in Figure))

    names = tuple(NAMES[figure] for figure in Figure)
    departments = (*(row(one.department, one.counts) for one in found.departments), row("合计", found.all))
    kinds = tuple(row(one.license_name, one.counts) for one in found.kinds)
    return [
        Heading("一、各科室情况"),
        Table(("科室", *names), WIDTHS, departments),
        Heading("二、各类证照情况"),
        Table(("证照", *names), WIDTHS, kinds),
    ]


def _channels(found: Overview) -> list[Part]:
    if not found.channels:
        return [Heading("三、分渠道触达"), Paragraph("统计期内没有发出提醒消息。")]
    rows = tuple(
        (CHANNELS[one.channel], f"{one.left}", f"{one.delivered}", percent(one.delivered, one.left))
        for one in found.channels
    )
    return [Heading("三、分渠道触达"), Table(("渠道", "发出", "触达", "触达率"), (3, 2, 2, 2), rows)]


def _inspections(drawn: list[SampleLine], issued: list[Order]) -> list[Part]:
    told: list[Part] = [Heading("四、抽查和整改")]
    if drawn:
        rows = tuple(
            (one.department or "全部科室", f"{one.size}", f"{one.checked}", f"{one.problems}", one.seed)
            for one in drawn
        )
        told.append(Table(("抽查范围", "抽取", "已查", "有问题", "随机种子"), (4, 2, 2, 2, 3), rows))
    else:
        told.append(Paragraph("统计期内没有抽查。"))
    if issued:
        orders_rows = tuple((one.department, f"{one.deadline_on}", _state(one), one.text) for one in issued)
        told.append(Table(("科室", "整改期限", "状态", "问题和要求"), (3, 2, 2, 8), orders_rows))
    else:
        told.append(Paragraph("统计期内没有发出整改通知。"))
    return told


def _state(order: Order) -> str:
    if order.closed_at is not None:
        return "已办结"
    if order.replied_at is not None:
        return "已回复"
    return "逾期未回复" if order.is_late else "待回复"
