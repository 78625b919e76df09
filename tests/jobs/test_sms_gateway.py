"""The SMS gateway against the sandbox: messages arrive once, even when an answer is lost."""

from collections.abc import Iterator
from datetime import date

import pytest

from config.settings import Settings
from jobs import sms_templates, wiring
from jobs.gateways.ports import NotAccepted, SmsGateway, SmsMessage
from reminders.rules.delivery_rules import MessageKind, SendOutcome
from tests.jobs.conftest import Platform

PHONE, SEND = "13800000001", "/sms-api/send"
TODAY = date(2026, 11, 2)


@pytest.fixture
def gateway(told: Settings) -> Iterator[SmsGateway]:
    made = wiring.sms_gateway(told)
    assert made is not None
    yield made
    made.close()


def code(phone: str = PHONE) -> SmsMessage:
    params = {"code": "482913"}
    text = sms_templates.load()[MessageKind.CODE].text(params)
    return SmsMessage(phone, MessageKind.CODE, params, text, "d1e0")


def test_code_arrives_with_its_purpose(gateway: SmsGateway, platform: Platform) -> None:
    assert gateway.send(code())
    [shown] = platform.shown("sms")
    assert shown["phone"] == PHONE
    assert "482913" in shown["content"]
    assert "绑定" in shown["content"]
    assert "10 分钟" in shown["content"]


def test_message_is_found_when_only_the_answer_was_lost(gateway: SmsGateway, platform: Platform) -> None:
    platform.fault("reset_after", match=SEND, times=1)
    with pytest.raises(NotAccepted) as caught:
        gateway.send(code())
    assert caught.value.outcome is SendOutcome.UNKNOWN
    [shown] = platform.shown("sms")
    assert gateway.find(PHONE, "d1e0", TODAY) == shown["msgid"]


def test_message_is_not_found_when_the_platform_never_saw_it(gateway: SmsGateway, platform: Platform) -> None:
    platform.fault("reset_before", match=SEND, times=1)
    with pytest.raises(NotAccepted):
        gateway.send(code())
    assert gateway.find(PHONE, "d1e0", TODAY) is None


def test_question_without_an_answer_repeats_nothing(gateway: SmsGateway, platform: Platform) -> None:
    platform.fault("reset_before", match="/sms-api/query", times=1)
    with pytest.raises(NotAccepted) as caught:
        gateway.find(PHONE, "d1e0", TODAY)
    assert caught.value.outcome is SendOutcome.NOT_SENT


def test_wrong_number_is_the_persons_fault_and_a_wrong_key_ours(told: Settings, gateway: SmsGateway) -> None:
    with pytest.raises(NotAccepted) as caught:
        gateway.send(code("12"))
    assert caught.value.outcome is SendOutcome.PERSON_REFUSED
    other = wiring.sms_gateway(told.model_copy(update={"sms_api_key": "wrong"}))
    assert other is not None
    with pytest.raises(NotAccepted) as caught:
        other.send(code())
    assert caught.value.outcome is SendOutcome.ACCOUNT_FAULT
    other.close()


def test_there_is_no_gateway_when_no_platform_was_chosen(told: Settings) -> None:
    assert wiring.sms_gateway(told.model_copy(update={"sms_provider": "none"})) is None
