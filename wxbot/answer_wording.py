"""What a holder hears after a one-tap answer: how it was understood, what follows, how to take it back."""

from collections.abc import Sequence
from datetime import date

from reminders.answers import Standing
from reminders.holders import OwnLicense
from reminders.rules.answers import WORDS
from reminders.rules.facts import with_weekday
from reminders.rules.lifecycle import AnswerKind

NOTHING_BOUND = "您还没有绑定证照，没有可以回答的提醒。回复“绑定”开始，大约一分钟。"
NOTHING_TO_TAKE_BACK = "没有可以撤回的回答。回复“我的证照”看看现在的情况。"
TOO_MANY = "证照较多，请点开提醒里的链接，或在“我的证照”网页上选一本再回答。"


def understood(answer: Standing) -> str:
    """One or two sentences, the same in the conversation and on the page."""
    match answer.kind:
        case AnswerKind.APPLIED:
            return "申请已提交，换证前不再提醒。临近最迟申请日还没有换证的，科室会核对。"
        case AnswerKind.HELP:
            return f"请帮办联系您：我们会在 {_day(answer.promised_on)}前与您联系。"
        case AnswerKind.BOOK:
            return f"预约：我们会在 {_day(answer.promised_on)}前联系您约定时间。"
        case AnswerKind.OUT_OF_BUSINESS:
            return "不再经营：提醒已停。科室会核实，并告诉您怎样办理注销。"
        case AnswerKind.HANDED_OVER:
            return "换人负责：不再向您发送这本证照的提醒，科室会另找联系人。7 天内可以撤回。"
        case AnswerKind.NUMBER_WRONG:
            return "台账里的电话不对：不再拨打这个号码，科室会更正。微信提醒照常。"
        case AnswerKind.LATER:
            return f"暂不提醒：{_day(answer.until_on)}起再提醒您。"


def told(answer: Standing, license_name: str) -> str:
    return f"已记下《{license_name}》——{understood(answer)}\n点错了请回复“撤回”。"


def taken_back(answer: Standing, license_name: str) -> str:
    return f"已撤回《{license_name}》的回答“{WORDS[answer.kind]}”，提醒照常。回复“我的证照”查看。"


def which(kind: AnswerKind, licenses: Sequence[OwnLicense]) -> str:
    word = WORDS[kind]
    lines = [f"“{word}”说的是哪一本？"]
    lines += [
        f"{place}. {own.facts.license_name}（{own.status.word}）" for place, own in enumerate(licenses, 1)
    ]
    return "\n".join([*lines, f"第 1 本请回复“{word} 1”。"])


def _day(day: date | None) -> str:
    return with_weekday(day) if day else "近日"
