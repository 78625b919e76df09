"""A letter says all five facts of each license, why it is written, and who signs it."""

from dataclasses import replace
from datetime import date

import pytest

from reminders.rules.facts import FiveFacts
from reminders.rules.letter_text import BUREAU, Tried, WhyLetter, letter, why_letter
from reminders.rules.lifecycle import CallOutcome, Channel, Confidence

FACTS = FiveFacts(
    license_name="食品生产许可证",
    holder_name="示例甲食品有限公司",
    license_no="SC10637100200001",
    date_name="期满日期",
    expires_on=date(2027, 3, 1),
    opens_on=None,
    apply_by=date(2027, 1, 29),
    is_estimate=False,
    confidence=Confidence.CONFIRMED,
    counter="示例大厅 1 号窗口",
    counter_hours="工作日 9:00-17:00",
    service_phone="0631-5000001",
    materials=("延续申请书", "原许可证"),
    department="示例一科",
    basis="示例办法",
    basis_article="第一条",
)
TODAY = date(2026, 12, 1)


def test_letter_says_the_five_facts_and_how_to_check_it() -> None:
    text = letter([FACTS], FACTS.holder_name, "7K3M2-QXP9T", "https://example.cn", TODAY)
    [about] = text.about
    assert dict(about.lines) == {
        "到期时间": "期满日期是 2027-03-01（周一）",
        "申请时间": "最迟 2027-01-29（周五）前（含当天）提交申请",
        "办理地点": "示例大厅 1 号窗口（工作日 9:00-17:00）",
        "服务电话": "0631-5000001",
        "提交材料": "延续申请书、原许可证",
    }
    assert about.title == "食品生产许可证（编号 SC10637100200001）"
    assert "7K3M2-QXP9T" in text.closing[-1]
    assert (text.addressee, text.signed_by, text.on) == ("示例甲食品有限公司：", BUREAU + "示例一科", TODAY)


def test_letter_about_licenses_of_two_departments_is_signed_by_the_bureau() -> None:
    both = [FACTS, replace(FACTS, department="示例二科")]
    assert letter(both, "示例甲食品有限公司", "", "", TODAY).signed_by == BUREAU


def test_letter_after_the_last_day_says_what_can_still_be_done() -> None:
    text = letter([FACTS], FACTS.holder_name, "", "", date(2027, 2, 1))
    assert "已过" in dict(text.about[0].lines)["申请时间"]


CALLED = Tried(Channel.PHONE, CallOutcome.NO_ANSWER, is_wrong=False)
TEXTED = Tried(Channel.SMS, None, is_wrong=False)


@pytest.mark.parametrize(
    ("tried", "why"),
    [
        ([], WhyLetter.METHOD),
        ([TEXTED], WhyLetter.NO_SMS),
        ([TEXTED, CALLED], WhyLetter.NO_ANSWER),
        ([replace(TEXTED, is_wrong=True)], WhyLetter.WRONG_NUMBER),
        ([replace(CALLED, outcome=CallOutcome.WRONG_NUMBER), TEXTED], WhyLetter.WRONG_NUMBER),
    ],
)
def test_reason_is_what_was_tried_in_vain(tried: list[Tried], why: WhyLetter) -> None:
    assert why_letter(tried) is why
