"""Words of a warm reminder notice (温馨提示): title, body and public list."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from reminders.rules.window import WindowRule, describe

MAX_TITLE = 100
MAX_BODY = 20_000
MAX_ROWS = 5_000
NOT_SURE = "该时限尚未核实，以窗口答复为准。"
CONTROL_SIGNS = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffe\uffff]"
)  # the feed's XML forbids them
_DATES = re.compile(r"(?<!\d)((?:19|20)\d{2})(?:-|/|\.|年)(\d{1,2})(?:-|/|\.|月)(\d{1,2})(?!\d)")
_IN_FORCE = re.compile(r"日?\s*起?(?:施行|公布|修订|修正)")


@dataclass(frozen=True)
class PublicRow:
    """One line of the public list, already masked. `license_id` never leaves the house."""

    license_id: int
    holder_name: str
    license_no: str
    expires_on: date
    apply_by: date | None
    is_estimate: bool = False


@dataclass(frozen=True)
class NoticeFacts:
    """What a generated notice says of one kind of license and one period."""

    license_name: str
    period_from: date
    period_to: date
    listed: int
    persons: int  # natural persons are counted, never named
    late: int  # listed ones whose last day to apply is over already
    window: str
    is_confirmed: bool
    department: str
    counter: str
    counter_hours: str
    service_phone: str
    materials: tuple[str, ...]
    basis: str


def title(facts: NoticeFacts) -> str:
    span = f"{facts.period_from:%Y-%m-%d} 至 {facts.period_to:%Y-%m-%d}"
    return f"关于{facts.license_name}（{span} 期满）换证的温馨提示"


def body(facts: NoticeFacts) -> str:
    """Markdown with the five facts: dates, window, place, phone, materials."""
    materials = "\n".join(f"{number}. {name}" for number, name in enumerate(facts.materials, 1))
    basis = f"\n\n## 依据\n\n{facts.basis}" if facts.basis else ""
    return (
        f"各持证单位：\n\n{_opening(facts)}\n\n"
        f"## 什么时候申请\n\n{facts.window}"
        f"{'' if facts.is_confirmed else NOT_SURE}\n\n"
        f"## 在哪里办理\n\n- 审批科室：{facts.department}\n- 办理地点：{facts.counter}\n"
        f"- 办公时间：{facts.counter_hours or '法定工作日'}\n- 服务电话：{facts.service_phone}\n\n"
        f"## 提交材料\n\n{materials}{basis}\n\n"
        "已经换领新证的单位不必理会本提示。名单中的信息有误，请拨打上面的服务电话更正。"
    )


def rule_sentence(rule: WindowRule) -> str:
    """The renewal window as a rule. Dates follow in the list, where each holder has their own."""
    return (
        f"请在{describe(rule)}提出换证申请。最后一天遇休息日的，应提前到前一个工作日；"
        "每家单位的最迟申请日见名单。"
    )


def rows_to_text(rows: Sequence[PublicRow]) -> str:
    """One spelling only, because the digest covers it."""
    return json.dumps(
        [
            [
                row.license_id,
                row.holder_name,
                row.license_no,
                row.expires_on.isoformat(),
                row.apply_by.isoformat() if row.apply_by else None,
                row.is_estimate,
            ]
            for row in rows
        ],
        ensure_ascii=False,
    )


def rows_from_text(text: str) -> tuple[PublicRow, ...]:
    return tuple(
        PublicRow(
            license_id=license_id,
            holder_name=holder_name,
            license_no=license_no,
            expires_on=date.fromisoformat(expires_on),
            apply_by=date.fromisoformat(apply_by) if apply_by else None,
            is_estimate=is_estimate,
        )
        for license_id, holder_name, license_no, expires_on, apply_by, is_estimate in json.loads(text)
    )


def tidy(text: str) -> str:
    """One line without control signs; full-width signs stay, because they are how Chinese is written."""
    return " ".join(CONTROL_SIGNS.sub("", text).split())


def past_dates(text: str, today: date) -> tuple[date, ...]:
    """Dates in the text that are over already, but not the day a law came into force."""
    days = (_day(match) for match in _DATES.finditer(text) if not _IN_FORCE.match(text, match.end()))
    return tuple(sorted({day for day in days if day is not None and day < today}))


def _opening(facts: NoticeFacts) -> str:
    span_text = f"{facts.period_from:%Y-%m-%d} 至 {facts.period_to:%Y-%m-%d}"
    persons = f"另有 {facts.persons} 名个人持证人，不列入公开名单，将单独提醒。" if facts.persons else ""
    late = (
        f"其中 {facts.late} 家的最迟申请日已过，请立即拨打服务电话，问清还能怎样办理。" if facts.late else ""
    )
    listed = (
        f"有 {facts.listed} 家单位持有的《{facts.license_name}》将于 {span_text} 期满，名单附后。"
        if facts.listed
        else f"部分《{facts.license_name}》将于 {span_text} 期满。"
    )
    return (
        f"{listed}{persons}需要继续从事该项活动的，请在最迟申请日（含）之前提出换证申请；"
        f"逾期未换证的，期满后不得继续从事该项活动。{late}"
    )


def _day(match: re.Match[str]) -> date | None:
    try:
        return date(int(match[1]), int(match[2]), int(match[3]))
    except ValueError:
        return None
