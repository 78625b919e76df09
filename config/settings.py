"""What this installation was told: read once from the environment, typed, frozen, and checked at start."""

import json
import os
from collections.abc import Collection, Mapping
from datetime import time
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)

ROOT = Path(__file__).resolve().parent.parent
MARK = "（练习）"
LOOPBACK = ("127.0.0.1", "::1", "localhost")
# Addresses that our processes call, and those that browsers open.
CALLED = (
    *(
        "wechat_api_base",
        "sms_api_base",
        "sms_voice_base",
        "government_site_url",
        "e_license_url",
        "business_system_url",
    ),
    *("regulator_url", "oidc_issuer"),
)
OPENED = ("wechat_oauth_base", "wechat_script_url", "government_site_public_url")
DATA = ROOT / "config"


class SettingsError(Exception):
    """A setting is missing, weak or not understood; the text names every one and says what it needs."""


def _hours(value: object) -> object:
    if not isinstance(value, str):
        return value
    start, _, end = value.partition("-")
    return (time.fromisoformat(start), time.max if end == "24:00" else time.fromisoformat(end))


Hours = Annotated[tuple[time, time], BeforeValidator(_hours)]


def _networks(value: object) -> object:
    """A list of CIDR separated by commas. Raises ValueError that names the part."""
    for part in str(value).split(","):
        if part.strip():
            ip_network(part.strip(), strict=False)
    return value


Networks = Annotated[str, BeforeValidator(_networks)]


def _is_at(address: str, hosts: Collection[str | None]) -> bool:
    """An empty address calls nobody, and a folder (/…) lies on this machine."""
    return not address or address.startswith("/") or urlsplit(address).hostname in hosts


class Settings(BaseModel):
    """Field names are the environment's names in lower case; docs and example.env list them all."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    practice: bool = False  # marks every page and message; first, because what follows is checked by it
    sandbox_url: str = Field(default="", pattern=r"^(https?://[^/]+)?$")  # where browsers see the sandbox

    database_url: str = Field(default="sqlite:///var/reminders.db", min_length=5)
    redis_url: str = Field(default="redis://127.0.0.1:6379/0", min_length=8)
    secret_key: str = Field(min_length=32)
    field_keys: str = Field(min_length=60)

    wechat_app_id: str = Field(min_length=6)
    wechat_app_secret: str = Field(min_length=16)
    wechat_token: str = Field(min_length=16, max_length=32)
    wechat_aes_key: str = Field(min_length=43, max_length=43)
    wechat_aes_key_previous: str = Field(default="", pattern=r"^(.{43})?$")
    wechat_api_base: str = "https://api.weixin.qq.com"
    wechat_oauth_base: str = "https://open.weixin.qq.com"
    wechat_script_url: str = Field(
        default="https://res.wx.qq.com/open/js/jweixin-1.6.0.js", pattern=r"^https?://[^/]+/"
    )
    wechat_account_name: str = Field(default="威海政务审批", validate_default=True)
    official_account_articles: bool = False  # may publish articles: needs the yearly 认证
    wechat_original_id: str = ""  # gh_…; when set, callbacks for another account are refused
    wechat_qr_text: str = ""  # what the account's own QR code says: http://weixin.qq.com/r/…

    wxbot_url: str = Field(min_length=8)
    portal_url: str = Field(min_length=8)

    sms_provider: Literal["tencent", "aliyun", "mas", "sandbox", "none"] = "none"
    sms_api_base: str = ""  # empty: the provider's own
    sms_account: str = ""  # SecretId (Tencent), AccessKeyId (Aliyun), ecName (云MAS)
    sms_api_key: str = ""
    sms_app: str = ""  # SdkAppId (Tencent), apId (云MAS)
    sms_sign_id: str = ""  # 云MAS only
    sms_voice_app: str = ""  # VoiceSdkAppid (Tencent); empty: no codes by a call
    sms_voice_base: str = ""  # empty: the provider's own
    sms_report_token: str = Field(default="", pattern=r"^([A-Za-z0-9_-]{20,})?$")
    sms_signature: str = Field(default="威海审批", validate_default=True)
    sms_daily_cap: int = Field(default=5000, ge=0)  # reminders by SMS a day; what is above goes by phone

    government_site_kind: Literal["api", "folder", "sftp", "webdav", "s3"] = "api"
    government_site_url: str = Field(default="", pattern=r"^((https?|sftp)://|/|$)")
    government_site_public_url: str = Field(default="", pattern=r"^(https?://.*)?$")
    government_site_user: str = ""
    government_site_key: str = ""
    government_site_host_key: str = ""
    government_site_region: str = "cn-north-1"
    government_site_private: bool = False
    e_license_url: str = Field(default="", pattern=r"^(https?://.*)?$")
    e_license_key: str = ""
    e_license_every_s: int = Field(default=3600, ge=1)
    regulator_url: str = Field(default="", pattern=r"^(https?://.*)?$")
    regulator_key: str = Field(default="", pattern=r"^(.{16,})?$")
    business_system_url: str = Field(default="", pattern=r"^(https?://.*)?$")
    business_system_key: str = Field(default="", pattern=r"^(.{16,})?$")

    sending: Literal["on", "off"] = "on"
    send_rate: float = Field(default=100, ge=0)  # messages a second; 0 sets it free
    send_concurrency: int = Field(default=64, ge=1, le=512)
    sending_hours: Hours = (time(8, 30), time(20, 0))
    plan_every_s: int = Field(default=3600, ge=1)
    run_cap: int = Field(default=2000, ge=0)  # messages one planning run may queue; 0: any number

    staff_networks: Networks = ""  # empty: from anywhere
    trusted_proxies: Networks = "127.0.0.1,::1"
    staff_idle_minutes: int = Field(default=30, ge=1, le=480)
    staff_session_hours: int = Field(default=12, ge=1, le=24)
    oidc_issuer: str = ""  # of the city's single sign-on; empty: none
    oidc_client_id: str = ""
    oidc_client_secret: str = ""
    oidc_name: str = "统一身份认证"
    oidc_second_factor: Literal["ours", "provider"] = "ours"
    oidc_acr_values: str = ""  # levels that count as a second factor, beside `mfa`
    oidc_local_passwords: Literal["everyone", "administrators"] = "everyone"
    service_phone: str = ""
    site_name: str = "威海市行政审批服务局证照到期提醒"
    hot_words: str = "药品经营许可证 食品生产许可证 护士 出租车 外国人工作许可"  # shown to search for
    organizer: str = "威海市行政审批服务局"
    contractor: str = ""
    office_address: str = ""
    postcode: str = ""
    complaint_phone: str = ""
    technical_support: str = ""
    site_emblem: str = ""  # path of an image; none by default, the national emblem is regulated
    portal_fresh_s: float = Field(default=1, ge=0)  # how long a public page is shown without asking again
    icp_number: str = ""
    police_number: str = ""
    site_code: str = ""
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    metrics_token: str = ""

    @property
    def mark(self) -> str:
        """What a paper or a file of a practice installation carries in its title."""
        return MARK if self.practice else ""

    def outlets(self) -> tuple[str, ...]:
        """Words of the outlets beside our own portal."""
        account = ("official_account", "mass_send") if self.official_account_articles else ()
        return (*account, *(("government_site",) if self.government_site_url else ()))

    @property
    def has_sms(self) -> bool:
        """Whether an SMS platform was chosen; two of them have no address of their own."""
        return self.sms_provider in ("tencent", "aliyun") or (
            self.sms_provider != "none" and bool(self.sms_api_base)
        )

    @property
    def has_voice(self) -> bool:
        """Whether a one-time code can be said by a call."""
        is_plain = self.sms_provider == "sandbox" and bool(self.sms_api_base)
        return is_plain or (self.sms_provider == "tencent" and bool(self.sms_voice_app))

    @property
    def has_e_license(self) -> bool:
        return bool(self.e_license_url and self.e_license_key)

    @property
    def has_regulators(self) -> bool:
        return bool(self.regulator_url and self.regulator_key)

    @property
    def has_single_sign_on(self) -> bool:
        return bool(self.oidc_issuer and self.oidc_client_id)

    @property
    def passwords_are_for_administrators(self) -> bool:
        return self.has_single_sign_on and self.oidc_local_passwords == "administrators"

    @property
    def has_business_system(self) -> bool:
        return bool(self.business_system_url and self.business_system_key)

    @field_validator("wxbot_url", "portal_url", "wechat_api_base", "wechat_oauth_base")
    @classmethod
    def _no_trailing_slash(cls, value: str) -> str:
        if value and not value.startswith(("http://", "https://")):
            raise ValueError("must start with http:// or https://")
        return value.rstrip("/")

    @field_validator("wechat_account_name", "sms_signature")
    @classmethod
    def _marked(cls, value: str, told: ValidationInfo) -> str:
        """Every message names the account or carries the signature, so the mark is on every message."""
        is_marked = not told.data.get("practice") or MARK in value
        return value if is_marked else f"{value}{MARK}"

    @model_validator(mode="after")
    def _practice_stays_inside(self) -> Self:
        """A practice installation calls nobody but this machine, and sends browsers only to its sandbox."""
        if not self.practice:
            return self
        if self.sms_provider not in ("sandbox", "none"):
            raise ValueError("in practice SMS_PROVIDER must be sandbox or none")
        shown = {*LOOPBACK, urlsplit(self.sandbox_url).hostname}
        outside = [
            *(name for name in CALLED if not _is_at(getattr(self, name), LOOPBACK)),
            *(name for name in OPENED if not _is_at(getattr(self, name), shown)),
        ]
        if outside:
            names = ", ".join(name.upper() for name in outside)
            raise ValueError(f"in practice these must lead to the sandbox on this machine: {names}")
        return self


def load(environ: Mapping[str, str] | None = None) -> Settings:
    """Settings from the environment; a secret may stand in a file named by NAME_FILE.

    Raises SettingsError naming every wrong value at once, never printing the value.
    """
    source = os.environ if environ is None else environ
    values: dict[str, Any] = {}
    for field in Settings.model_fields:
        name = field.upper()
        if f"{name}_FILE" in source:
            values[field] = _read_secret(name, source[f"{name}_FILE"])
        elif source.get(name):
            values[field] = source[name]
    try:
        return Settings(**values)
    except ValidationError as error:
        lines = [
            f"  {'.'.join(map(str, e['loc'])).upper() or 'PRACTICE'}: {_reason(e)}" for e in error.errors()
        ]
        raise SettingsError(
            "Settings are not usable (see config/example.env):\n" + "\n".join(lines)
        ) from None


def _read_secret(name: str, path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise SettingsError(f"  {name}_FILE: cannot read the file ({error.strerror})") from None


def _reason(error: Mapping[str, Any]) -> str:
    if error["type"] == "missing":
        return "is missing"
    context = error.get("ctx") or {}
    return (
        f"{error['msg']} {json.dumps(context, default=str)}" if "expected" in context else str(error["msg"])
    )
