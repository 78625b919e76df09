"""The five facts: what is missing is named, and the window's sentence prints dates."""

from dataclasses import replace
from datetime import date

import pytest

from reminders.rules.facts import FiveFacts, material_list, window_sentence
from reminders.rules.lifecycle import Confidence

FACTS = FiveFacts(
    license_name="食品生产许可证",
    holder_name="示例一号食品有限公司",
    license_no="SC00000000000001",
    date_name="期满日期",
    expires_on=date(2027, 3, 5),
    opens_on=None,
    apply_by=date(2027, 1, 20),
    is_estimate=False,
    confidence=Confidence.CONFIRMED,
    counter="【示例】二楼窗口",
    counter_hours="【示例】工作日",
    service_phone="0631-0000001",
    materials=("延续申请书",),
    department="市场准入二科",
    basis="食品生产许可管理办法",
    basis_article="",
)


def test_nothing_is_missing_when_all_five_are_told() -> None:
    assert FACTS.missing() == ()


@pytest.mark.parametrize(
    ("changed", "name"),
    [
        ({"expires_on": None}, "期满日期"),
        ({"apply_by": None}, "申请换证时限"),
        ({"counter": ""}, "办理地点"),
        ({"service_phone": ""}, "服务电话"),
        ({"materials": ()}, "提交材料清单"),
    ],
)
def test_a_missing_fact_is_named(changed: dict[str, object], name: str) -> None:
    assert replace(FACTS, **changed).missing() == (name,)  # type: ignore[arg-type]


def test_all_missing_facts_are_named_in_their_order() -> None:
    bare = replace(FACTS, expires_on=None, apply_by=None, counter="", service_phone="", materials=())
    assert bare.missing() == ("期满日期", "申请换证时限", "办理地点", "服务电话", "提交材料清单")


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({}, "最迟 2027-01-20（周三）前（含当天）提交申请"),
        (
            {"opens_on": date(2026, 10, 25)},
            "2026-10-25（周日）起可以申请，最迟 2027-01-20（周三）前（含当天）提交申请",
        ),
        (
            {"confidence": Confidence.MEMORY},
            "最迟 2027-01-20（周三）前（含当天）提交申请，以窗口答复为准",
        ),
        (
            {"is_estimate": True, "confidence": Confidence.DEFAULT},
            "最迟 2027-01-20（周三）前（含当天）提交申请（估算，放假安排公布后可能调整），以窗口答复为准",
        ),
        ({"apply_by": None}, "申请时限尚未核定，请向市场准入二科核实，以窗口答复为准"),
    ],
)
def test_sentence_prints_the_dates_and_their_reserve(changed: dict[str, object], sentence: str) -> None:
    assert window_sentence(replace(FACTS, **changed)) == sentence  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "items"),
    [
        ("", ()),
        ("延续申请书；其他材料", ("延续申请书", "其他材料")),
        (
            "申请表；原许可证（清单未核实，以办事指南为准）",
            ("申请表", "原许可证", "（清单未核实，以办事指南为准）"),
        ),
        ("申请表；原卡（除末项外未核实）", ("申请表", "原卡", "（除末项外未核实，以办事指南为准）")),
        ("申请表；（限制使用农药）台账材料", ("申请表", "（限制使用农药）台账材料")),
    ],
)
def test_unverified_list_points_to_the_guide(text: str, items: tuple[str, ...]) -> None:
    assert material_list(text) == items
