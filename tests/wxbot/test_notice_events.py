"""Agreeing to subscription notices, taking it back, and what became of one: as the platform's events tell."""

import time

import pytest
from flask import Flask
from sqlalchemy import select

from reminders import clock, receipts
from reminders.db import Database
from reminders.rules.delivery_rules import ANY_TIME
from reminders.rules.lifecycle import Channel, DeliveryState, GrantState
from reminders.tables.bindings import Follower, SubscriptionGrant
from reminders.tables.deliveries import Delivery, ProviderEvent
from tests import builders, builders_channels
from tests.builders_channels import NOTICE
from tests.wxbot.platform import Holder, xml

OTHER = "somebody-elses-template"


def tell(holder: Holder, event: str, part: str, *elements: dict[str, str], at: int | None = None) -> None:
    """One event with a list, as the platform writes it: one element of that name after another."""
    fields = holder.message("event", Event=event) | ({} if at is None else {"CreateTime": str(at)})
    inside = "".join(xml(one).replace("<xml>", "<List>").replace("</xml>", "</List>") for one in elements)
    answer = holder.post(xml(fields).replace("</xml>", f"<{part}>{inside}</{part}></xml>"))
    assert (answer.status_code, answer.text) == (200, "success")


def popup(holder: Holder, *said: tuple[str, str], at: int | None = None) -> None:
    elements = [{"TemplateId": one, "SubscribeStatusString": word, "PopupScene": "1"} for one, word in said]
    tell(holder, "subscribe_msg_popup_event", "SubscribeMsgPopupEvent", *elements, at=at)


def change(holder: Holder, *said: tuple[str, str], at: int | None = None) -> None:
    elements = [{"TemplateId": one, "SubscribeStatusString": word} for one, word in said]
    tell(holder, "subscribe_msg_change_event", "SubscribeMsgChangeEvent", *elements, at=at)


def sent(
    holder: Holder,
    msgid: str,
    code: str = "0",
    word: str = "success",
    template: str = NOTICE,
    at: int | None = None,
) -> None:
    one = {"TemplateId": template, "MsgID": msgid, "ErrorCode": code, "ErrorStatus": word}
    tell(holder, "subscribe_msg_sent_event", "SubscribeMsgSentEvent", one, at=at)


def grants(database: Database) -> dict[str, GrantState]:
    with database.read() as session:
        found = session.execute(select(SubscriptionGrant.template_id, SubscriptionGrant.state))
        return dict(found.all())


def test_one_answer_or_several_are_all_kept(wang: Holder, database: Database) -> None:
    popup(wang, (NOTICE, "accept"))
    assert grants(database) == {NOTICE: GrantState.ACCEPTED}
    popup(wang, (NOTICE, "reject"), (OTHER, "accept"), at=int(time.time()) + 1)
    assert grants(database) == {NOTICE: GrantState.REJECTED, OTHER: GrantState.ACCEPTED}


def test_agreeing_does_not_make_a_follower(wang: Holder, database: Database) -> None:
    popup(wang, (NOTICE, "accept"))
    with database.read() as session:
        follower = session.execute(select(Follower)).scalar_one()
    assert follower.followed_at is None


def test_older_event_that_arrives_last_changes_nothing(wang: Holder, database: Database) -> None:
    now = int(time.time())
    change(wang, (NOTICE, "reject"), at=now)
    popup(wang, (NOTICE, "accept"), at=now - 60)
    assert grants(database) == {NOTICE: GrantState.REJECTED}


def test_answer_nobody_knows_and_an_empty_list_are_passed_over(wang: Holder, database: Database) -> None:
    popup(wang, (NOTICE, "filter"), ("", "accept"))
    popup(wang)
    assert grants(database) == {}


@pytest.fixture
def told(app: Flask, database: Database) -> tuple[Holder, int]:
    """Somebody whom a notice was sent to, in an answer without a msgid, and the message."""
    holder = Holder(app, "oExample-notice")
    now = clock.now()
    with database.begin() as session:
        builders_channels.open_all(session)
        person = builders.follower(session, openid=holder.openid)
        builders_channels.grant(session, person)
        row = builders_channels.notice(session, person)
        row.state, row.accepted_at, row.intent_at = DeliveryState.ACCEPTED, now, now
        builders_channels.tried(session, row, at=now)
        return holder, row.id


def swept(database: Database, delivery_id: int) -> DeliveryState:
    with database.begin() as session:
        receipts.sweep(session, sending_hours=ANY_TIME, now=clock.now())
    with database.read() as session:
        return session.get_one(Delivery, delivery_id).state


def test_event_settles_the_notice_whose_send_named_no_msgid(
    told: tuple[Holder, int], database: Database
) -> None:
    holder, delivery_id = told
    at = int(time.time())  # sent again, an event keeps the second of its making
    for _ in range(3):
        sent(holder, "1700827132819554304", at=at)
    with database.read() as session:
        [event] = session.execute(select(ProviderEvent)).scalars()
    assert (event.channel, event.status) == (Channel.SUBSCRIPTION, "success")
    assert swept(database, delivery_id) is DeliveryState.DELIVERED
    with database.read() as session:
        assert session.get_one(Delivery, delivery_id).provider_msgid == "1700827132819554304"


def test_two_messages_of_one_second_are_two_events(told: tuple[Holder, int], database: Database) -> None:
    holder, _ = told
    sent(holder, "1700827132819554304")
    sent(holder, "1700827132819554305")
    with database.read() as session:
        assert len(session.execute(select(ProviderEvent.id)).all()) == 2


def test_refusal_uses_the_grant_up_and_moves_the_reminder_on(
    told: tuple[Holder, int], database: Database
) -> None:
    holder, delivery_id = told
    sent(holder, "1700827132819554304", "43101", "user refuse to accept the msg")
    assert swept(database, delivery_id) is DeliveryState.REFUSED
    assert grants(database) == {NOTICE: GrantState.USED_UP}
    with database.read() as session:
        follower = session.execute(select(Follower).where(Follower.push_stopped_at.is_not(None))).all()
        channels = session.execute(select(Delivery.channel).order_by(Delivery.id)).scalars().all()
    assert follower == []  # template messages were not refused
    assert channels == [Channel.SUBSCRIPTION, Channel.WECHAT]


def test_late_refusal_leaves_a_newer_grant_alone(told: tuple[Holder, int], database: Database) -> None:
    holder, delivery_id = told
    popup(holder, (NOTICE, "accept"), at=int(time.time()) + 60)
    sent(holder, "1700827132819554304", "43101", "user refuse to accept the msg")
    assert swept(database, delivery_id) is DeliveryState.REFUSED
    assert grants(database) == {NOTICE: GrantState.ACCEPTED}


def test_failure_of_the_platform_is_tried_again(told: tuple[Holder, int], database: Database) -> None:
    holder, delivery_id = told
    sent(holder, "1700827132819554304", "-1", "system failed")
    assert swept(database, delivery_id) is DeliveryState.READY


def test_notice_of_another_template_settles_nothing(told: tuple[Holder, int], database: Database) -> None:
    holder, delivery_id = told
    sent(holder, "1700827132819554304", template=OTHER)
    assert swept(database, delivery_id) is DeliveryState.ACCEPTED
    with database.read() as session:
        assert session.execute(select(ProviderEvent)).all() == []
