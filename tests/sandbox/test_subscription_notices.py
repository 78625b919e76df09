"""Subscription notices by the platform's rules: agreed first, shown without following, told by events."""

from typing import Any

import requests

from tests.sandbox.bot import Sandbox, within

TEMPLATE = "SAMPLE-ID-OF-THE-SUBSCRIPTION-NOTICE-TEMPLATE"
FIELDS = {
    "thing1": "示例许可证",
    "time2": "2027-02-20",
    "time3": "2027-01-20",
    "character_string4": "7K3M2-QXP9T",
    "thing5": "请尽早申请",
}


def send(sandbox: Sandbox, openid: str, template_id: str = TEMPLATE, **data: str) -> Any:
    message = {
        "touser": openid,
        "template_id": template_id,
        "page": "http://127.0.0.1/h5",
        "data": {key: {"value": value} for key, value in (FIELDS | data).items()},
    }
    return sandbox.post(f"/cgi-bin/message/subscribe/bizsend?access_token={sandbox.token()}", message)


def test_notice_wants_a_grant_its_own_template_and_right_values(sandbox: Sandbox) -> None:
    openid = sandbox.follower()
    assert send(sandbox, openid)["errcode"] == 43101
    sandbox.post(f"/sandbox/people/{openid}/accept", {})
    assert send(sandbox, openid) == {"errcode": 0, "errmsg": "ok"}
    assert send(sandbox, openid, "SAMPLE-ID-OF-THE-SINGLE-LICENSE-TEMPLATE-01")["errcode"] == 40037
    assert send(sandbox, openid, character_string4="校验码")["errcode"] == 47003
    assert send(sandbox, "oNobody")["errcode"] == 40003
    sandbox.post(f"/sandbox/people/{openid}/take-away-grant", {})
    assert send(sandbox, openid)["errcode"] == 43101
    sandbox.post(f"/sandbox/people/{openid}/accept", {"where": "change"})
    sandbox.post(f"/sandbox/people/{openid}/reject", {"where": "change"})
    assert send(sandbox, openid)["errcode"] == 43101
    assert len(sandbox.shown("notice")) == 1


def test_notice_template_is_none_of_a_template_message(sandbox: Sandbox) -> None:
    message = {"touser": sandbox.follower(), "template_id": TEMPLATE, "data": {"thing1": {"value": "x"}}}
    path = f"/cgi-bin/message/template/send?access_token={sandbox.token()}"
    assert sandbox.post(path, message)["errcode"] == 40037


def test_phone_shows_a_notice_to_who_does_not_follow(sandbox: Sandbox) -> None:
    openid = sandbox.follower(follows=False)
    sandbox.post(f"/sandbox/people/{openid}/accept", {})
    send(sandbox, openid)
    feed = sandbox.get(f"/phone/feed?openid={openid}")
    assert feed["subscribed"] == "accept"
    [card] = feed["notices"]
    assert (card["source"], card["title"]) == ("服务通知", "证照到期通知")
    page = requests.get(f"{sandbox.url}/phone", timeout=10).text
    assert "同意订阅通知" in page


def test_bot_hears_each_answer_and_what_became_of_the_notice(sandbox: Sandbox) -> None:
    openid = sandbox.follower()
    sandbox.post(f"/sandbox/people/{openid}/accept", {"template_ids": [TEMPLATE, "T2"]})
    assert within(5, lambda: len(sandbox.bot.events("subscribe_msg_popup_event")) == 1)
    sandbox.post(f"/sandbox/people/{openid}/accept", {"where": "change"})
    assert within(5, lambda: len(sandbox.bot.events("subscribe_msg_change_event")) == 1)
    send(sandbox, openid)
    assert within(5, lambda: len(sandbox.bot.events("subscribe_msg_sent_event")) == 1)
    traces = sandbox.get(f"/phone/feed?openid={openid}")["traces"]
    xmls = {trace["name"]: trace["sent"] for trace in traces}
    assert xmls["subscribe_msg_popup_event"].count("<List>") == 2
    assert "<PopupScene><![CDATA[1]]></PopupScene>" in xmls["subscribe_msg_popup_event"]
    assert "<ErrorStatus><![CDATA[success]]></ErrorStatus>" in xmls["subscribe_msg_sent_event"]
    assert str(sandbox.shown("notice")[0]["msgid"]) in xmls["subscribe_msg_sent_event"]
