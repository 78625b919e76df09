"""What each one-tap answer of a holder does to the reminders of one date, and whom it sends to look."""

from dataclasses import dataclass
from datetime import date, timedelta

from reminders.errors import Invalid
from reminders.rules.dates import Workdays, minus_days, minus_workdays, plus_workdays
from reminders.rules.lifecycle import AnswerKind
from reminders.rules.stages import HUMAN_WORKDAYS, LAST_CALL_DAYS

USUAL_PAUSE = timedelta(days=14)
HELP_WORKDAYS = 1  # 1 个工作日内联系您
# Of these at most one stands for a date: a new one takes the place of the old.
ABOUT_THE_LICENSE = frozenset({AnswerKind.APPLIED, AnswerKind.OUT_OF_BUSINESS, AnswerKind.LATER})
HELP = frozenset({AnswerKind.HELP, AnswerKind.BOOK})
WORDS: dict[object, str] = {
    AnswerKind.APPLIED: "已提交",
    AnswerKind.BOOK: "预约",
    AnswerKind.HELP: "请帮办联系我",
    AnswerKind.OUT_OF_BUSINESS: "不再经营",
    AnswerKind.HANDED_OVER: "换人负责",
    AnswerKind.NUMBER_WRONG: "号码不对",
    AnswerKind.LATER: "暂不提醒",
}


@dataclass(frozen=True)
class Effect:
    """`until_on` is the day on which a rest ends by itself; None: when somebody ends the answer.

    `is_sign`: it shows that somebody responsible knows of the date. From `look_on` a member of staff must
    look at it (None: nobody has to), by `promised_on` the holder was promised to hear from them.
    """

    rests: bool = False
    until_on: date | None = None
    unbinds: bool = False
    blocks_contact: bool = False
    is_sign: bool = True
    look_on: date | None = None
    promised_on: date | None = None


def effect(
    kind: AnswerKind,
    today: date,
    *,
    expires_on: date,
    apply_by: date | None,
    until: date | None = None,
    workdays: Workdays,
) -> Effect:
    """`until` is the day a holder chose for LATER. Raises Invalid when it is not a day one may choose."""
    last_call_on = last_call(expires_on, apply_by)
    match kind:
        case AnswerKind.APPLIED:
            check_on = minus_workdays(apply_by or expires_on, HUMAN_WORKDAYS, workdays)
            return Effect(rests=True, look_on=max(today, check_on))
        case AnswerKind.OUT_OF_BUSINESS:
            return Effect(rests=True, look_on=today)
        case AnswerKind.HELP | AnswerKind.BOOK:
            rests = today < last_call_on
            promised_on = plus_workdays(today, HELP_WORKDAYS, workdays)
            until_on = last_call_on if rests else None
            return Effect(rests=rests, until_on=until_on, look_on=today, promised_on=promised_on)
        case AnswerKind.HANDED_OVER:
            return Effect(unbinds=True, is_sign=False, look_on=today)
        case AnswerKind.NUMBER_WRONG:
            return Effect(blocks_contact=True, look_on=today)
        case AnswerKind.LATER:
            return Effect(rests=True, until_on=_pause_end(today, until, last_call_on))


def last_call(expires_on: date, apply_by: date | None) -> date:
    """The day of the last message before the end: no pause goes beyond it."""
    return minus_days(apply_by or expires_on, LAST_CALL_DAYS)


def usual_pause_end(today: date, expires_on: date, apply_by: date | None) -> date | None:
    """The day offered first for LATER; None when it is too late to pause."""
    last_call_on = last_call(expires_on, apply_by)
    return min(today + USUAL_PAUSE, last_call_on) if today < last_call_on else None


def _pause_end(today: date, until: date | None, last_call_on: date) -> date:
    if today >= last_call_on:
        raise Invalid("离最迟申请日不到 7 天，不能再暂停提醒。请尽快办理，或选“请帮办联系我”。")
    chosen = until or min(today + USUAL_PAUSE, last_call_on)
    if not today < chosen <= last_call_on:
        raise Invalid(f"暂停可以到 {last_call_on} 为止，从明天起选一个日子。")
    return chosen
