"""The page of the subscription notice: signed for the platform, whose script runs there and nowhere else."""

import hashlib
import re
from datetime import datetime, timedelta

import pytest
from flask import Flask

from reminders import clock, page_tickets, roads
from reminders.db import Database
from reminders.roads import Means
from reminders.rules.lifecycle import Channel
from tests.wxbot.conftest import WXBOT_URL
from tests.wxbot.platform import Holder
from tests.wxbot.signed_in import Reader, side_entrance
from wxbot import subscription_pages
from wxbot.security import CONTENT_SECURITY_POLICY

PAGE, TEMPLATE, TICKET = "/h5/subscribe", "sample-template", "sample-ticket"


@pytest.fixture
def reader(app: Flask, wang: Holder, database: Database) -> Reader:
    side_entrance(app)
    wang.event("subscribe")
    with database.begin() as session:
        roads.open_roads(session, {Channel.SUBSCRIPTION: Means(template_id=TEMPLATE)})
    return Reader(app, wang.openid)


def give_ticket(database: Database, now: datetime) -> None:
    with database.begin() as session:
        assert page_tickets.claim(session, now=now)
        page_tickets.keep(session, TICKET, 7200, now=now)


def test_page_is_signed_as_the_platform_checks_it(reader: Reader, database: Database) -> None:
    give_ticket(database, clock.now())
    page = reader.get(f"{PAGE}?x=1")
    told = dict(re.findall(r'data-(timestamp|nonce|signature)="([^"]+)"', page))
    address = f"{WXBOT_URL}{PAGE}?x=1"
    text = f"jsapi_ticket={TICKET}&noncestr={told['nonce']}&timestamp={told['timestamp']}&url={address}"
    assert hashlib.sha1(text.encode()).hexdigest() == told["signature"]
    assert TICKET not in page
    assert f'<wx-open-subscribe template="{TEMPLATE}"' in page


def test_platforms_own_example_is_signed_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    """The worked example of the platform's page about JS-SDK signatures."""
    monkeypatch.setattr(subscription_pages.secrets, "token_hex", lambda _: "Wm3WZYTPz0wzccnW")
    ticket = "sM4AOVdWfPE4DxkXGEs8VMCPGGVi4C3VM0P37wVUCFvkVAy_90u5h9nbSlYy3-Sl-HhTdfl2fzFy1AOcHKP7qg"
    signed = subscription_pages.sign("wx", ticket, "http://mp.weixin.qq.com?params=value", 1414587457)
    assert signed.signature == "0f9de62fce790f9a083d5c99e95740ceb90c27ed"


def test_platforms_script_is_allowed_on_this_page_alone(reader: Reader, database: Database) -> None:
    """Whatever the door answers under any address and method of its own, found or not, signed in or not."""
    give_ticket(database, clock.now())
    adapter, strangers = reader.app.url_map.bind("localhost"), reader.app.test_client()
    policies: dict[str, set[str]] = {}
    for rule in reader.app.url_map.iter_rules():
        if not rule.rule.startswith("/h5/"):
            continue
        address = adapter.build(rule.endpoint, dict.fromkeys(rule.arguments, 1), force_external=False)
        reader.client.get(f"/h5/as/{reader.openid}")  # a page before may have signed them out
        for client in (strangers, reader.client):
            for method in (rule.methods or set()) - {"OPTIONS"}:
                answer = client.open(address, method=method)
                policies.setdefault(rule.rule, set()).add(answer.headers["Content-Security-Policy"])
    allowed = CONTENT_SECURITY_POLICY.replace("script-src 'self'", "script-src 'self' https://res.wx.qq.com")
    assert policies.pop(PAGE) == {CONTENT_SECURITY_POLICY, allowed}
    assert len(policies) > 40
    assert set().union(*policies.values()) == {CONTENT_SECURITY_POLICY}


def test_without_a_good_ticket_there_is_a_way_on_and_no_foreign_script(
    reader: Reader, database: Database
) -> None:
    for old in (False, True):
        if old:
            give_ticket(database, clock.now() - timedelta(hours=3))
        answer = reader.client.get(PAGE)
        assert "请过几分钟再来" in answer.text
        assert "科室会用短信、电话或函告" in answer.text
        assert "<script" not in answer.text
        assert answer.headers["Content-Security-Policy"] == CONTENT_SECURITY_POLICY


def test_answer_reaches_the_page_by_the_platforms_event(
    reader: Reader, database: Database, wang: Holder
) -> None:
    give_ticket(database, clock.now())
    for said, words in (("reject", "您上次选了不接收"), ("accept", "您已同意接收长期提醒。")):
        answer = f"<TemplateId>{TEMPLATE}</TemplateId><SubscribeStatusString>{said}</SubscribeStatusString>"
        xml = f"<List>{answer}</List>"
        fields = wang.message("event", Event="subscribe_msg_popup_event")
        body = "".join(f"<{name}>{value}</{name}>" for name, value in fields.items())
        wang.post(f"<xml>{body}<SubscribeMsgPopupEvent>{xml}</SubscribeMsgPopupEvent></xml>")
        assert words in reader.get(PAGE)
    assert "<script" not in reader.get(PAGE)
