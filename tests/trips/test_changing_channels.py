"""A reminder follows the person: off the worklist when they bind, back to it when they unbind."""

from datetime import date, datetime, time, timedelta

import pytest
from sqlalchemy import select, update

from reminders import claiming, holders, planning, roads, worklist
from reminders.db import Database
from reminders.planning import PlanReport
from reminders.roads import Means
from reminders.rules.delivery_rules import SendOutcome, SendResult
from reminders.rules.lifecycle import CallOutcome, Channel, DeliveryState, GrantState, Role, Stage
from reminders.settling import finish
from reminders.tables.bindings import Binding, Follower
from reminders.tables.deliveries import Delivery, DeliveryItem, Reminder
from tests import builders, builders_channels

HOURS = (time(8, 30), time(20, 0))
TODAY = date(2026, 11, 2)
EXPIRES = date(2027, 1, 20)  # FIRST long reached, FOLLOW_UP not yet
HUMAN_TIME = date(2026, 12, 17)  # two working days before the last day to apply, 2026-12-21


def plan(database: Database, *, minutes: int, today: date = TODAY) -> PlanReport:
    moment = builders.NOW + timedelta(minutes=minutes) + (today - TODAY)
    with database.begin() as session:
        return planning.plan(session, today, sending_hours=HOURS, actor=builders.CLOCK, now=moment)


def one_license(database: Database) -> int:
    with database.begin() as session:
        contact = builders.contact(session)
        kind = builders.entry(session)
        return builders.license(
            session, entry_id=kind.id, expires_on=EXPIRES, holder_id=contact.holder_id, contact_id=contact.id
        ).id


def bind(database: Database, license_id: int, *, minutes: int) -> int:
    with database.begin() as session:
        row = builders.binding(session, license_id=license_id)
        row.bound_at = builders.NOW + timedelta(minutes=minutes)
        return row.follower_id


def claim(database: Database, *, minutes: int) -> list[claiming.ClaimedDelivery]:
    with database.begin() as session:
        return claiming.claim(session, Channel.WECHAT, "test", 10, sending_hours=HOURS, now=at(minutes))


def at(minutes: int) -> datetime:
    return builders.NOW + timedelta(minutes=minutes)


def carriers(database: Database) -> list[tuple[Channel, DeliveryState]]:
    """How the one reminder travels now: live items only."""
    with database.read() as session:
        found = session.execute(
            select(Delivery.channel, Delivery.state)
            .join(DeliveryItem, DeliveryItem.delivery_id == Delivery.id)
            .where(DeliveryItem.dropped_reason == "")
            .order_by(Delivery.id)
        )
        return [(row.channel, row.state) for row in found]


def test_call_becomes_a_message_when_the_holder_binds_before_it(database: Database) -> None:
    license_id = one_license(database)
    plan(database, minutes=0)
    assert carriers(database) == [(Channel.PHONE, DeliveryState.READY)]
    bind(database, license_id, minutes=1)
    assert plan(database, minutes=2).deliveries == 1
    assert carriers(database) == [(Channel.WECHAT, DeliveryState.READY)]
    assert plan(database, minutes=3).deliveries == 0
    with database.begin() as session:
        actor = builders.actor(builders.staff(session, role=Role.SUPERVISOR))
        assert worklist.pending(session, actor=actor).calls == ()


def test_call_already_tried_stays_with_the_officer(database: Database) -> None:
    license_id = one_license(database)
    plan(database, minutes=0)
    with database.begin() as session:
        actor = builders.actor(builders.staff(session, role=Role.SUPERVISOR))
        [call] = worklist.pending(session, actor=actor).calls
        worklist.record_outcome(session, call.delivery_id, CallOutcome.NO_ANSWER, "", actor=actor, now=at(1))
    bind(database, license_id, minutes=2)
    plan(database, minutes=3)
    assert carriers(database) == [(Channel.PHONE, DeliveryState.READY)]


def test_human_stage_stays_a_call_when_the_holder_binds(database: Database) -> None:
    license_id = one_license(database)
    minutes = (HUMAN_TIME - TODAY).days * 24 * 60
    plan(database, minutes=0, today=HUMAN_TIME)
    with database.read() as session:
        assert session.execute(select(Reminder.stage)).scalars().all() == [Stage.HUMAN]
    bind(database, license_id, minutes=minutes + 1)
    plan(database, minutes=2, today=HUMAN_TIME)
    assert carriers(database) == [(Channel.PHONE, DeliveryState.READY)]


def test_message_becomes_a_call_when_the_holder_unbinds_before_it_leaves(database: Database) -> None:
    license_id = one_license(database)
    bind(database, license_id, minutes=-1)
    plan(database, minutes=0)
    assert carriers(database) == [(Channel.WECHAT, DeliveryState.READY)]
    with database.begin() as session:
        session.execute(update(Binding).values(unbound_at=at(1)))
    assert claim(database, minutes=2) == []
    assert plan(database, minutes=3).worklist == 1
    assert carriers(database) == [(Channel.PHONE, DeliveryState.READY)]


def test_refused_message_goes_back_to_the_worklist_and_stays_there(database: Database) -> None:
    license_id = one_license(database)
    plan(database, minutes=0)
    bind(database, license_id, minutes=1)
    plan(database, minutes=2)
    [claimed] = claim(database, minutes=3)
    refused = SendResult(
        delivery_id=claimed.id,
        fence=claimed.fence,
        kind=claimed.kind,
        outcome=SendOutcome.PERSON_REFUSED,
        code="43004",
    )
    with database.begin() as session:
        finish(session, Channel.WECHAT, [refused], sending_hours=HOURS, now=at(4))
    calls = (Channel.PHONE, DeliveryState.READY)
    assert [c for c in carriers(database) if c[0] is Channel.PHONE] == [calls]
    plan(database, minutes=5)
    assert [c for c in carriers(database) if c[0] is Channel.PHONE] == [calls]


def agree(database: Database, license_id: int, *, bound_at: int, agreed_at: int) -> None:
    """Bound, but gone from the account; agrees to subscription notices some minutes later."""
    bind(database, license_id, minutes=bound_at)
    with database.begin() as session:
        roads.open_roads(session, {Channel.SUBSCRIPTION: Means(template_id=builders_channels.NOTICE)})
        person = session.execute(select(Follower)).scalar_one()
        person.unfollowed_at = at(bound_at)
        openid = person.openid
        holders.record_grant(
            session, openid, builders_channels.NOTICE, GrantState.ACCEPTED, now=at(agreed_at)
        )


@pytest.mark.parametrize(("bound_at", "agreed_at"), [(1, 2), (-2, 2), (2, -1)])
def test_call_becomes_a_notice_when_the_holder_agreed_before_it(
    database: Database, bound_at: int, agreed_at: int
) -> None:
    license_id = one_license(database)
    plan(database, minutes=0)
    assert carriers(database) == [(Channel.PHONE, DeliveryState.READY)]
    agree(database, license_id, bound_at=bound_at, agreed_at=agreed_at)
    assert plan(database, minutes=3).deliveries == 1
    assert carriers(database) == [(Channel.SUBSCRIPTION, DeliveryState.READY)]
    assert plan(database, minutes=4).deliveries == 0


def test_call_of_who_refused_the_notice_stays_a_call(database: Database) -> None:
    license_id = one_license(database)
    plan(database, minutes=0)
    agree(database, license_id, bound_at=1, agreed_at=2)
    with database.begin() as session:
        openid = session.execute(select(Follower.openid)).scalar_one()
        holders.record_grant(session, openid, builders_channels.NOTICE, GrantState.REJECTED, now=at(3))
    plan(database, minutes=4)
    assert carriers(database) == [(Channel.PHONE, DeliveryState.READY)]
