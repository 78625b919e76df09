"""What a reminder says on the day it leaves."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reminders.rules.lifecycle import HolderKind, Language
from reminders.rules.template_fields import fit
from reminders.rules.wording import (
    VALUE_NAMES,
    Line,
    advice,
    page_path,
    subject,
    subject_with_holder,
    values,
)

TODAY = date(2027, 1, 10)
CODE = "7K3M2-QXP9T"
LINE = Line(
    license_id=7,
    license_name="药品经营许可证",
    holder_name="示例一号药房有限公司",
    holder_kind=HolderKind.COMPANY,
    date_name="期满日期",
    expires_on=date(2027, 3, 20),
    opens_on=date(2026, 12, 20),
    apply_by=date(2027, 2, 18),
    service_phone="0631-5000001",
)


@pytest.mark.parametrize(
    ("today", "told"),
    [
        (date(2026, 12, 19), "2026-12-20 起可以申请"),
        (date(2026, 12, 20), "最迟 2027-02-18 提交申请"),
        (date(2027, 2, 10), "最迟 2027-02-18 提交申请"),
        (date(2027, 2, 11), "请尽快，最迟 2027-02-18 提交"),
        (date(2027, 2, 18), "请尽快，最迟 2027-02-18 提交"),
        (date(2027, 2, 19), "已过最迟申请日 2027-02-18"),
        (date(2027, 3, 20), "已过最迟申请日 2027-02-18"),
        (date(2027, 3, 21), "已于 2027-03-20 期满"),
    ],
)
def test_advice_is_true_on_the_day_of_sending(today: date, told: str) -> None:
    assert advice([LINE], today) == told


def test_several_licenses_are_one_sentence_with_the_most_urgent_day() -> None:
    urgent = replace(LINE, license_id=8, apply_by=date(2027, 1, 20))
    lines = [LINE, urgent, replace(LINE, license_id=9)]
    assert subject(lines) == "您有 3 本证照需要办理"
    assert advice(lines, TODAY) == "最早的最迟申请日 2027-01-20"
    assert values(lines, TODAY, CODE)["apply_by"] == date(2027, 1, 20)


def test_english_reader_is_told_in_english() -> None:
    line = replace(LINE, language=Language.EN)
    told = values([line], date(2027, 2, 11), CODE)
    assert (told["subject"], told["advice"]) == (LINE.license_name, "Hurry: by 2027-02-18")
    assert subject_with_holder([line]) == LINE.license_name
    assert subject([line, line]) == "2 licences to renew"


def test_page_is_that_of_the_license_or_the_list() -> None:
    assert page_path([LINE]) == "/h5/licenses/7"
    assert page_path([LINE, replace(LINE, date_name="校验日期")]) == "/h5/licenses/7"
    assert page_path([LINE, replace(LINE, license_id=8)]) == "/h5/licenses"


def test_persons_name_is_masked_and_a_companys_is_not() -> None:
    assert values([LINE], TODAY, CODE)["holder_name"] == "示例一号药房有限公司"
    person = replace(LINE, holder_name="张示例", holder_kind=HolderKind.PERSON)
    assert "示例" not in str(values([person], TODAY, CODE)["holder_name"])


@given(
    st.integers(1, 5),
    st.integers(-400, 400),
    st.one_of(st.none(), st.integers(0, 400)),
    st.one_of(st.none(), st.integers(0, 400)),
    st.sampled_from(Language),
)
def test_advice_always_fits_and_prints_a_day(
    count: int, away: int, latest: int | None, window: int | None, language: Language
) -> None:
    expires_on = TODAY + timedelta(days=away)
    apply_by = None if latest is None else expires_on - timedelta(days=latest)
    opens_on = None if window is None or apply_by is None else apply_by - timedelta(days=window)
    line = replace(LINE, expires_on=expires_on, apply_by=apply_by, opens_on=opens_on, language=language)
    told = values([line] * count, TODAY, CODE)
    assert set(told) == set(VALUE_NAMES)
    sentence = str(told["advice"])
    assert fit("thing1", sentence, allowed={}) == sentence
    assert "None" not in sentence
    assert sentence.isascii() == (language is Language.EN)
    assert str(expires_on) in sentence or str(apply_by) in sentence or str(opens_on) in sentence


@pytest.mark.parametrize(
    ("license_name", "holder_name", "told"),
    [
        ("药品经营许可证", "示例一号药房有限公司", "药品经营许可证（示例一号药房有限公司）"),
        ("药品经营许可证", "示例第一百二十三号大药房有限公司", "药品经营许可证（示例第一百二十三号大…）"),
        ("麻醉药品、第一类精神药品购用印鉴卡", "示例医院", "麻醉药品、第一类精神药品购用印鉴卡"),
    ],
)
def test_subject_names_the_holder_where_there_is_room(license_name: str, holder_name: str, told: str) -> None:
    line = replace(LINE, license_name=license_name, holder_name=holder_name)
    assert subject_with_holder([line]) == told
    assert len(told) <= 20
    assert subject_with_holder([line, line]) == "您有 2 本证照需要办理"


def test_persons_name_in_the_subject_is_masked() -> None:
    person = replace(LINE, holder_name="张示例", holder_kind=HolderKind.PERSON)
    assert "示例" not in subject_with_holder([person])


def test_every_message_carries_its_check_code() -> None:
    assert values([LINE], TODAY, CODE)["check_code"] == CODE
