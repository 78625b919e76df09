"""Entries of the audit as sentences: details in words, people masked, nothing left open."""

import re

import pytest

from reminders.rules.audit_sentences import GROUP_WORDS, SENTENCES, TEXT_OF, Group
from reminders.rules.audit_telling import changes, masked, sentence, shown


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        ("来电 13800000001 核对", "来电 138＊＊＊＊0001 核对"),
        ("138 0000 0001", "138＊＊＊＊0001"),
        ("身份证 37100019900101123X", "身份证 3710＊＊＊＊123X"),
        ("期满 2027-03-01，限 2027-04-01", "期满 2027-03-01，限 2027-04-01"),
        ("来自 192.168.100.200", "来自 192.168.100.200"),
        ("第 12 号", "第 12 号"),
    ],
)
def test_numbers_of_people_are_masked_and_dates_stay(text: str, hidden: str) -> None:
    assert masked(text) == hidden


def test_details_are_put_in_and_counted() -> None:
    detail = {"license_ids": [4, 9], "how": "paper_code"}
    assert sentence("binding.bind", "", detail, {"paper_code": "纸质绑定码"}.__getitem__) == (
        "绑定了 2 本证照（纸质绑定码）"
    )
    assert sentence("call.record", "食品生产许可证 的提醒", {"outcome": "told"}) == (
        "记下了食品生产许可证 的提醒的电话结果：已告知"
    )
    assert sentence("sending.stop", "", {}) == "停止了全部发送，原因：—"
    assert sentence("nobody.knows", "license:1", {}) == "做了 nobody.knows：license:1"


def test_only_a_change_has_a_before_and_an_after() -> None:
    assert changes("department.add", {"name": ["旧", "新"]}) == ()
    assert [(one.before, one.after) for one in changes("department.change", {"name": [None, "新"]})] == [
        ("—", "新")
    ]


def test_values_are_said_as_people_say_them() -> None:
    assert [shown(value) for value in (None, "", True, False, ["a", "b"])] == ["—", "—", "是", "否", "a、b"]


def test_every_group_and_every_sentence_is_whole() -> None:
    assert set(GROUP_WORDS) == set(SENTENCES) == set(Group)
    assert len(TEXT_OF) == sum(len(said) for said in SENTENCES.values())  # no action stands in two groups
    for text in TEXT_OF.values():
        assert not text.endswith("。")
        assert re.sub(r"\{\w+#?\}", "", text).count("{") == 0, text
