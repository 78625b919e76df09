"""Messages to the bot: retries with identical bodies, replies opened, the error line for wrong ones."""

import time
from typing import Any

import pytest

from sandbox import callbacks
from sandbox.actions import BANNER
from tests.sandbox.bot import CRYPTO, Bot, Sandbox, refuse, within


def test_text_is_answered_and_shown_in_the_chat(sandbox: Sandbox) -> None:
    openid = sandbox.follower()
    answer = sandbox.post(f"/sandbox/people/{openid}/text", {"content": "到期 <b>&amp;"})
    assert answer["outcome"] == "reply"
    assert answer["text"] == "收到：到期 <b>&amp;"
    assert [entry["content"]["Content"] for entry in sandbox.shown("reply")] == [answer["text"]]


def test_follow_with_a_scene_says_so_and_scanning_again_is_a_scan(sandbox: Sandbox) -> None:
    openid = sandbox.follower(follows=False)
    sandbox.post(f"/sandbox/people/{openid}/scan", {"scene": "bind-1"})
    sandbox.post(f"/sandbox/people/{openid}/scan", {"scene": "bind-1"})
    sandbox.post(f"/sandbox/people/{openid}/unfollow")
    told = [(message["Event"], message["EventKey"]) for message in sandbox.bot.messages]
    assert told == [("subscribe", "qrscene_bind-1"), ("SCAN", "bind-1"), ("unsubscribe", "")]
    assert all(message["Ticket"] for message in sandbox.bot.messages[:2])


def test_somebody_who_does_not_follow_cannot_write(sandbox: Sandbox) -> None:
    openid = sandbox.follower(follows=False)
    assert "关注" in sandbox.post(f"/sandbox/people/{openid}/text", {"content": "你好"})["error"]
    assert sandbox.bot.messages == []


def test_silent_bot_gets_the_identical_message_three_times(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(callbacks, "TIMEOUT_S", 0.2)

    def sleep(bot: Bot, message: dict[str, str], body: bytes) -> str:
        time.sleep(0.6)
        return "success"

    sandbox.bot.behave = sleep
    openid = sandbox.follower()
    answer = sandbox.post(f"/sandbox/people/{openid}/text", {"content": "在吗"})
    assert (answer["outcome"], answer["tries"]) == ("no_answer", 3)
    assert len(sandbox.bot.requests) == 3
    assert len(set(sandbox.bot.requests)) == 1
    assert sandbox.shown("banner")[0]["content"]["Content"] == BANNER


def test_answer_to_the_second_try_is_shown_once(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(callbacks, "TIMEOUT_S", 0.3)

    def slow_at_first(bot: Bot, message: dict[str, str], body: bytes) -> str:
        if len(bot.messages) == 1:
            time.sleep(0.8)
        return bot.reply(message, "来了")

    sandbox.bot.behave = slow_at_first
    openid = sandbox.follower()
    answer = sandbox.post(f"/sandbox/people/{openid}/text", {"content": "在吗"})
    assert (answer["text"], answer["tries"]) == ("来了", 2)
    assert len(sandbox.shown("reply")) == 1


def unsigned(bot: Bot, message: dict[str, str], body: bytes) -> str:
    return bot.reply(message, "好").replace("<MsgSignature><![CDATA[", "<MsgSignature><![CDATA[0")


def plain(bot: Bot, message: dict[str, str], body: bytes) -> str:
    return "<xml><ToUserName>a</ToUserName></xml>"


def to_another(bot: Bot, message: dict[str, str], body: bytes) -> str:
    return bot.reply({**message, "FromUserName": "oSomebodyElse"}, "好")


def two_types(bot: Bot, message: dict[str, str], body: bytes) -> Any:
    xml = "<xml><MsgType>text</MsgType><MsgType>image</MsgType></xml>"
    return CRYPTO.encrypt_message(xml, "nonce", "1")


def broken_out(bot: Bot, message: dict[str, str], body: bytes) -> str:
    """wechatpy does not escape: a person's text would become a tag of the reply."""
    return bot.reply(message, "]]></Content><MsgType>image</MsgType><Content><![CDATA[")


def too_long(bot: Bot, message: dict[str, str], body: bytes) -> str:
    return bot.reply(message, "长" * 683)


@pytest.mark.parametrize("wrong", [unsigned, plain, to_another, two_types, broken_out, too_long, refuse])
def test_wrong_answer_shows_the_error_line(sandbox: Sandbox, wrong: Any) -> None:
    sandbox.bot.behave = wrong
    openid = sandbox.follower()
    answer = sandbox.post(f"/sandbox/people/{openid}/text", {"content": "你好"})
    assert (answer["outcome"], answer["tries"]) == ("abnormal", 1)
    assert len(sandbox.shown("banner")) == 1


def test_url_verification_passes_only_with_the_echo(sandbox: Sandbox) -> None:
    assert sandbox.post("/sandbox/verify") == {"ok": True, "problem": ""}
    assert sandbox.bot.running is not None
    sandbox.bot.running.stop()
    assert not sandbox.post("/sandbox/verify")["ok"]


def test_receipt_names_the_message_it_is_for(sandbox: Sandbox) -> None:
    openid = sandbox.follower()
    msgid = sandbox.send(openid)["msgid"]
    assert within(5, lambda: bool(sandbox.bot.events("TEMPLATESENDJOBFINISH")))
    (event,) = sandbox.bot.events("TEMPLATESENDJOBFINISH")
    assert (event["FromUserName"], event["MsgID"], event["Status"]) == (openid, str(msgid), "success")
    assert "MsgId" not in event


def test_menu_made_by_the_api_is_what_a_person_taps(sandbox: Sandbox) -> None:
    button = [{"type": "click", "name": "我的证照", "key": "MINE"}]
    token = sandbox.token()
    assert sandbox.post(f"/cgi-bin/menu/create?access_token={token}", {"button": button})["errcode"] == 0
    assert sandbox.get(f"/cgi-bin/menu/get?access_token={token}")["menu"]["button"] == button
    openid = sandbox.follower()
    sandbox.post(f"/sandbox/people/{openid}/click", {"key": "MINE"})
    assert sandbox.bot.events("CLICK")[0]["EventKey"] == "MINE"
    assert sandbox.get(f"/sandbox/people/{openid}/chat")[-1]["text"] == "我的证照"
