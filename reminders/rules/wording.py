"""What a reminder says, from the facts and the day on which it leaves; dates are always printed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Protocol

from reminders.rules import english_wording
from reminders.rules.identity import mask_holder
from reminders.rules.lifecycle import HolderKind, Language, Stage
from reminders.rules.stages import LAST_CALL_DAYS
from reminders.rules.template_fields import Value, cut, shorten_company

FIELD_ROOM = 20  # characters of a WeChat field
LEAST_HOLDER_ROOM = 4  # less than this of a name tells nobody who is meant


class OfLicense(Protocol):
    @property
    def license_id(self) -> int: ...


@dataclass(frozen=True)
class Line:
    """One date of one license inside a message."""

    license_id: int
    license_name: str
    holder_name: str
    holder_kind: HolderKind
    date_name: str  # 期满日期, or the name of the companion date
    expires_on: date
    opens_on: date | None
    apply_by: date | None
    service_phone: str
    language: Language = Language.ZH  # of whoever reads the message


def values(lines: Sequence[Line], today: date, check_code: str) -> dict[str, Value | None]:
    """Everything a template may show, by the names used in config/wechat_templates.toml.

    Of several licenses the most urgent one lends its dates. A value may be None: then it cannot be said.
    """
    urgent = most_urgent(lines)
    return {
        "subject": subject(lines),
        "subject_with_holder": subject_with_holder(lines),
        "holder_name": short_holder(urgent.holder_name, urgent.holder_kind),
        "date_name": urgent.date_name,
        "expires_on": urgent.expires_on,
        "apply_by": urgent.apply_by,
        "advice": advice(lines, today),
        "count": len(lines),
        "service_phone": urgent.service_phone,
        "check_code": check_code,
    }


VALUE_NAMES = (
    "subject",
    "subject_with_holder",
    "holder_name",
    "date_name",
    "expires_on",
    "apply_by",
    "advice",
    "count",
    "service_phone",
    "check_code",
)


def subject(lines: Sequence[Line]) -> str:
    if _is_english(lines):
        return english_wording.subject(lines[0].license_name, len(lines))
    if len(lines) == 1:
        line = lines[0]
        return line.license_name
    return f"您有 {len(lines)} 本证照需要办理"


def subject_with_holder(lines: Sequence[Line]) -> str:
    """The license and, as far as a WeChat field has room, whose it is."""
    line = lines[0]
    room = FIELD_ROOM - len(line.license_name) - len("（）")
    if len(lines) > 1 or room < LEAST_HOLDER_ROOM or _is_english(lines):
        return subject(lines)
    return f"{line.license_name}（{short_holder(line.holder_name, line.holder_kind, room)}）"


def advice(lines: Sequence[Line], today: date) -> str:
    """At most 20 characters, the room that a WeChat field offers."""
    line = most_urgent(lines)
    if _is_english(lines):
        dates = (line.opens_on, line.apply_by, line.expires_on)
        return english_wording.advice(stage_on(line, today), *dates, is_several=len(lines) > 1)
    if len(lines) > 1 and line.apply_by is not None and line.apply_by >= today:
        return f"最早的最迟申请日 {line.apply_by}"
    if line.apply_by is None and line.expires_on >= today:
        return f"{line.expires_on} 期满，请咨询窗口"
    match stage_on(line, today):
        case Stage.LAPSED:
            return f"已于 {line.expires_on} 期满"
        case Stage.CLOSED:
            return f"已过最迟申请日 {line.apply_by}"
        case Stage.LAST_CALL:
            return f"请尽快，最迟 {line.apply_by} 提交"
        case Stage.FIRST:
            return f"{line.opens_on} 起可以申请"
        case _:
            return f"最迟 {line.apply_by} 提交申请"


def stage_on(line: Line, today: date) -> Stage:
    """The stage that is true on the day of sending, whatever it was when the message was planned."""
    if line.expires_on < today:
        return Stage.LAPSED
    if line.apply_by is None:
        return Stage.FOLLOW_UP
    if line.apply_by < today:
        return Stage.CLOSED
    if line.opens_on is not None and line.opens_on > today:
        return Stage.FIRST
    if line.apply_by - today <= timedelta(days=LAST_CALL_DAYS):
        return Stage.LAST_CALL
    return Stage.FOLLOW_UP


def _is_english(lines: Sequence[Line]) -> bool:
    return lines[0].language is Language.EN


def most_urgent(lines: Sequence[Line]) -> Line:
    return min(lines, key=lambda line: (line.apply_by or line.expires_on, line.expires_on, line.license_id))


def short_holder(name: str, kind: HolderKind, most: int = FIELD_ROOM) -> str:
    """A company without the place and legal form everyone knows, a person with the given name masked."""
    return shorten_company(name, most) if kind is HolderKind.COMPANY else cut(mask_holder(name, kind), most)


def page_path(lines: Sequence[OfLicense]) -> str:
    """The page with all five facts, or the list when there are several licenses."""
    return (
        f"/h5/licenses/{lines[0].license_id}" if len({x.license_id for x in lines}) == 1 else "/h5/licenses"
    )


def sms_params(lines: Sequence[Line], today: date, check_code: str) -> dict[str, str]:
    """What the placeholders of an SMS template stand for: config/sms_templates.toml."""
    urgent = most_urgent(lines)
    return {
        "subject": f"《{urgent.license_name}》" if len(lines) == 1 else f"{len(lines)}本证照",
        "expires_on": str(urgent.expires_on),
        "advice": sms_advice(lines, today),
        "service_phone": urgent.service_phone,
        "check_code": check_code,
    }


def sms_advice(lines: Sequence[Line], today: date) -> str:
    """Short, because every 70 signs of an SMS are paid for."""
    line = most_urgent(lines)
    match stage_on(line, today):
        case Stage.LAPSED:
            return "已过期满日期，请停止相关活动并咨询窗口"
        case Stage.CLOSED:
            return f"已过最迟申请日{line.apply_by}，请咨询窗口"
        case Stage.FIRST:
            return f"{line.opens_on}起可申请换证，最迟{line.apply_by}"
        case _ if line.apply_by is None:
            return "申请时限请咨询窗口"
        case _:
            return f"请最迟{line.apply_by}申请换证"
