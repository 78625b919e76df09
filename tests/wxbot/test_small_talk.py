"""What a shop owner of sixty says, and a foreign engineer: every answer is short and has a next step."""

import re

import pytest
from flask import Flask

from reminders.db import Database
from reminders.rules.intents import Intent, from_text
from reminders.rules.lifecycle import AnswerKind, Language
from tests.wxbot.conftest import Pharmacy
from tests.wxbot.platform import Holder
from wxbot import small_talk, taps, voice
from wxbot.voice import say

SAID = {
    Intent.GREETING: "你好|您好|在吗|在不在|Hello|hi there|Good morning|who are you|what is this?",
    Intent.THANKS: "谢谢|好的|嗯|收到|知道了|🙏|[强]|thanks|ok|yes",
    Intent.MY_LICENSES: "我的证什么时候到期|营业执照到期了没|过期了怎么办|daoqi|cha dao qi|wode zheng daoqi|"
    "我绑了没有|办到哪一步了|When does my work permit expire?|my residence permit expires next month|"
    "list|status|lisence|expire date",
    Intent.HOW_TO_RENEW: "卫生许可证快到期了怎么办|食品经营许可证咋续啊|咋办|网上能办吗|怎么续期|延期|年检|"
    "How do I renew my work permit?|Can I do it online?",
    Intent.MATERIALS: "要带啥东西|要带什么|需要什么材料|要什么手续|What documents do I need?",
    Intent.ADDRESS: "上哪办|几点上班|周末上班吗|明天能去吗|地址在哪|Where is the office?|opening hours",
    Intent.HUMAN: "电话多少|转人工|有人吗|多少钱|要交钱吗|过期了会罚款吗|补办|丢了|变更地址|"
    "how much does it cost|speak to a human|I want to talk to someone",
    Intent.APPEAL: "收不到验证码|没收到短信|没有收到验证码怎么办|绑定不了|怎么绑定不上|I didn't get the code",
    Intent.STOP: "别发了|不要再发了|烦死了|stop|STOP sending",
    Intent.CHECK: "你是骗子吧|这是真的吗|Is this a scam?",
    Intent.CARE: "字太小了看不清|大一点",
    Intent.FEEDBACK: "投诉|提个意见|I want to complain",
    Intent.BIND: "邦定|bang ding",
    Intent.UNBIND: "解除|怎么解绑",
    Intent.MY_DATA: "删除我的信息|delete my data",
    Intent.LANGUAGE: "do you speak English",
    Intent.CHOICE: "第一个|1",
    Intent.IDENTIFIER: "查一下鲁DA631000001|我的证件号是鲁DA631000001|帮我查查 鲁DA631000001",
    Intent.SUGGEST_BIND: "示例一号药房有限公司|示例二号超市",
    Intent.UNKNOWN: "今天天气真好|我是王老板|asdfgh jkl",
}
MEANT = {
    AnswerKind.APPLIED: "我已经交上去了|材料交了|办好了|I already submitted",
    AnswerKind.OUT_OF_BUSINESS: "店不开了|关门了",
    AnswerKind.HANDED_OVER: "店转给别人了|换老板了|我离职了|I left the company|I changed jobs",
    AnswerKind.NUMBER_WRONG: "我手机号换了|my phone number changed",
    AnswerKind.HELP: "打电话给我|给我回个电话|我不会弄|帮我办一下|能不能代办|please call me",
    AnswerKind.BOOK: "我要预约|I need an appointment|can I book an appointment for Monday?",
}
ALL = [text for texts in (*SAID.values(), *MEANT.values()) for text in texts.split("|")]
LONGEST = 420  # signs that are read; a list of documents or licenses is the longest there is
NEXT_STEP = re.compile(r"回复|eply|<a href|\d{4}-\d{7}")


@pytest.mark.parametrize("intent", SAID)
def test_sentence_means_what_it_says(intent: Intent) -> None:
    texts = SAID[intent].split("|")
    assert {text: from_text(text).intent for text in texts} == dict.fromkeys(texts, intent)


@pytest.mark.parametrize("kind", MEANT)
def test_sentence_with_an_effect_only_offers_the_word(kind: AnswerKind) -> None:
    for text in MEANT[kind].split("|"):
        heard = from_text(text)
        assert (heard.intent, heard.kind) == (Intent.SUGGEST, kind), text


@pytest.mark.parametrize("language", Language)
def test_word_that_is_offered_has_the_effect(language: Language) -> None:
    voice.speak(language)
    for kind, sentence in small_talk.MEANT.items():
        words = [one or other for one, other in taps.TOLD.findall(say(sentence))]
        assert from_text(words[0]).kind is kind, words
    voice.speak(Language.ZH)


@pytest.mark.parametrize("is_bound", [True, False])
def test_every_answer_is_short_and_leads_on(
    sqlite_app: Flask, sqlite_database: Database, *, is_bound: bool
) -> None:
    pharmacy, me = Pharmacy(sqlite_database), Holder(sqlite_app, "oExample-wang")
    if is_bound:
        pharmacy.bind(me)
    assert len(ALL) >= 90
    for text in ALL:
        answer = me.say(text)
        read = taps.visible(answer)
        assert len(read) <= LONGEST, (len(read), text, read)
        assert NEXT_STEP.search(answer) or "材料：" in read or "换证要带的材料" in read, (text, answer)
        assert "没看懂" not in answer or from_text(text).intent is Intent.UNKNOWN, text
        assert "系统忙" not in answer
        if from_text(text).intent in (Intent.LANGUAGE, Intent.CARE):
            me.say("中文")
    with sqlite_database.read() as session:
        taken = session.connection().exec_driver_sql("SELECT count(*) FROM answer").scalar_one()
    assert taken == 0  # no sentence had an effect on a license


def test_english_sentence_is_told_how_to_hear_english(wang: Holder, pharmacy: Pharmacy) -> None:
    pharmacy.bind(wang)
    for text in ("How do I renew my work permit?", "Hello", "my permit expires", "I am lost here"):
        assert "In English: reply “English”" in wang.say(text), text
    for text in ("daoqi", "1", "鲁DA631000001", "咋办"):
        assert "In English" not in wang.say(text), text
    wang.say("English")
    assert "In English" not in wang.say("How do I renew my work permit?")


def test_what_was_spoken_is_heard_like_what_was_typed(wang: Holder, pharmacy: Pharmacy) -> None:
    pharmacy.bind(wang)
    spoken = wang.message("voice", MediaId="m", Format="amr", Recognition="我的证什么时候到期。")
    assert wang.send(spoken) == wang.say("我的证什么时候到期")
    assert "没听清" in wang.send(wang.message("voice", MediaId="m", Format="amr", Recognition=""))
