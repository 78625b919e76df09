"""What a correction says: where the mistake was, and only such dates as cannot be the mistake."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reminders.rules.correction_text import (
    ASK,
    LOOK,
    VALUE_NAMES,
    WrongLine,
    fault,
    notice_values,
    right_date,
    script,
    sms_params,
    tidy,
    values,
)
from reminders.rules.lifecycle import HolderKind, Language
from reminders.rules.template_fields import fit
from reminders.rules.wording_kinds import FIRST
from reminders.rules.wordings import TemplateKind

CODE = "7K3M2-QXP9T"
WORDS = "期满日期写错了"
WORDING = FIRST[TemplateKind.CALL_CORRECTION]
TOLD = date(2027, 3, 20)
LINE = WrongLine(
    told_on=date(2026, 11, 28),
    license_id=7,
    license_name="药品经营许可证",
    holder_name="示例一号药房有限公司",
    holder_kind=HolderKind.COMPANY,
    date_name="期满日期",
    told_date=TOLD,
    right_date=date(2028, 3, 20),
    apply_by=date(2028, 2, 18),
    service_phone="0631-5000001",
)


def test_mended_date_is_said_and_one_that_may_be_wrong_is_not() -> None:
    assert right_date([LINE]) == "期满日期是 2028-03-20"
    assert right_date([replace(LINE, right_date=TOLD)]) == ASK
    assert right_date([replace(LINE, right_date=None)]) == ASK
    assert right_date([LINE, replace(LINE, license_id=8)]) == LOOK
    assert right_date([LINE, replace(LINE, license_id=8, right_date=TOLD)]) == ASK


def test_english_readers_get_dates_in_english() -> None:
    english = replace(LINE, language=Language.EN)
    assert right_date([english]) == "Now: 2028-03-20"
    assert right_date([replace(english, right_date=TOLD)]) == "Ask the counter"
    assert len(right_date([english, english])) <= 20


def test_template_of_reminders_gets_a_date_only_where_it_is_sure() -> None:
    assert notice_values([LINE], WORDS, CODE)["apply_by"] == date(2028, 2, 18)
    assert notice_values([LINE], WORDS, CODE)["subject"] == "更正：药品经营许可证"
    assert notice_values([replace(LINE, right_date=TOLD)], WORDS, CODE)["apply_by"] is None
    assert notice_values([LINE, LINE], WORDS, CODE)["expires_on"] is None


def test_names_of_the_configuration_are_those_that_exist() -> None:
    assert set(values([LINE], WORDS, CODE)) == set(VALUE_NAMES)
    assert sms_params([LINE], WORDS, CODE)["subject"] == "《药品经营许可证》"
    assert sms_params([LINE, LINE], WORDS, CODE)["subject"] == "2本证照"


def test_script_masks_persons_and_gives_the_code() -> None:
    said = script([replace(LINE, holder_name="张示例", holder_kind=HolderKind.PERSON)], WORDS, CODE, WORDING)
    assert "张示例" not in said and CODE in said and WORDS in said and "2028-03-20" in said


@pytest.mark.parametrize(
    ("words", "is_good"),
    [
        (WORDS, True),
        ("期满日期多写了一年，请以窗口答复为准", True),
        ("写错了", False),
        ("期" * 21, False),
        ("请看 www.example.cn", False),
        ("请打13800001234问", False),
        ("", False),
    ],
)
def test_words_must_fit_a_field_and_name_nobody(words: str, is_good: bool) -> None:
    assert (fault(tidy(words)) is None) is is_good


def test_words_are_one_line_without_a_stop_at_the_end() -> None:
    assert tidy(" 期满日期\n写错了。 ") == "期满日期 写错了"


@given(
    names=st.lists(
        st.text(min_size=1, max_size=60).filter(lambda name: bool(tidy(name))), min_size=1, max_size=4
    ),
    shift=st.integers(min_value=-4000, max_value=4000),
    date_name=st.text(alphabet="居留证件有效期满日", min_size=1, max_size=12),
)
def test_everything_fits_its_field_whatever_the_ledger_holds(
    names: list[str], shift: int, date_name: str
) -> None:
    right = TOLD + timedelta(days=shift)
    lines = [
        replace(
            LINE, license_id=n, license_name=name, holder_name=name, date_name=date_name, right_date=right
        )
        for n, name in enumerate(names)
    ]
    told = values(lines, WORDS, CODE)
    for key, name in (("thing1", "subject"), ("thing2", "correction"), ("thing3", "right_date")):
        text = fit(key, told[name], allowed={})
        assert len(text) <= 20
    assert fit("time4", told["told_on"], allowed={}) == "2026-11-28"
    assert len(right_date(lines)) <= 20
    if right == TOLD:
        assert str(TOLD) not in right_date(lines)
