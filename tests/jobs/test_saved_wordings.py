"""What the console saved is what people receive: senders look at the versions with every batch."""

from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta

import redis
from sqlalchemy import select

from config.settings import Settings
from jobs import wiring
from jobs.bell import Bell
from jobs.clock import Clock
from jobs.sending import Plan, Sender
from reminders import catalogue_desk, message_templates, wordings
from reminders import clock as now_of
from reminders.catalogue_desk.reading import fields_of
from reminders.db import Database
from reminders.rules.lifecycle import Channel, Role
from reminders.rules.permissions import Actor
from reminders.rules.wordings import TEXT, TemplateKind, TemplateState
from reminders.tables.deliveries import Delivery, Reminder
from reminders.tables.wordings import TemplateVersion
from tests import builders, builders_channels, builders_queue
from tests.builders import NOW
from tests.builders_queue import ALL_DAY
from tests.jobs.conftest import Platform
from tests.sandbox.bot import BUSINESS_KEY

WRITER = Actor("staff:1", "王示例", Role.OFFICER, 1)
LEAD = Actor("staff:2", "赵示例", Role.LEAD, 2)


def saved(database: Database, kind: TemplateKind, part: str, old: str, new: str) -> None:
    """Written by one person and let out by another."""
    with database.begin() as session:
        current = wordings.in_force(session, kind)
        assert current is not None and old in current.parts[part]
        wording = replace(current, parts={**current.parts, part: current.parts[part].replace(old, new)})
        version_id = message_templates.propose(session, wording, "改一改", actor=WRITER, now=NOW)
        message_templates.approve(session, version_id, actor=LEAD, now=NOW)


def test_saved_wordings_are_what_the_providers_receive(
    database: Database, platform: Platform, told: Settings, store: redis.Redis
) -> None:
    system = {"business_system_url": f"{platform.url}/business-system-api"}
    settings = told.model_copy(update=system | {"business_system_key": BUSINESS_KEY})
    Clock(settings, database, Bell(store)).load_wordings()
    platform.people("o-a")
    with database.begin() as session:
        builders_channels.open_all(session)
        builders_channels.sms(session)
    with ExitStack() as stack:
        carriers = wiring.carriers(settings, store, stack)  # a sender that works on, not one that starts anew
        Sender(database, "s", Plan(ALL_DAY, 0, 4), carriers).drain(for_s=5)
        saved(database, TemplateKind.SMS_SINGLE, TEXT, "退订回T", "不再接收请回T")
        saved(database, TemplateKind.WECHAT_SINGLE, "thing5", "{advice}", "最迟{apply_by}")
        saved(database, TemplateKind.PROMPT, "closing", "不必理会", "不用再办")
        with database.begin() as session:
            builders_channels.sms(session)
            builders_queue.delivery(session, follower=builders.follower(session, openid="o-a"))
            builders_channels.prompt(session, builders_channels.licensed(session))
        Sender(database, "s", Plan(ALL_DAY, 0, 4), carriers).drain(for_s=5)
    with database.read() as session:
        numbers = {row.id: row.number for row in session.execute(select(TemplateVersion)).scalars()}
        said = session.execute(select(Delivery.channel, Delivery.said_version_id).order_by(Delivery.id)).all()
        told = [(row.channel, numbers[row.said_version_id or 0]) for row in said]
    assert told == [(Channel.SMS, 1), (Channel.SMS, 2), (Channel.WECHAT, 2), (Channel.BUSINESS_SYSTEM, 2)]
    first, second = (entry["content"] for entry in platform.shown("sms"))
    assert "退订回T" in first and "不再接收请回T" in second
    [wechat] = platform.shown()
    shown = {field["key"]: field["value"] for field in wechat["content"]["fields"]}
    assert shown["thing5"].startswith("最迟20")
    [prompt] = platform.shown("prompt")
    assert "不用再办" in prompt["content"]["text"]
    assert all(name in prompt["content"]["text"] for name in ("办理地点：", "服务电话：", "提交材料："))


def test_clock_loads_the_first_versions_once(database: Database, told: Settings, store: redis.Redis) -> None:
    clock = Clock(told, database, Bell(store))
    for _ in range(2):
        clock.load_wordings()
    with database.read() as session:
        found = session.query(TemplateVersion).all()
    assert {row.kind for row in found} >= set(TemplateKind) - {TemplateKind.SUBSCRIPTION}
    assert {(row.number, row.state) for row in found} == {(1, TemplateState.IN_FORCE)}


def test_clock_lets_a_version_of_the_catalogue_come_into_force_before_it_plans(
    database: Database, told: Settings, store: redis.Redis
) -> None:
    today = now_of.civil_date(now_of.now())
    office = Actor("staff:3", "周示例", Role.OFFICE, 3)
    with database.begin() as session:
        entry = builders.entry(session, earliest=None, latest=30)
        person = builders.follower(session)
        far = today + timedelta(days=200)
        row = builders_queue.bound_license(session, person, entry_id=entry.id, expires_on=far)
        fields = replace(fields_of(entry), renewal_latest=180)
        moment = now_of.now() - timedelta(days=1)  # written yesterday, for today
        catalogue_desk.save(session, entry.id, fields, today, "修订", actor=office, now=moment)
        before = row.next_due_on
    Clock(told, database, Bell(store)).plan()
    with database.read() as session:
        reminded = session.execute(select(Reminder.license_id)).scalars().all()
    assert before is not None and before > today
    assert reminded == [row.id]
