"""Prompts in the business system: signed, put there once however often, refused in our words."""

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta

import pytest
import redis
import requests
from sqlalchemy import select

from config.settings import Settings
from jobs import wiring
from jobs.gateways.business_system import BusinessSystemGateway
from jobs.gateways.ports import NotAccepted, Prompt
from jobs.gateways.transport import Transport
from jobs.sending import Plan, Sender
from reminders import clock, roads
from reminders.db import Database
from reminders.rules.delivery_rules import SendOutcome
from reminders.rules.lifecycle import Channel, DeliveryState
from reminders.tables.deliveries import Delivery
from tests import builders_channels
from tests.builders_queue import ALL_DAY
from tests.jobs.conftest import Platform
from tests.sandbox.bot import BUSINESS_KEY

PUT = "/business-system-api/prompts/"


@pytest.fixture
def reached(told: Settings, platform: Platform) -> Settings:
    where = {
        "business_system_url": f"{platform.url}/business-system-api",
        "business_system_key": BUSINESS_KEY,
    }
    return told.model_copy(update=where)


@pytest.fixture
def gateway(reached: Settings) -> Iterator[BusinessSystemGateway]:
    made = wiring.business_system(reached)
    assert made is not None
    yield made
    made.close()


def prompt(prompt_id: str = "d1", holder: str = "示例一号印刷厂") -> Prompt:
    license = {
        "license_name": "印刷经营许可证",
        "license_no": "鲁示例YS0001",
        "holder_name": holder,
        "expires_on": "2027-01-20",
        "apply_by": "2026-12-21",
        "service_phone": "0631-0000005",
    }
    return Prompt(prompt_id, "综合事务科", (license,), "7K3M2-QXP9T")


def refusal(gateway: BusinessSystemGateway, told: Prompt) -> NotAccepted:
    with pytest.raises(NotAccepted) as caught:
        gateway.prompt(told)
    return caught.value


def page(platform: Platform) -> str:
    return requests.get(f"{platform.url}/business-system", timeout=5).text


def test_prompt_is_shown_once_however_often_it_is_put(
    gateway: BusinessSystemGateway, platform: Platform
) -> None:
    assert "还没有收到提示" in page(platform)
    first = gateway.prompt(prompt())
    assert first == gateway.prompt(prompt()) == "TS000001"
    assert len(platform.shown("prompt")) == 1
    shown = page(platform)
    for word in ("示例一号印刷厂", "鲁示例YS0001", "2026-12-21", "综合事务科", "7K3M2-QXP9T", first):
        assert word in shown


@pytest.mark.parametrize(
    ("kind", "value"), [("html_after", None), ("status_after", 500), ("reset_after", None)]
)
def test_lost_answer_is_unknown_and_putting_again_shows_nothing_twice(
    gateway: BusinessSystemGateway, platform: Platform, kind: str, value: object
) -> None:
    platform.fault(kind, match=PUT, value=value, times=1)
    assert refusal(gateway, prompt()).outcome is SendOutcome.UNKNOWN
    gateway.prompt(prompt())
    assert len(platform.shown("prompt")) == 1


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (302, SendOutcome.ACCOUNT_FAULT),
        (400, SendOutcome.CONFIG_FAULT),
        (404, SendOutcome.ACCOUNT_FAULT),
        (422, SendOutcome.PERSON_REFUSED),
        (429, SendOutcome.NOT_SENT),
        (503, SendOutcome.NOT_SENT),
        (502, SendOutcome.UNKNOWN),
    ],
)
def test_every_status_has_its_meaning(
    gateway: BusinessSystemGateway, platform: Platform, status: int, outcome: SendOutcome
) -> None:
    platform.fault("status", match=PUT, value=status)
    error = refusal(gateway, prompt())
    assert (error.outcome, error.reason) == (outcome, f"http-{status}")
    assert platform.shown("prompt") == []


def test_holder_without_an_account_is_told_another_way(gateway: BusinessSystemGateway) -> None:
    assert refusal(gateway, prompt(holder="无账号的示例持证人")).outcome is SendOutcome.PERSON_REFUSED


def test_wrong_key_is_refused_and_rests_the_channel(platform: Platform) -> None:
    stranger = BusinessSystemGateway(f"{platform.url}/business-system-api", "w" * 16, Transport(1))
    error = refusal(stranger, prompt())
    assert (error.outcome, error.reason) == (SendOutcome.ACCOUNT_FAULT, "http-401")
    assert platform.shown("prompt") == []


def test_nobody_listening_is_not_sent() -> None:
    gateway = BusinessSystemGateway("http://127.0.0.1:9/api", BUSINESS_KEY, Transport(1))
    assert refusal(gateway, prompt()).outcome is SendOutcome.NOT_SENT


def test_road_is_open_when_address_and_key_are_there(told: Settings, reached: Settings) -> None:
    assert Channel.BUSINESS_SYSTEM not in wiring.means(told)
    assert Channel.BUSINESS_SYSTEM in wiring.means(reached)
    assert wiring.business_system(reached.model_copy(update={"business_system_key": ""})) is None


def test_sender_puts_a_prompt_and_repeats_a_lost_one_under_the_same_id(
    database: Database, reached: Settings, store: redis.Redis, platform: Platform
) -> None:
    now = clock.now()
    with database.begin() as session:
        roads.open_roads(session, wiring.means(reached))
        told = builders_channels.licensed(
            session, method=Channel.BUSINESS_SYSTEM, expires_on=clock.civil_date(now) + timedelta(days=80)
        )
        row = builders_channels.prompt(session, told)
        row.next_at, row.for_day, delivery_id = now, clock.civil_date(now), row.id
    platform.fault("reset_after", match=PUT, times=1)
    with ExitStack() as stack:
        carriers = wiring.carriers(reached, store, stack)
        Sender(database, "s", Plan(ALL_DAY, 0, 4), carriers).drain(for_s=5)
        with database.begin() as session:
            row = session.get_one(Delivery, delivery_id)
            assert row.state is DeliveryState.UNKNOWN
            row.next_at = clock.now()
        Sender(database, "s", Plan(ALL_DAY, 0, 4), carriers).drain(for_s=5)
    with database.read() as session:
        row = session.execute(select(Delivery)).scalar_one()
    assert (row.state, row.provider_msgid) == (DeliveryState.ACCEPTED, "TS000001")
    assert [one["client_msg_id"] for one in platform.shown("prompt")] == [f"d{delivery_id}"]
