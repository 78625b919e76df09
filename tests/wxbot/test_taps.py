"""Words people are told to reply are sent by a tap, are read as before, and take no room from the text."""

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from reminders.rules.intents import Intent, from_text
from tests.wxbot import platform
from tests.wxbot.conftest import Pharmacy
from tests.wxbot.platform import Holder
from wxbot import replies, taps
from wxbot.english import SENTENCES

TAP = '<a href="weixin://bizmsgmenu?msgmenucontent={0}&msgmenuid=1">{0}</a>'


@pytest.mark.parametrize(
    ("text", "tapped"),
    [
        ("请回复“绑定”开始。", ["绑定"]),
        ("解除第 1 本请回复“解绑1”，全部解除请回复“解绑全部”。", ["解绑1", "解绑全部"]),
        ("确定请回复“确认解绑012345”，不解除就不用回复。", ["确认解绑012345"]),
        ("第 1 本请回复“已提交 1”。", ["已提交 1"]),
        ("请回复“怎么续”加证照名称", []),
        ("请回复“绑定 某某药房有限公司”", []),
        ("在“我的数据”里", []),
        ("reply “bind” to begin; Reply “easy reading”", ["bind", "easy reading"]),
        ("reply “renew” and its name", []),
    ],
)
def test_only_what_a_tap_can_say_is_tappable(text: str, tapped: list[str]) -> None:
    shown = taps.tappable(text)
    assert [word for word in tapped if TAP.format(word) in shown] == tapped
    assert shown.count("<a ") == len(tapped)
    assert taps.visible(shown) == text


def test_every_tap_of_the_house_is_understood() -> None:
    told = {sent for pair in SENTENCES.items() for text in pair for sent in taps.TOLD.findall(text)}
    words = {one or other for one, other in told} - {"{word} 1"}
    assert len(words) > 30
    assert [word for word in words if from_text(word).intent is Intent.UNKNOWN] == []


@given(st.text(alphabet='回复“”绑定reply bind"<>&', max_size=80))
def test_no_text_breaks_out_of_a_tap(text: str) -> None:
    shown = taps.tappable(text)
    assert taps.TAP.sub(r"\1", shown) == taps.TAP.sub(r"\1", text)


def test_long_text_goes_without_taps_rather_than_being_cut() -> None:
    text = "字" * 560 + "\n" + "回复“绑定”" * 6
    assert replies.fit(text) == text


def test_phone_shows_the_words_and_sends_them(app: Flask, pharmacy: Pharmacy) -> None:
    wang = Holder(app, "oExample-wang")
    answer = wang.post(platform.xml(wang.message("text", Content="帮助")))
    inner = platform.fields_of(platform.unseal(platform.fields_of(answer.text)["Encrypt"]))["Content"]
    for word in ("绑定", "我的证照", "怎么续", "邀请同事", "人工", "English"):
        assert TAP.format(word) in inner
        assert "没看懂" not in wang.say(word)
