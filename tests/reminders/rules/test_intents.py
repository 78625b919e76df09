"""What typed texts mean."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reminders.rules.check_code import encode
from reminders.rules.intents import MENU, Heard, Intent, from_menu, from_text
from reminders.rules.lifecycle import AnswerKind

MEANINGS = {
    "帮助": Heard(Intent.HELP),
    "？": Heard(Intent.HELP),
    "您好！": Heard(Intent.GREETING),
    "绑定": Heard(Intent.BIND),
    "“绑定”": Heard(Intent.BIND),
    "怎么绑定？": Heard(Intent.BIND),
    "绑定证照": Heard(Intent.BIND),
    "绑定 鲁DA631000001": Heard(Intent.BIND_WITH, "鲁DA631000001"),
    "绑定鲁DA631000001": Heard(Intent.BIND_WITH, "鲁DA631000001"),
    "绑定：示例一号药房有限公司": Heard(Intent.BIND_WITH, "示例一号药房有限公司"),
    "绑定 示例一号药房有限公司": Heard(Intent.BIND_WITH, "示例一号药房有限公司"),
    "123456": Heard(Intent.CODE, "123456"),
    "１２３４５６": Heard(Intent.CODE, "123456"),
    "验证码：123456。": Heard(Intent.CODE, "123456"),
    "我的证照": Heard(Intent.MY_LICENSES),
    "到期": Heard(Intent.MY_LICENSES),
    "2027年什么时候到期": Heard(Intent.MY_LICENSES),
    "1": Heard(Intent.CHOICE, "1"),
    "第2本": Heard(Intent.CHOICE, "2"),
    "怎么续": Heard(Intent.HOW_TO_RENEW),
    "怎么续 2": Heard(Intent.HOW_TO_RENEW, "2"),
    "怎么续食品生产许可证": Heard(Intent.HOW_TO_RENEW, "食品生产许可证"),
    "材料": Heard(Intent.MATERIALS),
    "材料 食品生产许可证": Heard(Intent.MATERIALS, "食品生产许可证"),
    "需要什么材料": Heard(Intent.MATERIALS),
    "地址": Heard(Intent.ADDRESS),
    "电话": Heard(Intent.HUMAN),
    "人工": Heard(Intent.HUMAN),
    "解绑": Heard(Intent.UNBIND),
    "退订": Heard(Intent.END_CONSENT),
    "怎么退订": Heard(Intent.MY_DATA),
    "撤回同意": Heard(Intent.END_CONSENT),
    "同意": Heard(Intent.CONSENT),
    "撤回": Heard(Intent.TAKE_BACK),
    "已提交": Heard(Intent.ANSWER, "", AnswerKind.APPLIED),
    "已提交 2": Heard(Intent.ANSWER, "2", AnswerKind.APPLIED),
    "预约 周三上午": Heard(Intent.ANSWER, "周三上午", AnswerKind.BOOK),
    "请帮办联系我": Heard(Intent.ANSWER, "", AnswerKind.HELP),
    "不再经营。": Heard(Intent.ANSWER, "", AnswerKind.OUT_OF_BUSINESS),
    "换人负责": Heard(Intent.ANSWER, "", AnswerKind.HANDED_OVER),
    "号码不对": Heard(Intent.ANSWER, "", AnswerKind.NUMBER_WRONG),
    "暂不提醒 2026-12-20": Heard(Intent.ANSWER, "2026-12-20", AnswerKind.LATER),
    "帮定": Heard(Intent.BIND),
    "确定": Heard(Intent.UNKNOWN),
    "我的证召": Heard(Intent.MY_LICENSES),
    "不在经营": Heard(Intent.ANSWER, "", AnswerKind.OUT_OF_BUSINESS),
    "bangding": Heard(Intent.BIND),
    "bang ding": Heard(Intent.BIND),
    "chaxu": Heard(Intent.MY_LICENSES),
    "daoqi": Heard(Intent.MY_LICENSES),
    "adoqi": Heard(Intent.MY_LICENSES),
    "english": Heard(Intent.LANGUAGE, "en"),
    "中文": Heard(Intent.LANGUAGE, "zh"),
    "取消绑定": Heard(Intent.UNBIND),
    "解绑1": Heard(Intent.UNBIND_ONE, "1"),
    "解绑 全部": Heard(Intent.UNBIND_ONE, "全部"),
    "确认解绑012345": Heard(Intent.UNBIND_SURE, "012345"),
    "取消": Heard(Intent.CANCEL),
    "鲁da631000001": Heard(Intent.IDENTIFIER, "鲁DA631000001"),
    "鲁威械经营许20270001号": Heard(Intent.IDENTIFIER, "鲁威械经营许20270001号"),
    "91371000MA3C000019": Heard(Intent.IDENTIFIER, "91371000MA3C000019"),
    "核验": Heard(Intent.CHECK),
    "校验码": Heard(Intent.CHECK),
    "核验 7K3M2QXP9T": Heard(Intent.CHECK, "7K3M2QXP9T"),
    "核验：7k3m2-qxp9t。": Heard(Intent.CHECK, "7k3m2-qxp9t"),
    "校验码是７Ｋ３Ｍ２－ＱＸＰ９Ｔ": Heard(Intent.CHECK, "7K3M2-QXP9T"),
    "校验 7K3M2 QXP9T": Heard(Intent.CHECK, "7K3M2 QXP9T"),
    "校验码 7K3M2": Heard(Intent.CHECK, "7K3M2"),
    "7K3M2-QXP9T": Heard(Intent.CHECK, "7K3M2-QXP9T"),
    "7k3m2 - qxp9t": Heard(Intent.CHECK, "7k3m2 - qxp9t"),
    "QKXMABCDE7": Heard(Intent.CHECK, "QKXMABCDE7"),
    "7K3M2QXP9T": Heard(Intent.IDENTIFIER, "7K3M2QXP9T"),  # looked up before it is taken for a license
    "校验日期什么时候到期": Heard(Intent.MY_LICENSES),
    "今天天气真好": Heard(Intent.UNKNOWN),
    "": Heard(Intent.UNKNOWN),
    "😀": Heard(Intent.UNKNOWN),
}


@pytest.mark.parametrize("text", MEANINGS)
def test_text_means_what_people_mean(text: str) -> None:
    assert from_text(text) == MEANINGS[text]


@given(st.text(max_size=300))
def test_any_text_means_something_short(text: str) -> None:
    heard = from_text(text)
    assert len(heard.words) <= 120
    assert heard == from_text(text)


@given(st.integers(0, 999_999))
def test_every_code_is_taken_for_a_code(code: int) -> None:
    assert from_text(f" {code:06d} ") == Heard(Intent.CODE, f"{code:06d}")


@given(st.integers(0, 2**30 - 1), st.sampled_from(["核验 {}", "核验{}", "校验码：{}", "{}", " {} "]))
def test_every_check_code_in_a_message_is_taken_for_one(number: int, words: str) -> None:
    code = encode(number, lambda text: hashlib.sha256(text.encode()).hexdigest())
    assert from_text(words.format(code)) == Heard(Intent.CHECK, code)


def test_menu_keys_are_the_words_in_capitals() -> None:
    assert {from_menu(word.upper()).intent for word in MENU} == MENU
    assert from_menu("code") == from_menu("BIND_WITH") == Heard(Intent.UNKNOWN)
