"""The SMS gateway against the sandbox: codes arrive once, even when an answer is lost."""

from collections.abc import Iterator

import pytest

from config.settings import Settings
from jobs import wiring
from jobs.gateways.ports import NotAccepted
from jobs.gateways.sms import SmsGateway
from reminders.rules.delivery_rules import SendOutcome
from tests.jobs.conftest import Platform

PHONE, SEND = "13800000001", "/sms-api/send"


@pytest.fixture
def gateway(told: Settings) -> Iterator[SmsGateway]:
    made = wiring.code_gateway(told)
    assert made is not None
    yield made
    made.close()


def test_code_arrives_with_its_purpose(gateway: SmsGateway, platform: Platform) -> None:
    assert gateway.send_code(PHONE, "482913", "d1e0", maybe_sent=False)
    [shown] = platform.shown("sms")
    assert shown["phone"] == PHONE
    assert "482913" in shown["content"]
    assert "绑定" in shown["content"]
    assert "10 分钟" in shown["content"]


def test_code_is_not_sent_again_when_only_the_answer_was_lost(
    gateway: SmsGateway, platform: Platform
) -> None:
    platform.fault("reset_after", match=SEND, times=1)
    with pytest.raises(NotAccepted) as caught:
        gateway.send_code(PHONE, "482913", "d1e0", maybe_sent=False)
    assert caught.value.outcome is SendOutcome.UNKNOWN
    assert gateway.send_code(PHONE, "482913", "d1e0", maybe_sent=True)
    assert len(platform.shown("sms")) == 1


def test_code_is_sent_again_when_the_platform_never_saw_it(gateway: SmsGateway, platform: Platform) -> None:
    platform.fault("reset_before", match=SEND, times=1)
    with pytest.raises(NotAccepted):
        gateway.send_code(PHONE, "482913", "d1e0", maybe_sent=False)
    gateway.send_code(PHONE, "482913", "d1e0", maybe_sent=True)
    assert len(platform.shown("sms")) == 1


def test_wrong_number_is_the_persons_fault_and_a_wrong_key_ours(told: Settings, gateway: SmsGateway) -> None:
    with pytest.raises(NotAccepted) as caught:
        gateway.send_code("12", "482913", "d1e0", maybe_sent=False)
    assert caught.value.outcome is SendOutcome.PERSON_REFUSED
    other = wiring.code_gateway(told.model_copy(update={"sms_api_key": "wrong"}))
    assert other is not None
    with pytest.raises(NotAccepted) as caught:
        other.send_code(PHONE, "482913", "d1e0", maybe_sent=False)
    assert caught.value.outcome is SendOutcome.ACCOUNT_FAULT


def test_there_is_no_gateway_when_no_platform_was_chosen(told: Settings) -> None:
    assert wiring.code_gateway(told.model_copy(update={"sms_provider": "none"})) is None
