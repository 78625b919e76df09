"""A sender against the sandbox: many in flight, everything written down, nothing shown twice."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta

import pytest
import redis
from sqlalchemy import func, select, update

from config.settings import Settings
from jobs import templates, wiring
from jobs.carriers import Carrier, TemplateCarrier
from jobs.current_wordings import CurrentWordings
from jobs.gateways.ports import NotAccepted, ReminderGateway, TemplateMessage
from jobs.sending import Plan, Sender
from reminders import clock, deliveries, receipts, settling
from reminders.db import Database
from reminders.rules.check_code import tidy
from reminders.rules.delivery_rules import SendOutcome
from reminders.rules.lifecycle import Channel, DeliveryState, Language
from reminders.tables.bindings import Follower
from reminders.tables.deliveries import Delivery, DeliveryAttempt
from tests import builders, builders_queue
from tests.builders_queue import ALL_DAY
from tests.jobs.conftest import Platform

MakeSender = Callable[..., Sender]


def queued(database: Database, number: int, *, licenses: int = 1, first: int = 0) -> list[str]:
    """So many people with one message each, due now; their openids."""
    now = clock.now()
    openids = [f"o-{n:05d}" for n in range(first, first + number)]
    with database.begin() as session:
        entry = builders.entry(session, license_name="" if first else "药品经营许可证")
        for openid in openids:
            person = builders.follower(session, openid=openid)
            row = builders_queue.delivery(
                session, follower=person, licenses=0, for_day=clock.civil_date(now), next_at=now
            )
            for _ in range(licenses):
                license = builders_queue.bound_license(
                    session, person, entry_id=entry.id, expires_on=clock.civil_date(now) + timedelta(days=80)
                )
                builders_queue.add_item(session, row, license)
    return openids


def by_template(gateway: ReminderGateway) -> dict[Channel, Carrier]:
    return {
        Channel.WECHAT: TemplateCarrier(
            gateway, CurrentWordings(templates.load().values()), "http://127.0.0.1:9"
        )
    }


@pytest.fixture
def make(database: Database, told: Settings, store: redis.Redis) -> Iterator[MakeSender]:
    with ExitStack() as stack:

        def made(owner: str = "sender-1", *, concurrency: int = 16, rate: float = 0) -> Sender:
            plan = Plan(ALL_DAY, rate, concurrency)
            return Sender(database, owner, plan, wiring.carriers(told, store, stack))

        yield made


def states(database: Database, channel: Channel = Channel.WECHAT) -> Counter[str]:
    with database.read() as session:
        found = session.execute(
            select(Delivery.state, func.count()).where(Delivery.channel == channel).group_by(Delivery.state)
        )
        return Counter({str(state): number for state, number in found})


def hurry(database: Database) -> None:
    """Lets every waiting message be due now."""
    with database.begin() as session:
        session.execute(update(Delivery).values(next_at=clock.now()))


def test_every_person_gets_one_message(database: Database, platform: Platform, make: MakeSender) -> None:
    openids = queued(database, 300)
    platform.people(*openids)
    assert make().drain(for_s=20) == 300
    assert states(database) == {"accepted": 300}
    shown = platform.shown()
    assert Counter(entry["openid"] for entry in shown) == Counter(openids)
    with database.read() as session:
        accepted = session.execute(select(Delivery.client_msg_id, Delivery.provider_msgid)).all()
    assert {(e["client_msg_id"], str(e["msgid"])) for e in shown} == {tuple(row) for row in accepted}


def test_message_tells_license_dates_and_the_page(
    database: Database, platform: Platform, make: MakeSender
) -> None:
    platform.people(*queued(database, 1))
    make().drain(for_s=20)
    [entry] = platform.shown()
    fields = {field["key"]: field["value"] for field in entry["content"]["fields"]}
    expires_on = clock.civil_date(clock.now()) + timedelta(days=80)
    assert fields["thing1"].startswith("药品经营许可证（")
    assert fields["time4"] == str(expires_on)
    assert fields["time3"] in fields["thing5"]
    assert tidy(fields["character_string2"])
    assert "/h5/licenses/" in entry["url"]


def test_english_reader_gets_english_advice(database: Database, platform: Platform, make: MakeSender) -> None:
    platform.people(*queued(database, 1))
    with database.begin() as session:
        session.execute(update(Follower).values(language=Language.EN))
    make().drain(for_s=20)
    [entry] = platform.shown()
    fields = {field["key"]: field["value"] for field in entry["content"]["fields"]}
    assert fields["thing1"] == "药品经营许可证"
    assert fields["thing5"] == f"Apply by {fields['time3']}"


def test_digest_tells_how_many_and_leads_to_the_list(
    database: Database, platform: Platform, make: MakeSender
) -> None:
    platform.people(*queued(database, 1, licenses=3))
    make().drain(for_s=20)
    [entry] = platform.shown()
    fields = {field["key"]: field["value"] for field in entry["content"]["fields"]}
    assert fields["thing1"] == "您有 3 本证照需要办理"
    assert tidy(fields["character_string4"])
    assert entry["url"].endswith("/h5/licenses")


@pytest.mark.parametrize("kind", ["reset_before", "reset_after", "html_after", "status_after", "empty_after"])
def test_lost_answers_are_asked_for_again_and_nothing_is_shown_twice(
    database: Database, platform: Platform, make: MakeSender, kind: str
) -> None:
    openids = queued(database, 9)
    platform.people(*openids)
    platform.fault(kind, times=6, value=502)
    make().drain(for_s=20)
    assert states(database) == {"unknown": 6, "accepted": 3}
    hurry(database)
    make("sender-2").drain(for_s=20)
    assert states(database) == {"accepted": 9}
    assert Counter(entry["openid"] for entry in platform.shown()) == Counter(openids)


def test_two_senders_at_once_never_double(database: Database, platform: Platform, make: MakeSender) -> None:
    openids = queued(database, 200)
    platform.people(*openids)
    senders = [make(f"sender-{n}", concurrency=8) for n in range(2)]
    threads = [threading.Thread(target=sender.drain, kwargs={"for_s": 20}) for sender in senders]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert states(database) == {"accepted": 200}
    assert platform.counts()["sends"] == 200
    assert platform.counts()["deduped"] == 0
    with database.read() as session:
        assert session.execute(select(func.count()).select_from(DeliveryAttempt)).scalar_one() == 200


def test_receipts_end_what_was_begun(database: Database, platform: Platform, make: MakeSender) -> None:
    platform.people(*queued(database, 3))
    make().drain(for_s=20)
    with database.begin() as session:
        people = session.execute(
            select(Follower.openid, Delivery.provider_msgid).join_from(Delivery, Follower)
        )
        for openid, msgid in people.all():
            deliveries.store_receipt(
                session, openid=openid, msgid=msgid or "", status="success", digest=openid, now=clock.now()
            )
    with database.begin() as session:
        assert receipts.sweep(session, sending_hours=ALL_DAY, now=clock.now()) == 3
    assert states(database) == {"delivered": 3}


def test_person_who_left_is_called_and_the_others_are_written_to(
    database: Database, platform: Platform, make: MakeSender
) -> None:
    openids = queued(database, 5)
    platform.people(*openids)
    platform.change(openids[0], follows=False)
    make().drain(for_s=20)
    assert states(database) == {"undeliverable": 1, "accepted": 4}
    assert states(database, Channel.PHONE) == {"ready": 1}


def test_code_does_not_wait_behind_reminders(
    database: Database, platform: Platform, make: MakeSender
) -> None:
    platform.people(*queued(database, 30))
    sender = make(rate=20)
    thread = threading.Thread(target=sender.drain, kwargs={"for_s": 20})
    thread.start()
    time.sleep(0.1)
    asked_at = time.monotonic()
    with database.begin() as session:
        row = builders_queue.code(session)
        row.next_at, row.deadline_at = clock.now(), clock.now() + timedelta(minutes=10)
    while not platform.shown("sms") and time.monotonic() < asked_at + 10:
        time.sleep(0.05)
    took = time.monotonic() - asked_at
    thread.join()
    assert "482913" in platform.shown("sms")[0]["content"]
    assert states(database, Channel.SMS) == {"accepted": 1}
    assert took < 8


def test_sending_keeps_the_pace(database: Database, platform: Platform, make: MakeSender) -> None:
    platform.people(*queued(database, 20))
    started = time.monotonic()
    make(rate=20).drain(for_s=20)
    assert time.monotonic() - started >= 0.9
    assert states(database) == {"accepted": 20}


class Silent:
    """A gateway whose answers come after the lease would have been given to somebody else."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def send_text(self, openid: str, text: str) -> None:
        raise NotImplementedError

    def send_template(self, message: TemplateMessage) -> str:
        with self.database.begin() as session:
            settling.reap(session, now=clock.now() + timedelta(minutes=2))
        raise NotAccepted(SendOutcome.PERSON_REFUSED, "43004")

    def close(self) -> None: ...


def test_late_answer_is_fenced_off(database: Database) -> None:
    queued(database, 1)
    plan = Plan(ALL_DAY, 0, 2)
    sender = Sender(database, "slow", plan, by_template(Silent(database)))
    assert sender.drain(for_s=0.01) == 0
    with database.read() as session:
        assert "fenced" in session.execute(select(DeliveryAttempt.result)).scalars().all()
    assert states(database) == {"unknown": 1}


class Broken:
    def send_text(self, openid: str, text: str) -> None:
        raise NotImplementedError

    def send_template(self, message: TemplateMessage) -> str:
        raise ZeroDivisionError

    def close(self) -> None: ...


def test_fault_of_our_own_counts_as_unknown(database: Database) -> None:
    queued(database, 1)
    plan = Plan(ALL_DAY, 0, 2)
    assert Sender(database, "s", plan, by_template(Broken())).drain(for_s=20) == 1
    with database.read() as session:
        row = session.execute(select(Delivery)).scalar_one()
    assert (row.state, row.state_reason) == (DeliveryState.UNKNOWN, "crashed")
