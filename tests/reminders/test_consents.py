"""Consent begins and ends with one word; what is kept of a person can be seen and forgotten."""

import json
from datetime import timedelta

import pytest
from sqlalchemy import select

from reminders import applications, binding, claiming, consents, holders, planning
from reminders.db import Database
from reminders.errors import Forbidden
from reminders.holders import Choices
from reminders.rules.consent import CURRENT, NOTICES
from reminders.rules.lifecycle import Channel, DeliveryState, Language
from reminders.tables.appeals import Appeal
from reminders.tables.applications import Application
from reminders.tables.audit import AuditEntry
from reminders.tables.bindings import Binding, Consent, Follower, SubscriptionGrant
from reminders.tables.choices import LicenseChoice
from reminders.tables.deliveries import Delivery, Reminder
from tests import builders, builders_channels, builders_queue
from tests.builders import CLOCK, NOW
from tests.builders_queue import ALL_DAY, DAYTIME


def newcomer(database: Database) -> int:
    with database.begin() as session:
        return holders.heard_from(session, "oExample-new", now=NOW)


def reminded(database: Database) -> tuple[int, int]:
    """A follower with a message that waits: their id and the delivery's."""
    with database.begin() as session:
        person = builders.follower(session, openid="oExample-bound")
        return person.id, builders_queue.delivery(session, follower=person).id


def claimed(database: Database) -> int:
    with database.begin() as session:
        return len(claiming.claim(session, Channel.WECHAT, "s", 10, sending_hours=DAYTIME, now=NOW))


def test_nothing_is_bound_before_the_notice_was_agreed_to(database: Database) -> None:
    me = newcomer(database)
    with database.begin() as session:
        for act in (binding.start, binding.confirm):
            with pytest.raises(Forbidden, match="隐私告知"):
                act(session, me, "123456", now=NOW)


def test_consent_keeps_version_and_time_and_is_given_once(database: Database) -> None:
    me = newcomer(database)
    with database.begin() as session:
        assert not consents.is_given(session, me)
        consents.give(session, me, now=NOW)
        consents.give(session, me, now=NOW + timedelta(days=1))
        assert consents.is_given(session, me)
        assert session.execute(select(Consent.version, Consent.given_at)).all() == [(CURRENT, NOW)]


def test_consent_to_an_older_notice_is_asked_for_again(database: Database) -> None:
    me = newcomer(database)
    with database.begin() as session:
        session.add(Consent(follower_id=me, version="2020-01", given_at=NOW))
        session.flush()
        assert not consents.is_given(session, me)


def test_withdrawing_unbinds_and_cancels_in_the_same_transaction(database: Database) -> None:
    me, delivery_id = reminded(database)
    with database.begin() as session:
        assert consents.withdraw(session, me, now=NOW) == 1
        assert session.get_one(Delivery, delivery_id).state is DeliveryState.CANCELLED
        assert session.execute(select(Binding.unbound_at)).scalars().all() == [NOW]
        assert session.execute(select(Reminder.has_no_channel)).scalars().all() == [True]
        assert not consents.is_given(session, me)
    assert claimed(database) == 0
    with database.begin() as session:
        planning.plan(session, NOW.date(), sending_hours=ALL_DAY, actor=CLOCK, now=NOW)
        found = session.execute(
            select(Delivery.channel).where(Delivery.state == DeliveryState.READY)
        ).scalars()
        assert list(found) == [Channel.PHONE]


def test_claim_asks_for_consent_itself(database: Database) -> None:
    """A message that was out of reach when consent ended, and a binding that came back by mistake."""
    me, delivery_id = reminded(database)
    with database.begin() as session:
        session.get_one(Follower, me).consent_ended_at = NOW
    assert claimed(database) == 0
    with database.read() as session:
        assert session.get_one(Delivery, delivery_id).state is DeliveryState.CANCELLED


def test_agreeing_again_lets_messages_through_again(database: Database) -> None:
    me, _ = reminded(database)
    with database.begin() as session:
        consents.withdraw(session, me, now=NOW)
        consents.give(session, me, now=NOW)
        assert session.get_one(Follower, me).consent_ended_at is None


def test_everything_kept_of_a_person_is_theirs_to_see(database: Database) -> None:
    me, _ = reminded(database)
    with database.read() as session:
        kept = json.loads(json.dumps(consents.personal_data(session, me)))
    assert kept["openid"] == "oExample-bound"
    assert [len(kept[name]) for name in ("同意", "绑定", "提醒")] == [1, 1, 1]
    assert "依法须留存" in kept["说明"]


def test_forgotten_person_cannot_be_found_again(database: Database) -> None:
    me, delivery_id = reminded(database)
    with database.begin() as session:
        old_hash = session.get_one(Follower, me).openid_hash
        consents.forget(session, me, now=NOW)
    with database.begin() as session:
        assert session.get_one(Follower, me).openid == f"forgotten-{me}"
        delivery = session.get_one(Delivery, delivery_id)
        assert (delivery.state, delivery.recipient_hash == old_hash) == (DeliveryState.CANCELLED, False)
        assert not holders.is_follower(session, "oExample-bound")
        assert holders.heard_from(session, "oExample-bound", now=NOW) != me
        actions = session.execute(select(AuditEntry.action)).scalars().all()
        assert "follower.forget" in actions
        assert "oExample" not in str(session.execute(select(AuditEntry.detail)).scalars().all())


def test_appeal_is_shown_to_whoever_made_it_and_goes_with_them(database: Database) -> None:
    me = newcomer(database)
    with database.begin() as session:
        consents.give(session, me, now=NOW)
        binding.appeal(session, me, "JYXXXX0001", "示例某", "13800001234", "示例：号码换了", now=NOW)
    with database.read() as session:
        [mine] = consents.personal_data(session, me)["申诉"]
        assert (mine["您写的编号"], mine["您写的电话"], mine["结果"]) == (
            "JYXXXX0001",
            "13800001234",
            "待处理",
        )
    with database.begin() as session:
        consents.forget(session, me, now=NOW)
    with database.read() as session:
        assert session.execute(select(Appeal.id)).all() == []


def chosen_and_told(database: Database) -> tuple[int, int]:
    """A follower who declined ways for one license and told its application: their id and the license's."""
    me, _ = reminded(database)
    with database.begin() as session:
        license_id = session.execute(select(Binding.license_id)).scalar_one()
        chosen = Choices(wechat=False, sms=False, fewer=True)
        holders.choose(session, me, license_id, chosen, everything=False, now=NOW)
        applications.tell(session, me, license_id, "SL-0001", NOW.date(), now=NOW)
    return me, license_id


def test_choices_and_application_are_shown_to_whoever_gave_them_and_go_with_them(database: Database) -> None:
    me, _ = chosen_and_told(database)
    with database.read() as session:
        kept = consents.personal_data(session, me)
    assert kept["绑定"][0]["微信提醒"] == "关"
    [chosen], [told] = kept["提醒方式"], kept["办理进度"]
    assert (chosen["短信"], chosen["电话"], chosen["少提醒"]) == ("关", "开", "开")
    assert (told["受理号"], told["进度"]) == ("SL-0001", "已提交，等待受理")
    with database.begin() as session:
        consents.forget(session, me, now=NOW)
    with database.read() as session:
        assert session.execute(select(Application.id)).all() == []
        assert session.execute(select(LicenseChoice.license_id)).all() == []


def test_choice_stays_for_others_and_shows_them_nothing_of_whoever_left(database: Database) -> None:
    me, license_id = chosen_and_told(database)
    with database.begin() as session:
        other = builders.follower(session).id
        builders.binding(session, license_id=license_id, follower_id=other)
        consents.forget(session, me, now=NOW)
    with database.read() as session:
        assert holders.choices(session, other, license_id) == Choices(sms=False, fewer=True)
        kept = consents.personal_data(session, other)
        assert (kept["提醒方式"], kept["办理进度"]) == ([], [])


def test_what_was_said_to_subscription_notices_is_shown_and_forgotten(database: Database) -> None:
    with database.begin() as session:
        me = builders.follower(session)
        builders_channels.grant(session, me)
        assert [one["结果"] for one in consents.personal_data(session, me.id)["长期订阅"]] == ["同意"]
        consents.forget(session, me.id, now=NOW)
    with database.read() as session:
        assert session.execute(select(SubscriptionGrant.id)).all() == []


def test_short_notice_fits_a_chat_message_and_says_how_to_leave() -> None:
    assert CURRENT in NOTICES
    for notices in NOTICES.values():
        assert "退订" in notices[Language.ZH].short
        assert "unsubscribe" in notices[Language.EN].short
        for notice in notices.values():
            assert len(notice.short.encode()) < 900
            assert len(notice.paragraphs) == 6
