"""The three SMS adapters against platforms that check their signatures, and against known vectors."""

import json
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, date, datetime

import pytest

from config.settings import Settings
from jobs import sms_templates, wiring
from jobs.gateways import sms_aliyun, sms_mas, sms_tencent
from jobs.gateways.ports import NotAccepted, SmsGateway, SmsMessage
from reminders import clock
from reminders.rules.delivery_rules import MessageKind, SendOutcome
from tests.jobs.conftest import Platform

PHONE = "13800000001"
PARAMS = {
    "subject": "《药品经营许可证》",
    "expires_on": "2027-02-20",
    "advice": "请最迟2027-01-20申请换证",
    "service_phone": "0631-0000001",
    "check_code": "7K3M2-QXP9T",
}
MOMENT = datetime(2026, 11, 2, 1, 0, tzinfo=UTC)
ALIYUN_SIGNED = "f43d215f660ccc44cc24ef8a31b2296ae97fe1f1ef434fe1fc295c6ba03ee44e"
TENCENT_SIGNED = "2827f09564c55c9f0be53af727356b0beb5beeab8902b1c3eb78451a77ba1efc"
PROVIDERS = ("tencent", "aliyun", "mas")
ASKED = ("tencent", "aliyun")


def made(told: Settings, platform: Platform, provider: str, **other: str) -> SmsGateway:
    change = {
        "sms_provider": provider,
        "sms_api_base": f"{platform.url}/sms-{provider}",
        "sms_account": "example-account",
        "sms_app": "1400000001",
        "sms_sign_id": "sign-1",
    }
    gateway = wiring.sms_gateway(told.model_copy(update=change | other))
    assert gateway is not None
    return gateway


@pytest.fixture(params=PROVIDERS)
def gateway(request: pytest.FixtureRequest, told: Settings, platform: Platform) -> Iterator[SmsGateway]:
    with closing(made(told, platform, request.param)) as opened:
        yield opened


def message(phone: str = PHONE, out_id: str = "d1e0") -> SmsMessage:
    wording = sms_templates.load()[MessageKind.SINGLE]
    text, ordered = wording.text(PARAMS), wording.ordered(PARAMS)
    return SmsMessage(phone, MessageKind.SINGLE, PARAMS, text, out_id, wording.template_id, ordered)


def test_reminder_arrives_with_what_it_says(gateway: SmsGateway, platform: Platform) -> None:
    assert gateway.send(message())
    [shown] = platform.shown("sms")
    assert shown["phone"] == PHONE
    for said in ("药品经营许可证", "2027-01-20", "7K3M2-QXP9T", "【威海审批】"):
        assert said in shown["content"]


def test_code_is_said_by_a_call(told: Settings, platform: Platform) -> None:
    change = {
        "sms_provider": "tencent",
        "sms_voice_app": "1400000002",
        "sms_voice_base": f"{platform.url}/voice-tencent",
        "sms_account": "example-account",
    }
    voice = wiring.voice_gateway(told.model_copy(update=change))
    assert voice is not None
    with closing(voice):
        assert voice.speak(PHONE, "482913", "d1e0")
        with pytest.raises(NotAccepted) as refusal:
            voice.speak("12345", "482913", "d2e0")
    assert refusal.value.outcome is SendOutcome.PERSON_REFUSED
    [rung] = platform.shown("voice")
    assert (rung["phone"], rung["client_msg_id"]) == (PHONE, "d1e0")
    assert rung["content"].endswith("4 8 2 9 1 3")
    wrong = wiring.voice_gateway(told.model_copy(update=change | {"sms_api_key": "k" * 20}))
    assert wrong is not None
    with closing(wrong), pytest.raises(NotAccepted) as refusal:
        wrong.speak(PHONE, "482913", "d3e0")
    assert refusal.value.outcome is SendOutcome.ACCOUNT_FAULT


def test_nobody_calls_where_no_voice_application_is_known(told: Settings) -> None:
    for provider in PROVIDERS:
        change = {"sms_provider": provider, "sms_voice_app": "", "sms_api_base": "http://127.0.0.1:1"}
        assert wiring.voice_gateway(told.model_copy(update=change)) is None


def test_number_that_is_none_is_refused(gateway: SmsGateway, platform: Platform) -> None:
    with pytest.raises(NotAccepted) as caught:
        gateway.send(message("12"))
    assert caught.value.outcome is SendOutcome.PERSON_REFUSED
    assert platform.shown("sms") == []


@pytest.mark.parametrize("provider", PROVIDERS)
def test_wrong_secret_stops_the_account(told: Settings, platform: Platform, provider: str) -> None:
    other = made(told, platform, provider, sms_api_key="wrong")
    with closing(other), pytest.raises(NotAccepted) as caught:
        other.send(message())
    assert caught.value.outcome is SendOutcome.ACCOUNT_FAULT
    assert platform.shown("sms") == []


@pytest.mark.parametrize("provider", ASKED)
def test_lost_answer_is_found_by_our_own_id(told: Settings, platform: Platform, provider: str) -> None:
    today = clock.civil_date(clock.now())
    with closing(made(told, platform, provider)) as opened:
        assert opened.find(PHONE, "d1e0", today) is None
        platform.fault("reset_after", match=f"/sms-{provider}", times=1)
        with pytest.raises(NotAccepted) as caught:
            opened.send(message())
        assert caught.value.outcome is SendOutcome.UNKNOWN
        [shown] = platform.shown("sms")
        assert opened.find(PHONE, "d1e0", today) == (shown["msgid"] if provider == "tencent" else "d1e0")
        assert opened.find(PHONE, "d2e0", today) is None


@pytest.mark.parametrize("provider", ASKED)
def test_message_behind_a_full_page_is_found(told: Settings, platform: Platform, provider: str) -> None:
    today = clock.civil_date(clock.now())
    with closing(made(told, platform, provider)) as opened:
        for number in range(120):
            opened.send(message(out_id=f"d{number}e0"))
        assert opened.find(PHONE, "d119e0", today)


def test_status_without_our_id_leaves_it_open(told: Settings, platform: Platform) -> None:
    today = clock.civil_date(clock.now())
    with closing(made(told, platform, "tencent")) as opened:
        opened.send(message(out_id=""))
        with pytest.raises(NotAccepted, match="no-session-context") as caught:
            opened.find(PHONE, "d1e0", today)
    assert caught.value.outcome is SendOutcome.NOT_SENT


def test_platform_that_cannot_be_asked_says_so(told: Settings, platform: Platform) -> None:
    with closing(made(told, platform, "mas")) as opened, pytest.raises(NotAccepted) as caught:
        opened.find(PHONE, "d1e0", date(2026, 11, 2))
    assert caught.value.outcome is SendOutcome.NOT_SENT


@pytest.mark.parametrize("kind", ["html", "empty", "status"])
def test_answer_nobody_understands_is_unknown(gateway: SmsGateway, platform: Platform, kind: str) -> None:
    platform.fault(kind, match="/sms-", times=1, value=502)
    with pytest.raises(NotAccepted) as caught:
        gateway.send(message())
    assert caught.value.outcome is SendOutcome.UNKNOWN


@pytest.mark.parametrize(
    ("code", "outcome"),
    [
        ("LimitExceeded.PhoneNumberDailyLimit", SendOutcome.NOT_TODAY),
        ("LimitExceeded.AppDailyLimit", SendOutcome.QUOTA),
        ("FailedOperation.PhoneNumberInBlacklist", SendOutcome.PERSON_REFUSED),
        ("FailedOperation.TemplateIncorrectOrUnapproved", SendOutcome.CONFIG_FAULT),
        ("FailedOperation.InsufficientBalanceInSmsPackage", SendOutcome.ACCOUNT_FAULT),
        ("AuthFailure.SecretIdNotFound", SendOutcome.ACCOUNT_FAULT),
        ("InternalError.OtherError", SendOutcome.UNKNOWN),
        ("InvalidParameterValue.TemplateParameterLengthLimit", SendOutcome.UNSAYABLE),
        ("InvalidParameterValue.SdkAppIdNotExist", SendOutcome.ACCOUNT_FAULT),
        ("LimitExceeded.GlobalSmsSendingRateLimit", SendOutcome.NOT_SENT),
    ],
)
def test_codes_of_tencent_mean_what_its_manual_says(code: str, outcome: SendOutcome) -> None:
    assert sms_tencent.meaning(code) is outcome


def test_signatures_are_those_of_the_vendors_own_packages() -> None:
    """Made once with alibabacloud_tea_openapi 0.4.6 and with sign_tc3 of the Tencent SDK 3.1.195."""
    headers = sms_aliyun.signed_headers(
        "SendSms",
        "dysmsapi.aliyuncs.com",
        b"PhoneNumbers=13800000001&OutId=d1e0",
        "AKEXAMPLE",
        "example-secret",
        MOMENT,
        "n1",
    )
    assert headers["Authorization"].endswith(ALIYUN_SIGNED)
    told = {"PhoneNumberSet": ["+8613800000001"], "SignName": "威海审批"}
    body = json.dumps(told, ensure_ascii=False).encode()
    headers = sms_tencent.signed_headers(
        "SendSms", "sms.tencentcloudapi.com", body, "AKIDEXAMPLE", "example-secret", MOMENT
    )
    assert headers["Authorization"].endswith(TENCENT_SIGNED)


def test_tencent_signature_covers_the_body() -> None:
    now = datetime(2026, 11, 2, 1, 0, tzinfo=UTC)
    one, other = (
        sms_tencent.signed_headers("SendSms", "sms.tencentcloudapi.com", body, "id", "key", now)
        for body in (b"{}", b"{ }")
    )
    assert one["Authorization"] != other["Authorization"]
    assert "SignedHeaders=content-type;host;x-tc-action" in one["Authorization"]


def test_phone_and_secret_stand_in_no_header() -> None:
    now = datetime(2026, 11, 2, 1, 0, tzinfo=UTC)
    body = PHONE.encode()
    for headers in (
        sms_tencent.signed_headers("SendSms", "h", body, "id", "a-secret", now),
        sms_aliyun.signed_headers("SendSms", "h", body, "id", "a-secret", now, "n"),
    ):
        assert PHONE not in str(headers)
        assert "a-secret" not in str(headers)


def test_mac_of_mas_is_the_digest_of_all_fields() -> None:
    assert sms_mas.mac("a", "b", "c", "1", "x", "s") != sms_mas.mac("a", "b", "c", "1", "y", "s")
