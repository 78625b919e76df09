"""Corrections from the command to the phone: the sandbox shows what people really received."""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import redis
from click.testing import CliRunner, Result
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from config.settings import Settings
from jobs import templates, wiring
from jobs.carriers import SmsCarrier, TemplateCarrier
from jobs.current_wordings import CurrentWordings
from jobs.sending import Plan, Sender
from reminders import cli, clock, corrections, roads
from reminders.corrections import Batch
from reminders.db import Database
from reminders.rules.check_code import tidy
from reminders.rules.lifecycle import BatchKind, Channel, DeliveryState, Purpose
from reminders.rules.permissions import operator
from reminders.tables.corrections import Correction
from reminders.tables.deliveries import Delivery, PlannerRun, Reminder
from reminders.tables.ledger import License
from tests import builders, builders_channels, builders_queue
from tests.builders_corrections import WORDS
from tests.builders_queue import ALL_DAY
from tests.conftest import FIELD_KEYS
from tests.jobs.conftest import Platform
from tests.sandbox.bot import BUSINESS_KEY

PERSON = operator("tester")
NOTICE = "SAMPLE-ID-OF-THE-SUBSCRIPTION-NOTICE-TEMPLATE"
TEMPLATE = "SAMPLE-ID-OF-THE-CORRECTION-TEMPLATE"
MakeSender = Callable[[], Sender]


@pytest.fixture
def make(database: Database, told: Settings, store: redis.Redis) -> Iterator[MakeSender]:
    with ExitStack() as stack:
        practice = told.model_copy(update={"practice": True})
        yield lambda: Sender(database, "s", Plan(ALL_DAY, 0, 16), wiring.carriers(practice, store, stack))


def told_wrongly(database: Database, number: int) -> tuple[int, list[str]]:
    """A run whose messages wait, one for each person; its number and their openids."""
    now = clock.now()
    today = clock.civil_date(now)
    openids = [f"o-w{n:03d}" for n in range(number)]
    with database.begin() as session:
        run = PlannerRun(for_day=today, started_at=now, finished_at=now, counts="{}")
        session.add(run)
        session.flush()
        entry = builders.entry(session, license_name="药品经营许可证")
        for openid in openids:
            person = builders.follower(session, openid=openid)
            row = builders_queue.delivery(session, follower=person, licenses=0, for_day=today, next_at=now)
            expires_on = today + timedelta(days=80)
            license = builders_queue.bound_license(session, person, entry_id=entry.id, expires_on=expires_on)
            item = builders_queue.add_item(session, row, license)
            session.get_one(Reminder, item.reminder_id).run_id = run.id
        return run.id, openids


def mend_ledger(database: Database) -> str:
    """Every license gets its right date; that date."""
    right = clock.civil_date(clock.now()) + timedelta(days=445)
    with database.begin() as session:
        for row in session.execute(select(License)).scalars():
            row.expires_on = right
            builders.set_due(session, row)
    return str(right)


def correct(database: Database, batch: Batch, people: int) -> int:
    with database.begin() as session:
        return corrections.correct(
            session,
            batch,
            WORDS,
            confirmed=people,
            stops_waiting=True,
            sending_hours=ALL_DAY,
            actor=PERSON,
            now=clock.now(),
        )


def fields(entry: dict[str, Any]) -> dict[str, str]:
    return {field["key"]: field["value"] for field in entry["content"]["fields"]}


def test_whoever_was_told_wrongly_reads_on_the_phone_what_was_wrong(
    database: Database, platform: Platform, make: MakeSender
) -> None:
    run_id, openids = told_wrongly(database, 6)
    platform.people(*openids)
    with database.begin() as session:  # the last two wait for tomorrow
        late = select(Delivery.id).order_by(Delivery.id.desc()).limit(2)
        session.execute(
            update(Delivery).where(Delivery.id.in_(late)).values(next_at=clock.now() + timedelta(days=1))
        )
    make().drain(for_s=20)
    right = mend_ledger(database)
    correct(database, Batch(BatchKind.RUN, run_id=run_id), 4)
    make().drain(for_s=20)
    shown = [entry for entry in platform.shown() if entry["template_id"] == TEMPLATE]
    assert sorted(entry["openid"] for entry in shown) == openids[:4]
    said = fields(shown[0])
    assert said["thing1"].startswith("药品经营许可证（")
    assert (said["thing2"], said["thing3"]) == (WORDS, f"期满日期是 {right}")
    assert said["time4"] == str(clock.civil_date(clock.now())) and tidy(said["character_string5"])
    assert "/h5/licenses/" in shown[0]["url"]
    assert len(platform.shown()) == 8  # four reminders, four corrections, and nothing to the two who waited
    make().drain(for_s=5)
    assert len(platform.shown()) == 8


def test_date_that_may_be_the_mistake_is_not_repeated(
    database: Database, platform: Platform, make: MakeSender
) -> None:
    run_id, openids = told_wrongly(database, 1)
    platform.people(*openids)
    make().drain(for_s=20)
    correct(database, Batch(BatchKind.RUN, run_id=run_id), 1)
    make().drain(for_s=20)
    [entry] = [entry for entry in platform.shown() if entry["template_id"] == TEMPLATE]
    assert fields(entry)["thing3"] == "请以窗口答复为准"


def test_without_a_template_the_next_channel_says_it(
    database: Database, platform: Platform, told: Settings, store: redis.Redis
) -> None:
    run_id, openids = told_wrongly(database, 1)
    platform.people(*openids)
    with database.begin() as session:
        builders_channels.open_all(session)
    with ExitStack() as stack:
        carriers = wiring.carriers(told, store, stack)
        wechat, sms = carriers[Channel.WECHAT], carriers[Channel.SMS]
        assert isinstance(wechat, TemplateCarrier) and isinstance(sms, SmsCarrier)
        kept = [found for kind, found in templates.load().items() if kind != "correction"]
        without = {Channel.WECHAT: replace(wechat, wordings=CurrentWordings(kept)), Channel.SMS: sms}
        Sender(database, "s", Plan(ALL_DAY, 0, 4), without).drain(for_s=20)
        right = mend_ledger(database)
        correction_id = correct(database, Batch(BatchKind.RUN, run_id=run_id), 1)
        for _ in range(2):  # in WeChat, then by SMS
            Sender(database, "s", Plan(ALL_DAY, 0, 4), without).drain(for_s=20)
    [entry] = platform.shown("sms")
    assert "更正：" in entry["content"] and WORDS in entry["content"] and right in entry["content"]
    with database.read() as session:
        books = {one.channel: one for one in corrections.books_of(session, correction_id)}
        found = select(Delivery.state).where(Delivery.purpose == Purpose.CORRECTION).order_by(Delivery.id)
        assert list(session.execute(found).scalars()) == [DeliveryState.UNDELIVERABLE, DeliveryState.ACCEPTED]
    assert sum(one.imbalance for one in books.values()) == 0 and set(books) == {Channel.WECHAT, Channel.SMS}


@pytest.mark.parametrize("channel", [Channel.SUBSCRIPTION, Channel.SMS, Channel.BUSINESS_SYSTEM])
def test_every_channel_of_machines_says_corrections(
    database: Database, platform: Platform, told: Settings, store: redis.Redis, channel: Channel
) -> None:
    system = {"business_system_url": f"{platform.url}/business-system-api"}
    settings = told.model_copy(update=system | {"business_system_key": BUSINESS_KEY, "practice": True})
    platform.people("o-a")
    platform.does("o-a", "unfollow")
    platform.does("o-a", "accept")
    with database.begin() as session:
        roads.open_roads(session, wiring.means(settings))
        batch = told_by(session, channel)
    right = mend_ledger(database)
    correct(database, batch, 1)
    with ExitStack() as stack:
        Sender(database, "s", Plan(ALL_DAY, 0, 4), wiring.carriers(settings, store, stack)).drain(for_s=5)
    place = {Channel.SUBSCRIPTION: "notice", Channel.BUSINESS_SYSTEM: "prompt"}.get(channel, "sms")
    [entry] = platform.shown(place)
    text = json.dumps(entry["content"], ensure_ascii=False)
    assert "更正" in text and WORDS in text
    assert right in text or channel is Channel.SUBSCRIPTION


def told_by(session: Session, channel: Channel) -> Batch:
    """One message of this channel that was delivered, as a batch."""
    now = clock.now()
    today = clock.civil_date(now)
    person = builders.follower(session, openid="o-a", is_following=False)
    license = builders_channels.licensed(session, follower=person, expires_on=today + timedelta(days=80))
    match channel:
        case Channel.SUBSCRIPTION:
            builders_channels.grant(session, person, template_id=NOTICE)
            row = builders_channels.notice(session, person, license=license)
        case Channel.SMS:
            row = builders_channels.sms(session, license=license)
        case _:
            row = builders_channels.prompt(session, license)
    row.state, row.intent_at, row.final_at, row.for_day = DeliveryState.DELIVERED, now, now, today
    return Batch(BatchKind.DAY, on=today, entry_id=license.catalogue_entry_id)


@pytest.fixture
def environment(told: Settings, sqlite_database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    values = told.model_dump() | {
        "database_url": str(sqlite_database.engine.url),
        "sending_hours": "00:00-24:00",
        "field_keys": FIELD_KEYS,
    }
    for name, value in values.items():
        monkeypatch.setenv(name.upper(), str(value))


def run(*arguments: str, code: int = 0) -> Result:
    done = CliRunner().invoke(cli.main, list(arguments))
    assert done.exit_code == code, done.output
    return done


@pytest.mark.usefixtures("environment")
def test_command_only_looks_until_the_number_is_confirmed(
    sqlite_database: Database, platform: Platform, told: Settings, store: redis.Redis
) -> None:
    run_id, openids = told_wrongly(sqlite_database, 3)
    platform.people(*openids)
    assert json.loads(run("correct", "--run", str(run_id), "--json").output)["people"] == 0
    with ExitStack() as stack:
        carriers = wiring.carriers(told, store, stack)
        Sender(sqlite_database, "s", Plan(ALL_DAY, 0, 4), carriers).drain(for_s=10)
        looked = run("correct", "--run", str(run_id)).output
        assert "3 people were told something wrong" in looked and "--confirm 3" in looked
        batch = ("correct", "--run", str(run_id), "--words", WORDS)
        assert "现在要更正的是 3 人" in run(*batch, "--confirm", "2", code=1).output
        assert "3 people, 3 messages" in run(*batch, "--confirm", "3", "--stop-waiting").output
        assert "没有再发" in run(*batch, "--confirm", "3", code=1).output
        Sender(sqlite_database, "s", Plan(ALL_DAY, 0, 4), carriers).drain(for_s=10)
    assert len(platform.shown()) == 6
    with sqlite_database.read() as session:
        number = session.execute(select(Correction.id)).scalar_one()
    assert "wechat: 3 = open 3" in run("correct", "--show", str(number)).output
    assert json.loads(run("correct", "--show", str(number), "--json").output)["books"][0]["planned"] == 3
    assert "--kind" in run("correct", "--on", "2026-11-28", code=2).output
