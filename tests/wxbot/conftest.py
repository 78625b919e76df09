"""The WeChat door on a database of the test's own, and people who talk to it."""

from collections.abc import Callable, Iterator
from datetime import date, timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from config.settings import Settings
from reminders import clock
from reminders.db import Database
from reminders.rules.dates import Workdays
from reminders.rules.lifecycle import Purpose
from reminders.tables.deliveries import Delivery
from tests import builders
from tests.conftest import FIELD_KEYS
from tests.wxbot import platform
from tests.wxbot.platform import Holder
from wxbot.app import create_app

WXBOT_URL = "http://localhost"


def settings_for(database: Database, **more: str) -> Settings:
    values = {
        "database_url": database.engine.url.render_as_string(hide_password=False),
        "secret_key": "s" * 40,
        "field_keys": FIELD_KEYS,
        "wechat_app_id": platform.APP_ID,
        "wechat_app_secret": "a" * 32,
        "wechat_token": platform.TOKEN,
        "wechat_aes_key": platform.AES_KEY,
        "wechat_aes_key_previous": platform.PREVIOUS_AES_KEY,
        "wechat_original_id": platform.ORIGINAL_ID,
        "wxbot_url": WXBOT_URL,
        "portal_url": "http://localhost:8002",
        "service_phone": "0631-5000000",
        "sms_provider": "sandbox",
        "sms_api_base": "http://localhost:8003/sms-api",
    }
    return Settings(**(values | more))


def opened(database: Database, **more: str) -> Iterator[Flask]:
    app = create_app(settings_for(database, **more))
    yield app
    app.extensions["wxbot"].database.close()


@pytest.fixture
def app(database: Database) -> Iterator[Flask]:
    yield from opened(database)


@pytest.fixture
def sqlite_app(sqlite_database: Database) -> Iterator[Flask]:
    yield from opened(sqlite_database)


@pytest.fixture
def site_settings(sqlite_database: Database) -> Settings:
    return settings_for(sqlite_database)


@pytest.fixture
def person(app: Flask) -> Callable[[str], Holder]:
    return lambda openid: Holder(app, openid)


@pytest.fixture
def wang(app: Flask) -> Holder:
    return Holder(app, "oExample-wang")


@pytest.fixture
def pharmacy(database: Database) -> "Pharmacy":
    return Pharmacy(database)


APPLY_BEFORE = 30  # days before expiry, the rule of builders.entry


def days_to_a_workday(today: date) -> int:
    """At most 28: the last lawful day of the first license is a working day, whatever today is."""
    workdays = Workdays()
    return next(days for days in range(28, 0, -1) if workdays.is_workday(today + timedelta(days=days)))


class Pharmacy:
    """A made-up holder: two licenses under one phone, one under another, one without any.

    The first one may be applied for during `days_left` more days.
    """

    phone = "13800000001"
    other_phone = "13800000002"
    credit_code = "91371000MA3C00001Q"

    def __init__(self, database: Database) -> None:
        self.database = database
        today = clock.civil_date(clock.now())
        self.days_left = days_to_a_workday(today)
        with database.begin() as session:
            entry = builders.entry(session, license_name="示例药品经营许可证")
            second = builders.entry(session, license_name="示例医疗器械经营许可证")
            holder = builders.holder(session, name="示例一号药房有限公司", credit_code=self.credit_code)
            mine = builders.contact(session, holder_id=holder.id, phone=self.phone)
            other = builders.contact(session, holder_id=holder.id, phone=self.other_phone)
            self.numbers = ("鲁DA631000001", "鲁威械20270001号", "鲁示例他人0001", "鲁示例没有0001")
            contacts = (mine.id, mine.id, other.id, None)
            days = (self.days_left + APPLY_BEFORE, 400, 500, 600)
            self.ids = tuple(
                builders.license(
                    session,
                    entry_id=(entry if place != 1 else second).id,
                    expires_on=today + timedelta(days=days[place]),
                    holder_id=holder.id,
                    contact_id=contacts[place],
                    license_no=self.numbers[place],
                ).id
                for place in range(4)
            )

    def codes(self) -> list[str]:
        """Every code queued so far, as the phone would show them."""
        queued = select(Delivery.payload_cipher).where(Delivery.purpose == Purpose.CODE).order_by(Delivery.id)
        with self.database.read() as session:
            return [
                self.database.vault.open(sealed) for sealed in session.execute(queued).scalars() if sealed
            ]

    def bind(self, person: Holder, number: str = "") -> str:
        person.say("绑定")
        person.say("同意")
        person.say(number or self.numbers[0])
        return person.say(self.codes()[-1])
