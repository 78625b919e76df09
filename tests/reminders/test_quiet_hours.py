"""A person's quiet hours: their messages leave after them, nobody else's are held, nothing is lost."""

from datetime import date, datetime, time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from reminders import clock, holders, planning
from reminders.db import Database
from reminders.rules import quiet_hours
from reminders.rules.lifecycle import Channel, QuietUntil
from reminders.tables.bindings import Follower
from reminders.tables.deliveries import Delivery
from tests import builders

HOURS = (time(8, 30), time(20, 0))
EXPIRES_ON, FIRST_ON = date(2027, 3, 1), date(2026, 12, 1)


def planned_at(database: Database, at: time) -> list[datetime | None]:
    now = clock.civil_moment(FIRST_ON, at)
    with database.begin() as session:
        planning.plan(session, FIRST_ON, sending_hours=HOURS, actor=builders.CLOCK, now=now)
    with database.read() as session:
        by_wechat = select(Delivery.next_at).where(Delivery.channel == Channel.WECHAT)
        return list(session.execute(by_wechat.order_by(Delivery.follower_id)).scalars())


def two_people(database: Database, quiet: QuietUntil) -> None:
    """The first one has quiet hours."""
    with database.begin() as session:
        entry = builders.entry(session)
        for place in range(2):
            person = builders.follower(session)
            row = builders.license(session, entry_id=entry.id, expires_on=EXPIRES_ON)
            builders.binding(session, license_id=row.id, follower_id=person.id)
            if not place:
                holders.set_quiet_until(session, person.id, quiet, now=builders.NOW)


@pytest.mark.parametrize(
    ("quiet", "leaves"),
    [
        (QuietUntil.OPENING, time(8, 30)),
        (QuietUntil.NOON, time(12)),
        (QuietUntil.AFTERNOON, time(14)),
        (QuietUntil.EVENING, time(17, 30)),
    ],
)
def test_message_leaves_after_the_quiet_hours(database: Database, quiet: QuietUntil, leaves: time) -> None:
    two_people(database, quiet)
    own, others = planned_at(database, time(2))
    assert own == clock.civil_moment(FIRST_ON, leaves)
    assert others == clock.civil_moment(FIRST_ON, time(8, 30))


def test_message_planned_after_them_leaves_at_once(database: Database) -> None:
    two_people(database, QuietUntil.NOON)
    assert set(planned_at(database, time(15))) == {clock.civil_moment(FIRST_ON, time(15))}


def test_urgent_news_of_the_same_day_waits_for_them_too(database: Database) -> None:
    two_people(database, QuietUntil.EVENING)
    first = planned_at(database, time(9))
    with database.begin() as session:
        person = session.execute(select(Follower).order_by(Follower.id)).scalars().first()
        assert person
        late = builders.license(session, entry_id=builders.entry(session).id, expires_on=date(2027, 1, 3))
        builders.binding(session, license_id=late.id, follower_id=person.id)
    assert planned_at(database, time(10)) == first


@given(
    st.sampled_from(QuietUntil),
    st.datetimes(datetime(2026, 1, 1), datetime(2028, 1, 1)).map(  # noqa: DTZ001
        lambda moment: moment.replace(tzinfo=clock.SHANGHAI)
    ),
)
def test_quiet_hours_hold_back_within_the_day_and_never_hurry(quiet: QuietUntil, moment: datetime) -> None:
    told = quiet_hours.not_before(quiet, moment)
    assert told >= moment
    assert clock.civil_date(told) == clock.civil_date(moment)
    assert quiet_hours.not_before(quiet, told) == told
    ends = quiet_hours.ENDS.get(quiet, time.min)
    assert told.astimezone(clock.SHANGHAI).time() >= ends
