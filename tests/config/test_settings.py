"""Settings come from the environment only, name every fault at once and never show a value."""

from datetime import time
from pathlib import Path

import pytest

from config import settings

GOOD = {
    "SECRET_KEY": "s" * 40,
    "FIELD_KEYS": "index:" + "a" * 44 + ",k1:" + "b" * 24,
    "WECHAT_APP_ID": "wx0000000000000001",
    "WECHAT_APP_SECRET": "s" * 32,
    "WECHAT_TOKEN": "t" * 32,
    "WECHAT_AES_KEY": "k" * 43,
    "WXBOT_URL": "http://127.0.0.1:8001/",
    "PORTAL_URL": "http://127.0.0.1:8002",
}


def test_only_secrets_and_addresses_must_be_given() -> None:
    loaded = settings.load(GOOD)
    assert loaded.database_url.startswith("sqlite:")
    assert loaded.sending == "on"
    assert loaded.sending_hours == (time(8, 30), time(20, 0))


def test_trailing_slash_is_dropped_from_an_address() -> None:
    assert settings.load(GOOD).wxbot_url == "http://127.0.0.1:8001"


def test_every_fault_is_named_at_once_without_its_value() -> None:
    wrong = GOOD | {
        "SECRET_KEY": "too-short-secret",
        "WECHAT_AES_KEY": "zz",
        "SENDING": "maybe",
        "PORTAL_URL": "",
    }
    with pytest.raises(settings.SettingsError) as caught:
        settings.load(wrong)
    text = str(caught.value)
    for name in ("SECRET_KEY", "WECHAT_AES_KEY", "SENDING", "PORTAL_URL"):
        assert name in text
    assert "too-short-secret" not in text


def test_empty_value_counts_as_absent() -> None:
    assert settings.load(GOOD | {"LOG_LEVEL": "", "SEND_RATE": ""}).send_rate == 100


def test_secret_is_read_from_a_file_when_one_is_named(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("f" * 50 + "\n", encoding="utf-8")
    given = {name: value for name, value in GOOD.items() if name != "SECRET_KEY"}
    assert settings.load(given | {"SECRET_KEY_FILE": str(secret)}).secret_key == "f" * 50


def test_missing_secret_file_is_named() -> None:
    with pytest.raises(settings.SettingsError, match="SECRET_KEY_FILE"):
        settings.load(GOOD | {"SECRET_KEY_FILE": "/nowhere/at/all"})


@pytest.mark.parametrize(
    ("text", "hours"),
    [("00:00-24:00", (time(0), time.max)), ("09:00-17:30", (time(9), time(17, 30)))],
)
def test_sending_hours_are_understood(text: str, hours: tuple[time, time]) -> None:
    assert settings.load(GOOD | {"SENDING_HOURS": text}).sending_hours == hours


@pytest.mark.parametrize("text", ["nine to five", "08:30", "25:00-26:00", ""])
def test_sending_hours_that_nobody_understands_are_a_named_fault_or_the_default(text: str) -> None:
    if not text:
        assert settings.load(GOOD | {"SENDING_HOURS": text}).sending_hours[0] == time(8, 30)
        return
    with pytest.raises(settings.SettingsError, match="SENDING_HOURS"):
        settings.load(GOOD | {"SENDING_HOURS": text})


def test_address_without_a_scheme_is_refused() -> None:
    with pytest.raises(settings.SettingsError, match="WXBOT_URL"):
        settings.load(GOOD | {"WXBOT_URL": "wx.example.gov.cn"})


def test_settings_do_not_change_after_loading() -> None:
    loaded = settings.load(GOOD)
    with pytest.raises(ValueError, match="frozen"):
        loaded.sending = "off"


def test_networks_are_read_at_start_not_at_the_first_sign_in() -> None:
    assert settings.load(GOOD | {"STAFF_NETWORKS": "10.0.0.0/8, 2001:db8::/32"}).staff_networks
    for name in ("STAFF_NETWORKS", "TRUSTED_PROXIES"):
        with pytest.raises(settings.SettingsError, match=name):
            settings.load(GOOD | {name: "10.0.0.0/33"})


INSIDE = {
    "PRACTICE": "true",
    "WECHAT_API_BASE": "http://127.0.0.1:8009",
    "WECHAT_OAUTH_BASE": "http://practice.example:8009",
    "WECHAT_SCRIPT_URL": "http://practice.example:8009/open/js/jweixin-1.6.0.js",
    "SANDBOX_URL": "http://practice.example:8009",
    "SMS_PROVIDER": "sandbox",
    "SMS_API_BASE": "http://localhost:8009/sms-api",
    "SMS_VOICE_BASE": "http://localhost:8009/sms-api",
    "GOVERNMENT_SITE_URL": "http://[::1]:8009/cms-api",
    "E_LICENSE_URL": "http://127.0.0.1:8009/e-license-api",
    "BUSINESS_SYSTEM_URL": "http://127.0.0.1:8009/business-system-api",
}
OUTSIDE = {
    "WECHAT_API_BASE": "https://api.weixin.qq.com",
    "WECHAT_OAUTH_BASE": "https://open.weixin.qq.com",
    "WECHAT_SCRIPT_URL": "https://res.wx.qq.com/open/js/jweixin-1.6.0.js",
    "SMS_PROVIDER": "tencent",
    "SMS_API_BASE": "https://sms.tencentcloudapi.com",
    "SMS_VOICE_BASE": "https://vms.tencentcloudapi.com",
    "GOVERNMENT_SITE_URL": "sftp://site.example/notices",
    "GOVERNMENT_SITE_PUBLIC_URL": "https://site.example/notices",
    "E_LICENSE_URL": "http://practice.example:8009/e-license-api",  # browsers may go there, processes not
    "BUSINESS_SYSTEM_URL": "http://127.0.0.1.example:8009/business-system-api",
    "OIDC_ISSUER": "https://login.example/realms/city",
    "REGULATOR_URL": "https://regulator.example/decisions",
}


def test_practice_stays_on_this_machine_and_marks_what_it_says() -> None:
    loaded = settings.load(GOOD | INSIDE)
    assert loaded.sms_signature == "威海审批（练习）"
    assert loaded.wechat_account_name == "威海政务审批（练习）"
    kept = {"SMS_SIGNATURE": "练习（练习）", "WECHAT_ACCOUNT_NAME": "示例（练习）"}
    assert settings.load(GOOD | INSIDE | kept).sms_signature == "练习（练习）"
    assert settings.load(GOOD).sms_signature == "威海审批"


@pytest.mark.parametrize("name", OUTSIDE)
def test_practice_refuses_every_real_address(name: str) -> None:
    with pytest.raises(settings.SettingsError, match=name):
        settings.load(GOOD | INSIDE | {name: OUTSIDE[name]})
    assert settings.load(GOOD | {name: OUTSIDE[name]})


def test_every_address_is_known_to_be_called_opened_or_our_own() -> None:
    own = {"database_url", "redis_url", "wxbot_url", "portal_url", "sandbox_url"}
    named = {name for name in settings.Settings.model_fields if name.endswith(("_url", "_base", "_issuer"))}
    assert named == {*settings.CALLED, *settings.OPENED} | own
    assert {name.upper() for name in named - own} == set(OUTSIDE) - {"SMS_PROVIDER"}
