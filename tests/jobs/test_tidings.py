"""Who was bound before is told of who is bound now: by the road the platform allows, once a day."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import datetime, timedelta

import pytest
import redis
from sqlalchemy import select, update

from config.settings import Settings
from jobs import templates, wiring
from jobs.carriers import TemplateCarrier
from jobs.current_wordings import CurrentWordings
from jobs.sending import Plan, Sender
from reminders import binding, checking, clock, holders, settling
from reminders.binding import bonds
from reminders.db import Database
from reminders.rules.check_code import tidy
from reminders.rules.lifecycle import BindHow, Channel, DeliveryState, Language, Purpose, QuietUntil
from reminders.tables.bindings import Follower
from reminders.tables.deliveries import Delivery
from reminders.tables.ledger import License
from tests import builders, builders_queue
from tests.builders_queue import ALL_DAY
from tests.jobs.conftest import Platform

TEMPLATE = "SAMPLE-ID-OF-THE-NEW-RECIPIENT-TEMPLATE"
OLD, NEW = "o-old", "o-new"
MakeSender = Callable[..., Sender]


@pytest.fixture
def make(database: Database, told: Settings, store: redis.Redis) -> Iterator[MakeSender]:
    with ExitStack() as stack:

        def made(*, without_template: bool = False) -> Sender:
            carriers = wiring.carriers(told, store, stack)
            wechat = carriers[Channel.WECHAT]
            assert isinstance(wechat, TemplateCarrier)
            if without_template:
                fewer = CurrentWordings(one for kind, one in templates.load().items() if kind != "news")
                carriers[Channel.WECHAT] = TemplateCarrier(wechat.gateway, fewer, wechat.page_base)
            return Sender(database, "s", Plan(ALL_DAY, 0, 8), carriers)

        yield made


def joined(
    database: Database, platform: Platform, *, newcomers: int = 1, clients: int = 1, wrote: bool = False
) -> None:
    """Somebody has bound the licenses of so many holders; then these people are let in to all of them."""
    platform.people(OLD, *(f"{NEW}{n}" for n in range(newcomers)))
    now = clock.now()
    with database.begin() as session:
        old = builders.follower(session, openid=OLD)
        licenses = [builders_queue.bound_license(session, old).id for _ in range(clients)]
        for number in range(newcomers):
            new = builders.follower(session, openid=f"{NEW}{number}")
            for license_id in licenses:
                bonds.bind(session, new.id, [license_id], BindHow.INVITATION, now=now)
        if wrote:
            holders.heard_from(session, OLD, wrote=True, now=now - timedelta(hours=1))
    if wrote:
        platform.does(OLD, "text", content="我的证照")
    hurry(database)


def hurry(database: Database) -> None:
    with database.begin() as session:
        session.execute(update(Delivery).values(next_at=clock.now() - timedelta(seconds=1)))


def rows(database: Database) -> list[Delivery]:
    with database.read() as session:
        found = session.execute(
            select(Delivery).where(Delivery.purpose == Purpose.NEWS).order_by(Delivery.id)
        )
        return list(found.scalars())


def test_template_tells_of_a_newcomer_and_leads_to_the_page(
    database: Database, platform: Platform, make: MakeSender
) -> None:
    joined(database, platform)
    assert make().drain(for_s=20) == 1
    [shown] = platform.shown()
    assert (shown["openid"], shown["template_id"]) == (OLD, TEMPLATE)
    assert shown["url"].endswith("/h5/people/new")
    fields = {field["key"]: field["value"] for field in shown["content"]["fields"]}
    assert fields["thing1"] == "新的接收人 1 位"
    with database.begin() as session:
        said = checking.check(session, fields["character_string5"], asker="test", now=clock.now())
    assert said is not None
    assert (said.purpose, said.license_names) == (Purpose.NEWS, ())


def test_agent_with_many_clients_hears_of_all_newcomers_at_once(
    database: Database, platform: Platform, make: MakeSender
) -> None:
    joined(database, platform, newcomers=3, clients=40)
    make().drain(for_s=20)
    to_old = [entry for entry in platform.shown() if entry["openid"] == OLD]
    assert len(to_old) == 1
    values = [field["value"] for field in to_old[0]["content"]["fields"]]
    assert values[:2] == ["新的接收人 3 位", "40 个持证人"]


def test_who_wrote_lately_is_told_in_plain_words_with_one_tap(
    database: Database, platform: Platform, make: MakeSender
) -> None:
    joined(database, platform, wrote=True)
    assert make().drain(for_s=20) == 1
    [shown] = platform.shown("service")
    text = shown["content"]["Content"]
    assert "msgmenucontent=不是我们的人" in text
    assert "/h5/people/new" in text
    assert "新绑定了 1 位接收人" in text
    assert platform.shown() == []
    [row] = rows(database)
    assert (row.state, row.final_at is not None) == (DeliveryState.ACCEPTED, True)


@pytest.mark.parametrize("code", [45015, 45047])
def test_template_takes_over_where_the_platform_takes_no_text(
    database: Database, platform: Platform, make: MakeSender, code: int
) -> None:
    joined(database, platform, wrote=True)
    platform.fault("errcode", match="/cgi-bin/message/custom/send", value=code)
    make().drain(for_s=20)
    assert platform.shown("service") == []
    assert [entry["template_id"] for entry in platform.shown()] == [TEMPLATE]


def test_without_a_road_it_waits_for_the_next_contact(
    database: Database, platform: Platform, make: MakeSender
) -> None:
    joined(database, platform)
    make(without_template=True).drain(for_s=20)
    [row] = rows(database)
    assert (row.state, row.state_reason) == (DeliveryState.UNDELIVERABLE, "unsayable")
    with database.read() as session:
        old = session.execute(select(Follower.id).where(Follower.openid == OLD)).scalar_one()
        assert binding.news(session, old) == 1
    assert platform.shown() == []


def test_nothing_is_said_once_they_looked_or_nobody_is_new_any_more(
    database: Database, platform: Platform, make: MakeSender
) -> None:
    joined(database, platform)
    with database.begin() as session:
        old = session.execute(select(Follower.id).where(Follower.openid == OLD)).scalar_one()
        binding.mark_news_seen(session, old, now=clock.now())
    make().drain(for_s=5)
    [row] = rows(database)
    assert (row.state, row.state_reason) == (DeliveryState.CANCELLED, "nothing_to_say")
    assert platform.shown() == []


def test_second_newcomer_of_the_day_waits_for_tomorrow_and_the_first_is_not_told_again(
    database: Database, platform: Platform, make: MakeSender
) -> None:
    joined(database, platform)
    make().drain(for_s=20)
    with database.begin() as session:
        license_id = session.execute(select(License.id)).scalar_one()
        third = builders.follower(session, openid="o-third")
        bonds.bind(session, third.id, [license_id], BindHow.INVITATION, now=clock.now())
    to_old = [row for row in rows(database) if row.follower_id == rows(database)[0].follower_id]
    assert [(row.for_day - to_old[0].for_day).days for row in to_old] == [0, 1]
    hurry(database)
    make().drain(for_s=20)
    counts = [entry["content"]["fields"][0]["value"] for entry in platform.shown() if entry["openid"] == OLD]
    assert counts == ["新的接收人 1 位", "新的接收人 1 位"]


def test_english_reader_is_told_in_english(database: Database, platform: Platform, make: MakeSender) -> None:
    joined(database, platform, wrote=True)
    with database.begin() as session:
        session.execute(update(Follower).where(Follower.openid == OLD).values(language=Language.EN))
    make().drain(for_s=20)
    [shown] = platform.shown("service")
    assert "Not one of us" in shown["content"]["Content"]
    assert tidy(shown["content"]["Content"].rsplit(" ", 1)[1])


def test_quiet_hours_and_refusals_are_kept(database: Database, platform: Platform) -> None:
    now = datetime.combine(clock.civil_date(clock.now()), datetime.min.time(), clock.SHANGHAI)
    platform.people(OLD)
    with database.begin() as session:
        entry = builders.entry(session).id
        people = [builders.follower(session) for _ in range(4)]
        license = builders_queue.bound_license(session, people[0], entry_id=entry)
        for one in people[1:3]:
            builders.binding(session, license_id=license.id, follower_id=one.id)
        people[0].quiet_until, people[1].wechat_off_at = QuietUntil.EVENING, now
        people[2].push_stopped_at = now
        bonds.bind(session, people[3].id, [license.id], BindHow.INVITATION, now=now + timedelta(hours=9))
    [row] = rows(database)
    with database.read() as session:
        assert row.follower_id == session.execute(select(Follower.id).order_by(Follower.id)).scalars().first()
    assert row.next_at.astimezone(clock.SHANGHAI).hour == 17


def test_what_stays_unanswered_or_late_ends_by_itself(database: Database, platform: Platform) -> None:
    joined(database, platform)
    now = clock.now()
    with database.begin() as session:
        assert settling.expire_tidings(session, now=now) == 0
        assert settling.expire_tidings(session, now=now + timedelta(days=4)) == 1
    [row] = rows(database)
    assert (row.state, row.state_reason) == (DeliveryState.CANCELLED, "too_late")
