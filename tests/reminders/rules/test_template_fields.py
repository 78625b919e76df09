"""Typed template fields: what fits is told, what cannot is refused here and not by the platform."""

import re
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reminders.rules.template_fields import KINDS, PRESET, FieldFault, fit, kind_of, one_line, shorten_company

DAY = date(2027, 1, 20)


@pytest.mark.parametrize(
    ("key", "value", "text"),
    [
        ("thing1", "药品经营许可证", "药品经营许可证"),
        ("thing1", "一" * 20, "一" * 20),
        ("thing1", "一" * 21, "一" * 19 + "…"),
        ("thing1", "上\n下\x08\u200b", "上 下"),
        ("thing1", "好😀的", "好的"),
        ("name2", "张示例", "张示例"),
        ("name2", "一" * 11, "一" * 9 + "…"),
        ("name2", "x" * 20, "x" * 20),
        ("character_string3", "A-2027/01", "A-2027/01"),
        ("phrase4", "请办理", "请办理"),
        ("time5", DAY, "2027-01-20"),
        ("time5", "2027年1月20日 09:30~17:00", "2027年1月20日 09:30~17:00"),
        ("date6", DAY, "2027-01-20"),
        ("date6", "2027/01/20", "2027/01/20"),
        ("number7", 3, "3"),
        ("amount8", "¥12.50元", "¥12.50元"),
        ("phone_number9", "0631-5000001", "0631-5000001"),
        ("car_number10", "鲁K00001", "鲁K00001"),
        ("letter11", "AbC", "AbC"),
        ("symbol12", "#*", "#*"),
        ("const13", "已过期", "已过期"),
    ],
)
def test_value_that_fits_is_told(key: str, value: str | int | date, text: str) -> None:
    assert fit(key, value, allowed={"const13": ("已过期",)}) == text


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("character_string3", "许可证"),
        ("character_string3", "x" * 33),
        ("phrase4", "请尽快来办理"),
        ("phrase4", "ok"),
        ("time5", "明天"),
        ("time5", "25:00"),
        ("date6", "09:30"),
        ("number7", "三"),
        ("amount8", "12345678901"),
        ("phone_number9", "一二三"),
        ("letter11", "A1"),
        ("symbol12", "######"),
        ("const13", "别的"),
        ("enum14", "别的"),
        ("thing1", ""),
        ("thing1", " \n "),
        ("thing1", None),
        ("short_thing1", "短"),
        ("first", "您好"),
        ("thing", "没有编号"),
        ("Thing1", "大写"),
    ],
)
def test_value_that_cannot_stand_there_is_refused(key: str, value: str | None) -> None:
    with pytest.raises(FieldFault, match=f"^{re.escape(key)}:"):
        fit(key, value, allowed={"const13": ("已过期",)})


def test_fault_never_repeats_the_value() -> None:
    with pytest.raises(FieldFault) as caught:
        fit("character_string3", "张示例 13800000001", allowed={})
    assert "13800000001" not in str(caught.value)


@given(st.text(), st.sampled_from(sorted(set(KINDS) - PRESET)))
def test_told_text_always_keeps_the_limits(text: str, kind: str) -> None:
    """Whatever stands in the ledger, what leaves has no line break and no 21st character."""
    try:
        told = fit(f"{kind}1", text, allowed={})
    except FieldFault:
        return
    assert told == one_line(told) != ""
    assert len(told) <= {"thing": 20, "name": 20, "phrase": 5, "symbol": 5, "car_number": 8}.get(kind, 80)
    assert not re.search(r"[\x00-\x1f\x7f\u2028\u2029]", told)
    told.encode()


@pytest.mark.parametrize(
    ("name", "short"),
    [
        ("示例一号药房有限公司", "示例一号药房有限公司"),
        ("威海市示例一号医疗器械销售连锁有限公司", "威海市示例一号医疗器械销售连锁有限公司"),
        ("山东省威海市示例一号医疗器械销售连锁有限公司", "威海市示例一号医疗器械销售连锁有限公司"),
        ("威海市示例一号医疗器械销售服务连锁股份有限公司", "示例一号医疗器械销售服务连锁股份有限公司"),
        ("示例一号医疗器械销售服务与维修连锁有限责任公司", "示例一号医疗器械销售服务与维修连锁"),
        ("示例" * 15, "示例" * 9 + "示…"),
    ],
)
def test_company_name_loses_only_what_everybody_knows(name: str, short: str) -> None:
    assert shorten_company(name) == short
    assert len(short) <= 20


def test_kind_is_read_from_the_key() -> None:
    assert kind_of("character_string21") == "character_string"
