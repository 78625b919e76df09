"""What a letter (点对点函告) says: the five facts of each license, and how to check that it is ours."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from reminders.rules.call_script import date_words, window_words
from reminders.rules.facts import FiveFacts
from reminders.rules.lifecycle import CallOutcome, Channel

BUREAU = "威海市行政审批服务局"
TITLE = "证照到期提醒函"


class WhyLetter(StrEnum):
    """Why somebody is written to, of several reasons the first."""

    WRONG_NUMBER = "wrong_number"
    NO_ANSWER = "no_answer"
    NO_SMS = "no_sms"
    METHOD = "method"


@dataclass(frozen=True)
class Tried:
    """An earlier call or SMS about something in the letter; `is_wrong`: the number was found wrong since."""

    channel: Channel
    outcome: CallOutcome | None
    is_wrong: bool


@dataclass(frozen=True)
class About:
    """One date of one license, as pairs of a name and what the letter says under it."""

    title: str
    lines: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class LetterText:
    """In the order of the paper: title, whom it is for, opening, each license, closing, who signs, when."""

    title: str
    addressee: str
    opening: str
    about: tuple[About, ...]
    closing: tuple[str, ...]
    signed_by: str
    on: date


def why_letter(tried: Collection[Tried]) -> WhyLetter:
    if any(one.is_wrong or one.outcome is CallOutcome.WRONG_NUMBER for one in tried):
        return WhyLetter.WRONG_NUMBER
    if any(one.channel is Channel.PHONE for one in tried):
        return WhyLetter.NO_ANSWER
    return WhyLetter.NO_SMS if tried else WhyLetter.METHOD


def letter(
    facts: Sequence[FiveFacts], holder_name: str, check_code: str, portal_url: str, on: date
) -> LetterText:
    """As it stands on the day of printing; several departments' licenses are signed by the bureau alone."""
    departments = list(dict.fromkeys(one.department for one in facts))
    return LetterText(
        title=TITLE,
        addressee=f"{holder_name}：",
        opening=f"现将您单位（您）持有的下列 {len(facts)} 项证照的期限和办理办法告知如下。",
        about=tuple(_about(one, on) for one in facts),
        closing=(
            "需要预约窗口或者帮办代办的，请拨打上面的服务电话。已经提交申请的，请告诉我们，提醒会停止。",
            f"本函校验码 {check_code}。可以在 {portal_url} 输入校验码，核对这封函是不是我局发出的。"
            "我局不会在函中要求转账，也不会索要验证码。",
        ),
        signed_by=BUREAU + (departments[0] if len(departments) == 1 else ""),
        on=on,
    )


def frozen(text: LetterText) -> dict[str, Any]:
    """The words of a signed letter, for JSON; `thawed` gives them back unchanged."""
    return {**asdict(text), "on": text.on.isoformat()}


def thawed(kept: Mapping[str, Any]) -> LetterText:
    about = [
        About(one["title"], tuple((name, words) for name, words in one["lines"])) for one in kept["about"]
    ]
    return LetterText(
        title=kept["title"],
        addressee=kept["addressee"],
        opening=kept["opening"],
        about=tuple(about),
        closing=tuple(kept["closing"]),
        signed_by=kept["signed_by"],
        on=date.fromisoformat(kept["on"]),
    )


def _about(facts: FiveFacts, on: date) -> About:
    number = f"（编号 {facts.license_no}）" if facts.license_no else ""
    counter = f"{facts.counter}（{facts.counter_hours}）" if facts.counter_hours else facts.counter
    return About(
        f"{facts.license_name}{number}",
        (
            ("到期时间", date_words(facts, on)),
            ("申请时间", window_words(facts, on)),
            ("办理地点", counter),
            ("服务电话", facts.service_phone),
            ("提交材料", "、".join(facts.materials).replace("、（", "（")),
        ),
    )
