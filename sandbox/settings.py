"""What the sandbox is told from outside: the product's names and secrets, read by code of its own."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

NEEDED = ("WECHAT_APP_ID", "WECHAT_APP_SECRET", "WECHAT_TOKEN", "WECHAT_AES_KEY")


class SettingsError(Exception):
    """A name is missing; the text lists them all."""


@dataclass(frozen=True)
class Settings:
    """One pretended official account and the bot that serves it."""

    app_id: str
    app_secret: str
    token: str
    aes_key: str
    folder: Path
    wxbot_url: str = "http://127.0.0.1:8001"
    url: str = ""  # how browsers reach the sandbox; empty: as the request says
    original_id: str = "gh_sandbox000001"
    account_name: str = "威海政务审批"
    sms_key: str = ""
    cms_key: str = ""
    e_license_key: str = ""
    business_key: str = ""
    regulator_key: str = ""
    oidc_client_id: str = "reminders"
    oidc_client_secret: str = ""


def load(environ: Mapping[str, str] | None = None) -> Settings:
    """Settings from the environment; NAME_FILE names a file that holds the value. Raises SettingsError."""
    source = os.environ if environ is None else environ
    missing = [name for name in NEEDED if not _value(source, name)]
    if missing:
        raise SettingsError(
            "The sandbox needs these settings (see config/example.env): " + ", ".join(missing)
        )
    return Settings(
        app_id=_value(source, "WECHAT_APP_ID"),
        app_secret=_value(source, "WECHAT_APP_SECRET"),
        token=_value(source, "WECHAT_TOKEN"),
        aes_key=_value(source, "WECHAT_AES_KEY"),
        folder=Path(_value(source, "SANDBOX_DIR") or "var/sandbox"),
        wxbot_url=(_value(source, "WXBOT_URL") or Settings.wxbot_url).rstrip("/"),
        url=_value(source, "SANDBOX_URL").rstrip("/"),
        original_id=_value(source, "WECHAT_ORIGINAL_ID") or Settings.original_id,
        account_name=_value(source, "WECHAT_ACCOUNT_NAME") or Settings.account_name,
        sms_key=_value(source, "SMS_API_KEY"),
        cms_key=_value(source, "GOVERNMENT_SITE_KEY"),
        e_license_key=_value(source, "E_LICENSE_KEY"),
        business_key=_value(source, "BUSINESS_SYSTEM_KEY"),
        regulator_key=_value(source, "REGULATOR_KEY"),
        oidc_client_id=_value(source, "OIDC_CLIENT_ID") or Settings.oidc_client_id,
        oidc_client_secret=_value(source, "OIDC_CLIENT_SECRET"),
    )


def _value(source: Mapping[str, str], name: str) -> str:
    file = source.get(f"{name}_FILE")
    return Path(file).read_text(encoding="utf-8").strip() if file else source.get(name, "")
