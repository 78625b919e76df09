"""Plugs the real things together from the settings: database, Redis, gateways."""

import os
import socket
from contextlib import ExitStack, suppress

import redis
from sqlalchemy.exc import ArgumentError

from config.settings import Settings, SettingsError
from jobs import sms_templates, templates
from jobs.carriers import Carrier, PromptCarrier, SmsCarrier, SubscriptionCarrier, TemplateCarrier
from jobs.current_wordings import CurrentWordings
from jobs.gateways import sms_aliyun, sms_tencent, voice_tencent
from jobs.gateways.business_system import BusinessSystemGateway
from jobs.gateways.e_license import ELicenseGateway
from jobs.gateways.ports import NotAccepted, SmsGateway, VoiceGateway
from jobs.gateways.regulators import RegulatorsGateway
from jobs.gateways.sms import PlainSmsGateway
from jobs.gateways.sms_aliyun import AliyunSms
from jobs.gateways.sms_mas import MasSms
from jobs.gateways.sms_tencent import TencentSms
from jobs.gateways.transport import Transport
from jobs.gateways.voice_tencent import TencentVoice
from jobs.gateways.wechat import WeChatGateway
from jobs.gateways.wechat_client import HardenedClient
from reminders import db
from reminders.crypto import Vault
from reminders.roads import Means
from reminders.rules.lifecycle import Channel
from reminders.rules.wording_kinds import FIRST
from reminders.rules.wordings import Wording

REDIS_WAIT_S = 5.0
SMS_CONNECTIONS = 16
VOICE_CONNECTIONS = 4
BUSINESS_CONNECTIONS = 8


def open_database(told: Settings) -> db.Database:
    """Raises SettingsError when the field keys or the address are not usable."""
    try:
        return db.open_database(
            told.database_url, Vault.from_text(told.field_keys), is_practice=told.practice
        )
    except (ValueError, ArgumentError) as error:
        raise SettingsError(f"Settings are not usable: {error}") from None


def open_redis(told: Settings) -> redis.Redis:
    """A client with time limits, for the token and the doorbell; connects when first used."""
    return redis.Redis.from_url(
        told.redis_url, socket_connect_timeout=REDIS_WAIT_S, socket_timeout=REDIS_WAIT_S
    )


def wechat_gateway(told: Settings, store: redis.Redis) -> WeChatGateway:
    """Make it after a fork, and close it: its connections belong to one process."""
    transport = Transport(told.send_concurrency)
    client = HardenedClient(
        told.wechat_app_id, told.wechat_app_secret, told.wechat_api_base, store, transport
    )
    return WeChatGateway(client)


def sms_gateway(told: Settings) -> SmsGateway | None:
    """None where no SMS platform was chosen: codes then run out unsent, reminders go another way."""
    transport, base = Transport(SMS_CONNECTIONS), told.sms_api_base
    account, key, signature = told.sms_account, told.sms_api_key, told.sms_signature
    match told.sms_provider:
        case "tencent":
            return TencentSms(account, key, told.sms_app, signature, transport, base=base or sms_tencent.BASE)
        case "aliyun":
            return AliyunSms(account, key, signature, transport, base=base or sms_aliyun.BASE)
        case "mas" if base:
            return MasSms(account, told.sms_app, key, told.sms_sign_id, base, transport)
        case "sandbox" if base:
            return PlainSmsGateway(base, key, signature, transport)
    return None


def voice_gateway(told: Settings) -> VoiceGateway | None:
    """None where nobody calls: whoever asks for a spoken code then gets it by SMS."""
    if not told.has_voice:
        return None
    transport, base = Transport(VOICE_CONNECTIONS), told.sms_voice_base
    if told.sms_provider == "tencent":
        return TencentVoice(
            told.sms_account,
            told.sms_api_key,
            told.sms_voice_app,
            transport,
            base=base or voice_tencent.BASE,
        )
    return PlainSmsGateway(told.sms_api_base, told.sms_api_key, told.sms_signature, transport)


def regulators(told: Settings) -> RegulatorsGateway | None:
    """None where no platform of the regulators is named: decisions wait in the table, and on its page."""
    if not told.has_regulators:
        return None
    return RegulatorsGateway(told.regulator_url, told.regulator_key, Transport(1))


def e_license(told: Settings) -> ELicenseGateway | None:
    """None where no library is named: the ledger lives on imports alone."""
    if not told.has_e_license:
        return None
    return ELicenseGateway(told.e_license_url, told.e_license_key, Transport(1))


def notice_template(told: Settings) -> Wording | None:
    """None where subscription notices cannot be used: no template, or a sample outside of a practice."""
    template = templates.load_notice()
    return None if template is None or (template.is_sample and not told.practice) else template


def wordings_of_files(told: Settings) -> list[Wording]:
    """The first version of every wording, and the one that counts while no other was let out."""
    notice = notice_template(told)
    found = [*templates.load().values(), *sms_templates.load().values(), *FIRST.values()]
    return found if notice is None else [*found, notice]


def business_system(told: Settings) -> BusinessSystemGateway | None:
    if not told.has_business_system:
        return None
    transport = Transport(BUSINESS_CONNECTIONS)
    return BusinessSystemGateway(told.business_system_url, told.business_system_key, transport)


def carriers(told: Settings, store: redis.Redis, stack: ExitStack) -> dict[Channel, Carrier]:
    """One for each channel this installation can use; `stack` closes their connections."""
    wechat = wechat_gateway(told, store)
    stack.callback(wechat.close)
    # Waiting for a token must not eat into the lease. What fails here fails again when sending.
    with suppress(NotAccepted):
        wechat.check_token()
    files = wordings_of_files(told)
    found: dict[Channel, Carrier] = {
        Channel.WECHAT: TemplateCarrier(wechat, CurrentWordings(files), told.wxbot_url)
    }
    notice = notice_template(told)
    if notice is not None:
        found[Channel.SUBSCRIPTION] = SubscriptionCarrier(wechat, CurrentWordings(files), told.wxbot_url)
    business = business_system(told)
    if business is not None:
        stack.callback(business.close)
        found[Channel.BUSINESS_SYSTEM] = PromptCarrier(business)
    sms = sms_gateway(told)
    if sms is not None:
        stack.callback(sms.close)
        voice = voice_gateway(told)
        if voice is not None:
            stack.callback(voice.close)
        found[Channel.SMS] = SmsCarrier(sms, CurrentWordings(files), voice)
    return found


def means(told: Settings) -> dict[Channel, Means]:
    """What the planner may count on: the channels that `carriers` would give."""
    found: dict[Channel, Means] = {}
    notice = notice_template(told)
    if notice is not None:
        found[Channel.SUBSCRIPTION] = Means(template_id=notice.template_id)
    if told.has_business_system:
        found[Channel.BUSINESS_SYSTEM] = Means()
    if told.has_sms:
        found[Channel.SMS] = Means(daily_cap=told.sms_daily_cap)
    return found


def process_name(role: str) -> str:
    """Who holds a lease or works a queue: role, machine and process."""
    return f"{role}-{socket.gethostname().split('.')[0][:24]}-{os.getpid()}"
