"""Faults on request: what comes before the work, what comes after it, and what happens to events."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests

from sandbox.server import BACKLOG
from tests.sandbox.bot import Sandbox, within

SEND = "/cgi-bin/message/template/send"


def fault(sandbox: Sandbox, kind: str, match: str = SEND, **fields: Any) -> None:
    sandbox.post("/sandbox/faults", [{"match": match, "kind": kind, **fields}])


@pytest.mark.parametrize(("kind", "shown"), [("reset_before", 0), ("reset_after", 1)])
def test_cut_connection_has_done_the_work_or_not(sandbox: Sandbox, kind: str, shown: int) -> None:
    openid, token = sandbox.follower(), sandbox.token()
    fault(sandbox, kind, times=1)
    with pytest.raises(requests.ConnectionError) as error:
        sandbox.send(openid, "d1e0", token)
    assert "reset" in str(error.value).lower()
    assert len(sandbox.shown("template")) == shown
    assert sandbox.send(openid, "d1e0", token)["errcode"] == 0
    assert len(sandbox.shown("template")) == 1


@pytest.mark.parametrize(("kind", "shown"), [("errcode", 0), ("errcode_after", 1)])
def test_busy_platform_has_done_the_work_or_not(sandbox: Sandbox, kind: str, shown: int) -> None:
    openid = sandbox.follower()
    fault(sandbox, kind, value=-1, times=2)
    assert sandbox.send(openid, "d1e0")["errcode"] == -1
    assert sandbox.send(openid, "d1e0")["errcode"] == -1
    assert len(sandbox.shown("template")) == shown
    assert sandbox.send(openid, "d1e0")["errcode"] == 0


def test_html_status_and_empty_bodies_come_instead_of_json(sandbox: Sandbox) -> None:
    url = f"{sandbox.url}{SEND}"
    for kind, value in (("html", None), ("status", 502), ("empty", None)):
        fault(sandbox, kind, value=value, times=1)
    answers = [requests.post(url, timeout=5) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 502, 200]
    assert answers[0].headers["Content-Type"] == "text/html"
    assert answers[2].content == b""


def test_hanging_connection_is_let_go_when_faults_are_cleared(sandbox: Sandbox) -> None:
    openid, token = sandbox.follower(), sandbox.token()
    fault(sandbox, "hang")
    with pytest.raises(requests.Timeout):
        requests.post(f"{sandbox.url}{SEND}?access_token={token}", data=b"{}", timeout=0.3)
    outcome: list[str] = []

    def call() -> None:
        try:
            sandbox.send(openid, "d1e0", token)
        except requests.ConnectionError:
            outcome.append("cut")

    thread = threading.Thread(target=call)
    thread.start()
    assert within(5, lambda: len(sandbox.shown("template")) == 1)
    requests.delete(f"{sandbox.url}/sandbox/faults", timeout=5)
    thread.join(5)
    assert outcome == ["cut"]


def test_delay_and_person_are_respected(sandbox: Sandbox) -> None:
    unlucky, lucky = sandbox.follower(), sandbox.follower()
    fault(sandbox, "errcode", value=43101, openid=unlucky)
    fault(sandbox, "delay", value=0.3, times=1)
    started = time.monotonic()
    assert sandbox.send(lucky)["errcode"] == 0
    assert time.monotonic() - started >= 0.3
    assert sandbox.send(unlucky)["errcode"] == 43101


def test_rate_hits_about_its_share(sandbox: Sandbox) -> None:
    fault(sandbox, "status", match="/sandbox/state", value=503, rate=0.5)
    with requests.Session() as session:
        codes = [session.get(f"{sandbox.url}/sandbox/state", timeout=5).status_code for _ in range(100)]
    assert 20 < codes.count(503) < 80


def test_unknown_kind_is_refused(sandbox: Sandbox) -> None:
    assert "unknown kind" in sandbox.post("/sandbox/faults", [{"match": "/", "kind": "earthquake"}])["error"]


@pytest.mark.parametrize(("kind", "came"), [("drop_event", 1), ("double_event", 3)])
def test_event_is_lost_or_doubled(sandbox: Sandbox, kind: str, came: int) -> None:
    openid = sandbox.follower()
    fault(sandbox, kind, match="callback:TEMPLATESENDJOBFINISH", times=1)
    sandbox.send(openid)
    sandbox.send(openid)
    assert within(5, lambda: len(sandbox.bot.events("TEMPLATESENDJOBFINISH")) >= came)
    time.sleep(0.3)
    assert len(sandbox.bot.events("TEMPLATESENDJOBFINISH")) == came


def test_late_event_comes_late_and_receipt_says_what_was_asked(sandbox: Sandbox) -> None:
    openid = sandbox.follower()
    fault(sandbox, "receipt", match="callback:", value="failed:user block", times=1)
    fault(sandbox, "late_event", match="callback:TEMPLATE", value=0.5, times=1)
    sandbox.send(openid)
    sandbox.send(openid)
    assert within(5, lambda: len(sandbox.bot.events("TEMPLATESENDJOBFINISH")) == 2)
    assert [event["Status"] for event in sandbox.bot.events("TEMPLATESENDJOBFINISH")] == [
        "success",
        "failed:user block",
    ]


def test_many_connections_at_once_are_all_answered(sandbox: Sandbox) -> None:
    assert BACKLOG >= 512
    openid, token = sandbox.follower(), sandbox.token()
    with ThreadPoolExecutor(100) as pool:
        answers = list(pool.map(lambda n: sandbox.send(openid, f"d{n % 150}e0", token), range(300)))
    assert {answer["errcode"] for answer in answers} == {0}
    assert len({answer["msgid"] for answer in answers}) == 150
    assert len(sandbox.shown("template")) == 150
