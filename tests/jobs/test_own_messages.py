"""A colleague proves their own phone and WeChat and tries a wording out: through the real gateways, once."""

import re
from datetime import time, timedelta

import pytest
import redis
from sqlalchemy import func, select

from config.settings import Settings
from jobs import own_messages as sending_own
from jobs import wiring
from jobs.bell import Bell
from jobs.clock import Clock
from reminders import (
    binding,
    deliveries,
    message_templates,
    own_messages,
    own_reach,
    passes,
    receipts,
    staff,
    wordings,
)
from reminders import clock as now_of
from reminders.binding import PassOutcome
from reminders.db import Database
from reminders.errors import Conflict, Invalid, LimitReached, NotFound
from reminders.message_templates import Trial
from reminders.rules.delivery_rules import SendOutcome
from reminders.rules.lifecycle import Channel
from reminders.rules.permissions import Actor
from reminders.rules.wordings import TEXT, TemplateKind, Wording
from reminders.tables.audit import AuditEntry
from reminders.tables.bindings import Follower
from reminders.tables.deliveries import Delivery, ProviderEvent
from reminders.tables.own_messages import OwnMessage, StaffReach
from tests import builders
from tests.jobs.conftest import Platform

PHONE = "13800000077"


@pytest.fixture
def here(told: Settings, database: Database, store: redis.Redis) -> Settings:
    url = database.engine.url.render_as_string(hide_password=False)
    settings = told.model_copy(update={"database_url": url})
    Clock(settings, database, Bell(store)).load_wordings()
    return settings


@pytest.fixture
def me(database: Database) -> Actor:
    with database.begin() as session:
        return builders.actor(builders.staff(session))


def proved(here: Settings, database: Database, platform: Platform, me: Actor) -> None:
    """The phone, by the code that came."""
    with database.begin() as session:
        staff.ask_code(session, PHONE, actor=me, now=now_of.now())
    assert sending_own.send_wanted(here) == 1
    code = re.search(r"\d{6}", platform.shown("sms")[-1]["content"])
    assert code is not None
    with database.begin() as session:
        staff.prove_phone(session, code[0], actor=me, now=now_of.now())


def linked(database: Database, me: Actor, openid: str = "o-a") -> None:
    """The WeChat account, by scanning the code of the console."""
    now = now_of.now()
    with database.begin() as session:
        staff.ask_own_qr(session, actor=me, now=now)
        (wanted,) = passes.claim_qrs(session, now=now)
        follower = builders.follower(session, openid=openid)
        assert binding.bring(session, follower.id, wanted.scene, now=now).outcome is PassOutcome.STAFF_LINKED
        assert binding.bring(session, follower.id, wanted.scene, now=now).outcome is PassOutcome.GONE


def tried(here: Settings, database: Database, me: Actor, kind: TemplateKind) -> Trial:
    now = now_of.now()
    with database.begin() as session:
        wording = wordings.in_force(session, kind)
        assert wording is not None
        message_id = message_templates.try_out(session, wording, actor=me, now=now)
        assert message_templates.trial(session, message_id, actor=me, now=now).outcome is None
    sending_own.send_wanted(here)
    assert sending_own.send_wanted(here) == 0  # never a second time
    with database.read() as session:
        return message_templates.trial(session, message_id, actor=me, now=now)


def test_wording_reaches_the_writers_own_phone_and_is_no_delivery(
    here: Settings, database: Database, platform: Platform, me: Actor
) -> None:
    proved(here, database, platform, me)
    done = tried(here, database, me, TemplateKind.SMS_SINGLE)
    assert done.outcome is SendOutcome.ACCEPTED and "请看您的手机" in done.said
    shown = platform.shown("sms")[-1]
    assert shown["phone"] == PHONE and "（试发）《药品经营许可证》" in shown["content"]
    with database.read() as session:
        assert session.execute(select(func.count()).select_from(Delivery)).scalar_one() == 0
        assert own_reach.reach_of(session, me.staff_id or 0).phone == "138＊＊＊＊0077"
        kept = session.execute(select(StaffReach.phone_cipher)).scalar_one()
        assert kept is not None and PHONE.encode() not in kept
        said = {row.action: row.detail for row in session.execute(select(AuditEntry)).scalars()}
        assert {"staff.prove_phone", "template.try"} <= set(said)
        assert PHONE not in str(said)
        left = session.execute(select(OwnMessage.code_cipher, OwnMessage.phone_cipher)).all()
        assert all(row == (None, None) for row in left)


def test_wording_reaches_the_writers_own_wechat_marked_as_a_trial(
    here: Settings, database: Database, platform: Platform, me: Actor
) -> None:
    platform.people("o-a")
    linked(database, me)
    done = tried(here, database, me, TemplateKind.WECHAT_SINGLE)
    assert done.outcome is SendOutcome.ACCEPTED and done.is_marked
    assert "【试发】" in str(platform.shown()[-1])
    platform.change("o-a", follows=False)
    done = tried(here, database, me, TemplateKind.WECHAT_DIGEST)
    assert done.outcome is SendOutcome.PERSON_REFUSED and "没有关注公众号" in done.said


def test_receipt_of_a_trial_is_no_receipt_of_a_reminder_and_rings_nothing(
    here: Settings, database: Database, platform: Platform, me: Actor
) -> None:
    platform.people("o-a")
    linked(database, me)
    tried(here, database, me, TemplateKind.WECHAT_SINGLE)
    now = now_of.now()
    with database.begin() as session:
        receipt = {"channel": Channel.WECHAT, "recipient_hash": "h", "status": "success", "received_at": now}
        own = session.execute(select(OwnMessage.answer)).scalar_one()
        for msgid in (own, "900900900"):
            session.add(ProviderEvent(provider_msgid=msgid, digest=msgid, **receipt))
    with database.begin() as session:
        assert receipts.sweep(session, sending_hours=(time(8, 30), time(20)), now=now) == 0
        waiting = select(ProviderEvent.provider_msgid).where(ProviderEvent.matched_at.is_(None))
        assert session.execute(waiting).scalars().all() == ["900900900"]


def test_subscription_notice_leaves_by_its_own_road(
    here: Settings, database: Database, platform: Platform, me: Actor
) -> None:
    platform.people("o-a")
    linked(database, me)
    practice = here.model_copy(update={"practice": True})
    notice = wiring.notice_template(practice)
    assert notice is not None
    with database.begin() as session:
        message_id = message_templates.try_out(session, notice, actor=me, now=now_of.now())
    sending_own.send_wanted(here)
    with database.read() as session:
        done = message_templates.trial(session, message_id, actor=me, now=now_of.now())
    assert done.code == "43101" and "还没有同意" in done.said  # nobody agreed: the platform refused


def test_lost_answer_is_told_as_unknown_and_nothing_is_repeated(
    here: Settings, database: Database, platform: Platform, me: Actor
) -> None:
    proved(here, database, platform, me)
    platform.fault("reset_after", match="/sms-api/send", times=1)
    done = tried(here, database, me, TemplateKind.SMS_DIGEST)
    assert done.outcome is SendOutcome.UNKNOWN and "可能发了" in done.said
    assert len(platform.shown("sms")) == 2  # the code, and the trial once


def test_nothing_leaves_while_sending_is_stopped_or_too_late(
    here: Settings, database: Database, platform: Platform, me: Actor
) -> None:
    proved(here, database, platform, me)
    with database.begin() as session:
        wording = wordings.in_force(session, TemplateKind.SMS_SINGLE)
        assert wording is not None
        old = now_of.now() - timedelta(minutes=6)
        message_id = message_templates.try_out(session, wording, actor=me, now=old)
    assert sending_own.send_wanted(here) == 0
    with database.read() as session:
        done = message_templates.trial(session, message_id, actor=me, now=now_of.now())
        assert done.outcome is SendOutcome.ABANDONED
    with database.begin() as session:
        deliveries.stop_sending(session, "演练", actor=me, now=now_of.now())
    with pytest.raises(Conflict, match="停止"), database.begin() as session:
        message_templates.try_out(session, wording, actor=me, now=now_of.now())


def test_clock_sends_within_its_beat(
    here: Settings, database: Database, platform: Platform, store: redis.Redis, me: Actor
) -> None:
    with database.begin() as session:
        staff.ask_code(session, PHONE, actor=me, now=now_of.now())
    off = Clock(here.model_copy(update={"sending": "off"}), database, Bell(store))
    off.send_own_messages()
    ticking = Clock(here, database, Bell(store))
    ticking.send_own_messages()
    ticking.trying.wait(20)
    assert len(platform.shown("sms")) == 1


def test_trials_are_limited_and_want_an_own_address(database: Database, me: Actor) -> None:
    now = now_of.now()
    text = "{subject}{expires_on}期满，{advice}。咨询{service_phone}，校验码{check_code}"
    params = ("subject", "expires_on", "advice", "service_phone", "check_code")
    wording = Wording(TemplateKind.SMS_SINGLE, {TEXT: text}, "T-1", params=params)
    with pytest.raises(Conflict, match="核实自己的手机"), database.begin() as session:
        message_templates.try_out(session, wording, actor=me, now=now)
    with database.begin() as session:
        own_reach.keep_phone(session, PHONE, actor=me, now=now)
        for _ in range(10):
            message_id = message_templates.try_out(session, wording, actor=me, now=now)
    with pytest.raises(LimitReached, match="每小时 10 次"), database.begin() as session:
        message_templates.try_out(session, wording, actor=me, now=now)
    with pytest.raises(Invalid, match="先改好再试发"), database.begin() as session:
        bad = Wording(TemplateKind.SMS_SINGLE, {TEXT: "{subject}"}, "T-1")
        message_templates.try_out(session, bad, actor=me, now=now)
    with database.begin() as session:
        other = builders.actor(builders.staff(session))
        with pytest.raises(NotFound):
            message_templates.trial(session, message_id, actor=other, now=now)


def test_wrong_codes_are_counted_and_a_code_runs_out(database: Database, me: Actor) -> None:
    now = now_of.now()
    with database.begin() as session:
        staff.ask_code(session, PHONE, actor=me, now=now)
        code = own_messages.claim(session, now=now)[0].code
    with pytest.raises(Invalid, match="10 分钟"), database.begin() as session:
        staff.prove_phone(session, code, actor=me, now=now + timedelta(minutes=11))
    with database.begin() as session:
        for _ in range(5):
            staff.count_code_try(session, actor=me, now=now)
    with pytest.raises(LimitReached), database.begin() as session:
        staff.count_code_try(session, actor=me, now=now)
    with pytest.raises(Invalid, match="座机"), database.begin() as session:
        staff.ask_code(session, "0631-5000001", actor=me, now=now)


def test_one_wechat_account_belongs_to_one_colleague_until_they_leave(database: Database, me: Actor) -> None:
    now = now_of.now()
    linked(database, me)
    with database.begin() as session:
        follower = session.execute(select(Follower.id)).scalar_one()
        other = builders.staff(session)
        assert not own_reach.link_wechat(session, other.id, follower, now=now)
        staff.set_active(session, me.staff_id or 0, is_active=False, actor=builders.actor(other), now=now)
        assert own_reach.reach_of(session, me.staff_id or 0).has_wechat is False
        assert own_reach.link_wechat(session, other.id, follower, now=now)
        own_reach.forget_wechat(session, actor=builders.actor(other), now=now)
        assert own_reach.link_wechat(session, other.id, follower, now=now)
