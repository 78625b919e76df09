"""What a letter (点对点函告) says: the five facts of each license, and how to check that it is ours."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from reminders.rules.call_script import fact_values
from reminders.rules.facts import FiveFacts
from reminders.rules.lifecycle import CallOutcome, Channel
from reminders.rules.wording_kinds import FIRST
from reminders.rules.wordings import TemplateKind, Wording

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
    facts: Sequence[FiveFacts],
    holder_name: str,
    check_code: str,
    portal_url: str,
    on: date,
    wording: Wording = FIRST[TemplateKind.LETTER],
) -> LetterText:
    """As it stands on the day of printing; several departments' licenses are signed by the bureau alone."""
    whole = {"count": str(len(facts)), "check_code": check_code, "portal_url": portal_url}
    values = [fact_values(one, on) | whole for one in facts]
    departments = list(dict.fromkeys(one.department for one in facts))
    return LetterText(
        title=TITLE,
        addressee=f"{holder_name}：",
        opening=wording.text(values[0], "opening"),
        about=tuple(_about(wording.text(one, "about"), one) for one in values),
        closing=tuple(line for line in wording.text(values[0], "closing").splitlines() if line.strip()),
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


def _about(text: str, values: Mapping[str, str]) -> About:
    """Each line is a name and what stands under it, divided by its first colon."""
    lines = [line.partition("：") for line in text.splitlines() if line.strip()]
    return About(
        values["license_name"] + values["number"],
        tuple((name.strip(), words.strip()) for name, _, words in lines),
    )
