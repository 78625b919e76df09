"""What a holder hears after a one-tap answer: how it was understood, what follows, how to take it back."""

from collections.abc import Sequence
from datetime import date

from reminders.answers import Standing
from reminders.holders import OwnLicense
from reminders.rules.answers import WORDS
from reminders.rules.lifecycle import AnswerKind
from wxbot import voice
from wxbot.voice import kind, retell, say

NOTHING_BOUND = "您还没有绑定证照，没有可以回答的提醒。回复“绑定”开始，大约一分钟。"
NOTHING_TO_TAKE_BACK = "没有可以撤回的回答。回复“我的证照”看看现在的情况。"
TOO_MANY = "证照较多，请点开提醒里的链接，或在“我的证照”网页上选一本再回答。"


def understood(answer: Standing) -> str:
    """One or two sentences, the same in the conversation and on the page."""
    match answer.kind:
        case AnswerKind.APPLIED:
            return say("申请已提交，换证前不再提醒。临近最迟申请日还没有换证的，科室会核对。")
        case AnswerKind.HELP:
            return say("请帮办联系您：我们会在 {day}前与您联系。", day=_day(answer.promised_on))
        case AnswerKind.BOOK:
            return say("预约：我们会在 {day}前联系您约定时间。", day=_day(answer.promised_on))
        case AnswerKind.OUT_OF_BUSINESS:
            return say("不再经营：提醒已停。科室会核实，并告诉您怎样办理注销。")
        case AnswerKind.HANDED_OVER:
            return say("换人负责：不再向您发送这本证照的提醒，科室会另找联系人。7 天内可以撤回。")
        case AnswerKind.NUMBER_WRONG:
            return say("台账里的电话不对：不再拨打这个号码，科室会更正。微信提醒照常。")
        case AnswerKind.LATER:
            return say("暂不提醒：{day}起再提醒您。", day=_day(answer.until_on))


def told(answer: Standing, license_name: str) -> str:
    noted = say("已记下《{kind}》——{understood}", kind=kind(license_name), understood=understood(answer))
    return noted + "\n" + say("点错了请回复“撤回”。")


def taken_back(answer: Standing, license_name: str) -> str:
    word = retell(WORDS[answer.kind])
    return say(
        "已撤回《{kind}》的回答“{word}”，提醒照常。回复“我的证照”查看。", kind=kind(license_name), word=word
    )


def which(kind_of_answer: AnswerKind, licenses: Sequence[OwnLicense]) -> str:
    word = retell(WORDS[kind_of_answer])
    lines = [say("“{word}”说的是哪一本？", word=word)]
    for place, own in enumerate(licenses, 1):
        state = retell(own.status.word)
        lines.append(f"{place}. " + say("{kind}（{word}）", kind=kind(own.facts.license_name), word=state))
    return "\n".join([*lines, say("第 1 本请回复“{word} 1”。", word=word)])


def _day(on: date | None) -> str:
    return voice.day(on) if on else say("近日")
