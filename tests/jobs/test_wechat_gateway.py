"""The WeChat gateway against the sandbox: one token for all, one retry, every answer in our words."""

import logging
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
import redis

from config.settings import Settings
from jobs import wiring
from jobs.gateways.ports import NotAccepted, TemplateMessage
from jobs.gateways.transport import Transport
from jobs.gateways.wechat import MEANINGS, WeChatGateway
from jobs.gateways.wechat_client import HardenedClient
from reminders.rules.delivery_rules import SendOutcome
from tests.jobs.conftest import Platform
from tests.sandbox.bot import APP_ID, SECRET

FIELDS = {"thing1": "示例许可证", "time3": "2027-01-20"}


@pytest.fixture
def gateway(told: Settings, store: redis.Redis, platform: Platform) -> Iterator[WeChatGateway]:
    platform.people("o-a", "o-b")
    made = wiring.wechat_gateway(told, store)
    yield made
    made.close()


def message(client_msg_id: str = "d1e0", openid: str = "o-a") -> TemplateMessage:
    return TemplateMessage(openid, "TEMPLATE", "http://127.0.0.1/h5/licenses/1", FIELDS, client_msg_id)


def refusal(gateway: WeChatGateway, **options: str) -> NotAccepted:
    with pytest.raises(NotAccepted) as caught:
        gateway.send_template(message(**options))
    return caught.value


def test_message_is_shown_once_when_the_same_id_is_sent_twice(
    gateway: WeChatGateway, platform: Platform
) -> None:
    first, second = gateway.send_template(message()), gateway.send_template(message())
    assert first == second
    assert int(first) > 2**53
    [shown] = platform.shown()
    assert (shown["openid"], shown["client_msg_id"], shown["url"]) == (
        "o-a",
        "d1e0",
        "http://127.0.0.1/h5/licenses/1",
    )


@pytest.mark.parametrize(("errcode", "outcome"), [*MEANINGS.items(), (99999, SendOutcome.UNKNOWN)])
def test_every_code_has_its_meaning(
    gateway: WeChatGateway, platform: Platform, errcode: int, outcome: SendOutcome
) -> None:
    platform.fault("errcode", value=errcode)
    error = refusal(gateway)
    reason = str(errcode) if errcode in MEANINGS else f"unlisted:{errcode}"
    assert (error.outcome, error.reason) == (outcome, reason)
    assert platform.shown() == []


@pytest.mark.parametrize(
    ("kind", "value", "shown"),
    [
        ("html", None, 0),
        ("html_after", None, 1),
        ("empty_after", None, 1),
        ("status", 502, 0),
        ("status_after", 500, 1),
        ("reset_before", None, 0),
        ("reset_after", None, 1),
        ("json", [], 0),
        ("json", {"errcode": "abc"}, 0),
        ("json", {"errcode": 0, "errmsg": "ok"}, 0),
    ],
)
def test_outcome_is_unknown_whenever_something_may_have_left(
    gateway: WeChatGateway, platform: Platform, kind: str, value: object, shown: int
) -> None:
    platform.fault(kind, value=value, times=1)
    assert refusal(gateway).outcome is SendOutcome.UNKNOWN
    assert len(platform.shown()) == shown
    gateway.send_template(message())
    assert len(platform.shown()) == 1


def test_nothing_was_sent_when_nobody_listens(told: Settings, store: redis.Redis) -> None:
    gateway = wiring.wechat_gateway(told.model_copy(update={"wechat_api_base": "http://127.0.0.1:9"}), store)
    store.set(f"wx:{APP_ID}:token", "good")
    error = refusal(gateway)
    assert (error.outcome, error.sent) == (SendOutcome.NOT_SENT, False)


def test_outcome_is_unknown_when_the_answer_does_not_come_in_time(
    platform: Platform, store: redis.Redis
) -> None:
    platform.people("o-a")
    client = HardenedClient(APP_ID, SECRET, platform.url, store, Transport(2, read_s=0.3))
    gateway = WeChatGateway(client)
    gateway.check_token()
    platform.fault("hang", value=5, times=1)
    assert refusal(gateway).outcome is SendOutcome.UNKNOWN
    platform.heal()


@pytest.mark.parametrize("forget", [True, False])
def test_token_is_renewed_once_and_the_message_goes_out_when_it_ends(
    gateway: WeChatGateway, platform: Platform, forget: bool
) -> None:
    gateway.send_template(message())
    platform.end_tokens(forget=forget)
    gateway.send_template(message("d2e0"))
    assert len(platform.shown()) == 2
    assert platform.counts()["stable_token_calls"] == 2


def test_many_threads_and_processes_ask_for_one_token(
    told: Settings, store: redis.Redis, platform: Platform
) -> None:
    platform.people("o-a")
    gateways = [wiring.wechat_gateway(told, store) for _ in range(4)]
    with ThreadPoolExecutor(40) as threads:
        sent = [threads.submit(gateways[n % 4].send_template, message(f"d{n}e0")) for n in range(80)]
        assert len({future.result() for future in sent}) == 80
    assert platform.counts()["stable_token_calls"] == 1
    assert platform.counts()["token_calls"] == 0


def test_storm_of_40001_asks_for_few_tokens(gateway: WeChatGateway, platform: Platform) -> None:
    platform.fault("errcode", value=40001)
    with ThreadPoolExecutor(20) as threads:
        outcomes = list(threads.map(lambda n: refusal(gateway, client_msg_id=f"d{n}e0").outcome, range(100)))
    assert set(outcomes) == {SendOutcome.NOT_SENT}
    assert platform.counts()["stable_token_calls"] <= 3


@pytest.mark.parametrize(
    ("kind", "value", "outcome"),
    [
        ("errcode", 40125, SendOutcome.ACCOUNT_FAULT),
        ("errcode", 40164, SendOutcome.ACCOUNT_FAULT),
        ("errcode", -1, SendOutcome.NOT_SENT),
        ("html", None, SendOutcome.NOT_SENT),
        ("reset_before", None, SendOutcome.NOT_SENT),
        ("json", {"unexpected": 1}, SendOutcome.NOT_SENT),
    ],
)
def test_message_has_not_left_when_there_is_no_token(
    gateway: WeChatGateway, platform: Platform, kind: str, value: object, outcome: SendOutcome
) -> None:
    platform.fault(kind, match="/cgi-bin/stable_token", value=value)
    assert {refusal(gateway).outcome for _ in range(20)} == {outcome}
    assert platform.shown() == []


def test_message_has_not_left_when_the_token_store_is_down(platform: Platform, told: Settings) -> None:
    gateway = wiring.wechat_gateway(told, redis.Redis(port=9, socket_connect_timeout=0.5))
    assert refusal(gateway).outcome is SendOutcome.NOT_SENT


def test_no_error_and_no_log_line_holds_a_secret(
    gateway: WeChatGateway, platform: Platform, caplog: pytest.LogCaptureFixture, store: redis.Redis
) -> None:
    caplog.set_level(logging.DEBUG)
    gateway.check_token()
    token = (store.get(f"wx:{APP_ID}:token") or b"").decode()
    assert token
    for kind, value in (("errcode", 47003), ("html", None), ("reset_before", None), ("status", 502)):
        platform.fault(kind, value=value, times=1)
        error = refusal(gateway)
        told = f"{error!r} {error} {error.__cause__!r} {error.rid}"
        assert SECRET not in told
        assert token not in told
        assert "o-a" not in told
    assert not [record for record in caplog.records if record.name.startswith(("jobs", "reminders"))]


def test_quota_is_told(gateway: WeChatGateway) -> None:
    assert gateway.quota()["quota"]["daily_limit"] > 0
