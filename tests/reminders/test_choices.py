"""What holders choose steers planner, queue and fallback; nobody falls out of sight by a choice."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from reminders import claiming, clock, eligibility, explaining, holders, planning, resting
from reminders.db import Database
from reminders.errors import NotFound
from reminders.holders import Choices
from reminders.rules.due import Ruling
from reminders.rules.lifecycle import Channel, DeliveryState, ReminderState, Stage
from reminders.tables.deliveries import Delivery, DeliveryItem, Reminder
from reminders.tables.ledger import License
from tests import builders, builders_channels
from tests.builders import CLOCK, NOW
from tests.builders_queue import ALL_DAY

EXPIRES_ON = date(2027, 3, 1)  # FIRST 2026-12-01, FOLLOW_UP 12-30, LAST_CALL 2027-01-22
FIRST_ON, FOLLOW_UP_ON, LAST_CALL_ON = date(2026, 12, 1), date(2026, 12, 30), date(2027, 1, 22)


def held(session: Session, *, people: int = 1, method: Channel = Channel.SMS) -> tuple[int, list[int]]:
    """A license with a mobile phone in the ledger, bound by so many people."""
    builders_channels.open_all(session)
    row = builders_channels.licensed(session, method=method, expires_on=EXPIRES_ON)
    bound = [builders.follower(session).id for _ in range(people)]
    for one in bound:
        builders.binding(session, license_id=row.id, follower_id=one)
    return row.id, bound


def plan(database: Database, day: date) -> None:
    now = clock.civil_moment(day, ALL_DAY[0]) + timedelta(hours=9)
    with database.begin() as session:
        planning.plan(session, day, sending_hours=ALL_DAY, actor=CLOCK, now=now)


def choose(database: Database, person: int, license_id: int, chosen: Choices, *, all_: bool = False) -> int:
    with database.begin() as session:
        return holders.choose(session, person, license_id, chosen, everything=all_, now=NOW)


def waiting(database: Database) -> list[tuple[Channel, int | None]]:
    with database.read() as session:
        found = session.execute(
            select(Delivery.channel, Delivery.follower_id)
            .join(DeliveryItem, DeliveryItem.delivery_id == Delivery.id)
            .where(DeliveryItem.dropped_reason == "", Delivery.state == DeliveryState.READY)
            .order_by(Delivery.id)
        )
        return [(channel, person) for channel, person in found]


def untold(database: Database) -> int:
    with database.read() as session:
        return len(session.execute(select(Reminder.id).where(Reminder.has_no_channel)).all())


def test_each_way_declined_leads_to_the_next_and_the_last_to_the_worklist(database: Database) -> None:
    with database.begin() as session:
        license_id, [me] = held(session)
    plan(database, FIRST_ON)
    assert waiting(database) == [(Channel.WECHAT, me)]
    ways = [Choices(wechat=False), Choices(wechat=False, sms=False)]
    for chosen, expected in zip(ways, (Channel.SMS, Channel.PHONE), strict=True):
        choose(database, me, license_id, chosen)
        assert waiting(database) == []
        plan(database, FIRST_ON)
        assert waiting(database) == [(expected, None)]
    choose(database, me, license_id, Choices(wechat=False, sms=False, calls=False))
    plan(database, FIRST_ON)
    assert waiting(database) == [(Channel.LETTER, None)], "a letter to write, because the others were begun"


def test_without_any_way_it_stands_on_the_worklist_and_comes_back(database: Database) -> None:
    with database.begin() as session:
        license_id, [me] = held(session)
    choose(database, me, license_id, Choices(wechat=False, sms=False, calls=False))
    plan(database, FIRST_ON)
    assert (waiting(database), untold(database)) == ([], 1)
    with database.read() as session:
        assert not holders.is_reached(session, license_id)
    choose(database, me, license_id, Choices())
    plan(database, FIRST_ON)
    assert (waiting(database), untold(database)) == ([(Channel.WECHAT, me)], 0)
    with database.read() as session:
        assert holders.is_reached(session, license_id)
        open_ones = select(Reminder.stage).where(Reminder.state == ReminderState.OPEN)
        assert session.execute(open_ones).scalars().all() == [Stage.FIRST]


def test_my_wechat_is_mine_and_the_others_are_told_as_ever(database: Database) -> None:
    with database.begin() as session:
        license_id, [me, other] = held(session, people=2)
    choose(database, me, license_id, Choices(wechat=False))
    plan(database, FIRST_ON)
    assert waiting(database) == [(Channel.WECHAT, other)]
    with database.read() as session:
        assert holders.choices(session, other, license_id) == Choices()
        assert holders.choices(session, me, license_id) == Choices(wechat=False)


def test_all_of_mine_at_once_and_nothing_of_others(database: Database) -> None:
    with database.begin() as session:
        first, [me] = held(session)
        second, [other] = held(session)
        builders.binding(session, license_id=second, follower_id=me)
        third, _ = held(session)
    assert choose(database, me, first, Choices(sms=False, fewer=True), all_=True) == 2
    with database.read() as session:
        assert holders.choices(session, other, second) == Choices(sms=False, fewer=True)
        with pytest.raises(NotFound):
            holders.choices(session, me, third)
    with database.begin() as session, pytest.raises(NotFound):
        holders.choose(session, me, third, Choices(), everything=False, now=NOW)


def test_sms_declined_before_it_leaves_is_not_sent(database: Database) -> None:
    """Somebody chose while a sender was about to claim: it asks once more."""
    with database.begin() as session:
        license = session.get_one(License, held(session, people=0)[0])
        row = builders_channels.sms(session, license=license)
        me = builders.follower(session).id
        builders.binding(session, license_id=license.id, follower_id=me)
    choose(database, me, license.id, Choices(sms=False))
    with database.begin() as session:
        item = session.execute(select(DeliveryItem)).scalar_one()
        item.dropped_reason = ""
        session.get_one(Delivery, row.id).state = DeliveryState.READY
        session.flush()
        assert claiming.claim(session, Channel.SMS, "s", 5, sending_hours=ALL_DAY, now=NOW) == []
        session.refresh(item)
        assert item.dropped_reason == resting.DECLINED
        assert session.get_one(Reminder, item.reminder_id).has_no_channel
        assert eligibility.drop_untrue(session, [row.id]) == {row.id: 0}


def stages(database: Database) -> list[Stage]:
    with database.read() as session:
        return list(session.execute(select(Reminder.stage).order_by(Reminder.id)).scalars())


def test_fewer_reminders_leave_out_the_middle_but_never_the_first(database: Database) -> None:
    with database.begin() as session:
        license_id, [me] = held(session)
    choose(database, me, license_id, Choices(fewer=True))
    for day in (FIRST_ON, FOLLOW_UP_ON, LAST_CALL_ON):
        plan(database, day)
    assert stages(database) == [Stage.FIRST, Stage.LAST_CALL]
    with database.read() as session:
        told = explaining.explain_license(session, license_id, FOLLOW_UP_ON, now=NOW)
    assert told.licenses[0].dates[0].decision.ruling is Ruling.DECLINED


def test_late_entry_with_fewer_reminders_is_told_at_once(database: Database) -> None:
    with database.begin() as session:
        license_id, [me] = held(session)
    choose(database, me, license_id, Choices(fewer=True, sms=False))
    plan(database, FOLLOW_UP_ON)
    assert stages(database) == [Stage.FOLLOW_UP]
    with database.read() as session:
        told = explaining.explain_license(session, license_id, FOLLOW_UP_ON, now=NOW)
    assert any("持证人不要短信" in one for one in told.licenses[0].dates[0].sentences)
