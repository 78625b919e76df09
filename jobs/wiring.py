"""Plugs the real things together from the settings: database, Redis, gateways."""

import os
import socket

import redis
from sqlalchemy.exc import ArgumentError

from config.settings import Settings, SettingsError
from jobs.gateways.sms import SmsGateway
from jobs.gateways.transport import Transport
from jobs.gateways.wechat import WeChatGateway
from jobs.gateways.wechat_client import HardenedClient
from reminders import db
from reminders.crypto import Vault

REDIS_WAIT_S = 5.0
CODE_CONNECTIONS = 4


def open_database(told: Settings) -> db.Database:
    """Raises SettingsError when the field keys or the address are not usable."""
    try:
        return db.open_database(told.database_url, Vault.from_text(told.field_keys))
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


def code_gateway(told: Settings) -> SmsGateway | None:
    """None where no SMS platform was chosen: codes then run out unsent."""
    if told.sms_provider == "none" or not told.sms_api_base:
        return None
    return SmsGateway(told.sms_api_base, told.sms_api_key, told.sms_signature, Transport(CODE_CONNECTIONS))


def process_name(role: str) -> str:
    """Who holds a lease or works a queue: role, machine and process."""
    return f"{role}-{socket.gethostname().split('.')[0][:24]}-{os.getpid()}"
