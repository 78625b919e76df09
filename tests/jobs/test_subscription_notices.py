"""Subscription notices from the queue to the phone: only to whoever agreed, and the next way where not."""

from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta

import pytest
import redis
from sqlalchemy import select

from config.settings import Settings
from jobs import templates, wiring
from jobs.gateways.ports import NotAccepted, SubscriptionMessage
from jobs.gateways.wechat import WeChatGateway
from jobs.sending import Plan, Sender
from reminders import clock, roads
from reminders.db import Database
from reminders.rules.delivery_rules import SendOutcome
from reminders.rules.lifecycle import Channel, DeliveryState, GrantState
from reminders.tables.bindings import SubscriptionGrant
from reminders.tables.deliveries import Delivery
from tests import builders, builders_channels
from tests.builders_queue import ALL_DAY
from tests.jobs.conftest import Platform

TEMPLATE = "SAMPLE-ID-OF-THE-SUBSCRIPTION-NOTICE-TEMPLATE"
BIZSEND = "/cgi-bin/message/subscribe/bizsend"
FIELDS = {
    "thing1": "示例许可证",
    "time2": "2027-02-20",
    "time3": "2027-01-20",
    "character_string4": "7K3M2-QXP9T",
    "thing5": "请尽早申请",
}


@pytest.fixture
def practice(told: Settings) -> Settings:
    return told.model_copy(update={"practice": True})


@pytest.fixture
def gateway(told: Settings, store: redis.Redis, platform: Platform) -> Iterator[WeChatGateway]:
    platform.people("o-a")
    made = wiring.wechat_gateway(told, store)
    yield made
    made.close()


def notice(template_id: str = TEMPLATE) -> SubscriptionMessage:
    return SubscriptionMessage("o-a", template_id, "http://127.0.0.1/h5/licenses/1", FIELDS)


def refusal(gateway: WeChatGateway, message: SubscriptionMessage) -> NotAccepted:
    with pytest.raises(NotAccepted) as caught:
        gateway.send_subscription(message)
    return caught.value


def test_notice_is_shown_to_who_agreed_and_has_no_msgid(gateway: WeChatGateway, platform: Platform) -> None:
    assert refusal(gateway, notice()).outcome is SendOutcome.PERSON_REFUSED
    platform.does("o-a", "accept")
    platform.does("o-a", "unfollow")
    assert gateway.send_subscription(notice()) == ""
    [shown] = platform.shown("notice")
    assert (shown["openid"], shown["url"]) == ("o-a", "http://127.0.0.1/h5/licenses/1")
    assert [field["label"] for field in shown["content"]["fields"]][:2] == ["证照名称", "期满日期"]


def test_msgid_is_kept_where_the_platform_tells_one(gateway: WeChatGateway, platform: Platform) -> None:
    platform.fault("json", match=BIZSEND, value={"errcode": 0, "errmsg": "ok", "msgid": 17}, times=1)
    assert gateway.send_subscription(notice()) == "17"


@pytest.mark.parametrize(
    ("errcode", "outcome"),
    [
        (40037, SendOutcome.CONFIG_FAULT),
        (41030, SendOutcome.CONFIG_FAULT),
        (43101, SendOutcome.PERSON_REFUSED),
        (45009, SendOutcome.QUOTA),
        (40164, SendOutcome.ACCOUNT_FAULT),
        (-1, SendOutcome.UNKNOWN),
    ],
)
def test_codes_have_their_meaning(
    gateway: WeChatGateway, platform: Platform, errcode: int, outcome: SendOutcome
) -> None:
    platform.does("o-a", "accept")
    platform.fault("errcode", match=BIZSEND, value=errcode)
    assert refusal(gateway, notice()).outcome is outcome


@pytest.mark.parametrize(("kind", "value"), [("html_after", None), ("json", {"errmsg": "ok"}), ("json", [])])
def test_notice_without_a_plain_yes_is_unknown(
    gateway: WeChatGateway, platform: Platform, kind: str, value: object
) -> None:
    platform.does("o-a", "accept")
    platform.fault(kind, match=BIZSEND, value=value, times=1)
    assert refusal(gateway, notice()).outcome is SendOutcome.UNKNOWN


def test_id_of_a_template_message_is_none_of_a_notice(gateway: WeChatGateway, platform: Platform) -> None:
    platform.does("o-a", "accept")
    single = "SAMPLE-ID-OF-THE-SINGLE-LICENSE-TEMPLATE-01"
    assert refusal(gateway, notice(single)).reason == "40037"


def test_sample_template_opens_the_road_in_a_practice_only(told: Settings, practice: Settings) -> None:
    assert Channel.SUBSCRIPTION not in wiring.means(told)
    assert wiring.means(practice)[Channel.SUBSCRIPTION].template_id == TEMPLATE


def queued(database: Database, practice: Settings, platform: Platform, *, agreed: bool) -> None:
    """One notice, due now, for a person who does not follow and has agreed in our books."""
    now = clock.now()
    platform.people("o-a")
    platform.does("o-a", "unfollow")
    if agreed:
        platform.does("o-a", "accept")
    with database.begin() as session:
        roads.open_roads(session, wiring.means(practice))
        person = builders.follower(session, openid="o-a", is_following=False)
        builders_channels.grant(session, person, template_id=TEMPLATE)
        told = builders_channels.licensed(
            session, follower=person, expires_on=clock.civil_date(now) + timedelta(days=80)
        )
        row = builders_channels.notice(session, person, license=told)
        row.next_at, row.for_day = now, clock.civil_date(now)


def drained(database: Database, practice: Settings, store: redis.Redis) -> Counter[tuple[Channel, str]]:
    with ExitStack() as stack:
        plan = Plan(ALL_DAY, 0, 8)
        Sender(database, "sender-1", plan, wiring.carriers(practice, store, stack)).drain(for_s=10)
    with database.read() as session:
        found = session.execute(select(Delivery.channel, Delivery.state)).all()
    return Counter((row.channel, str(row.state)) for row in found)


def test_sender_carries_a_notice_to_who_does_not_follow(
    database: Database, practice: Settings, store: redis.Redis, platform: Platform
) -> None:
    queued(database, practice, platform, agreed=True)
    assert drained(database, practice, store) == {(Channel.SUBSCRIPTION, "accepted"): 1}
    [shown] = platform.shown("notice")
    fields = {field["key"]: field["value"] for field in shown["content"]["fields"]}
    assert fields["time3"] in fields["thing5"]
    with database.read() as session:
        assert session.execute(select(Delivery.provider_msgid)).scalar_one() is None


def test_gone_grant_is_used_up_and_an_sms_tells_instead(
    database: Database, practice: Settings, store: redis.Redis, platform: Platform
) -> None:
    queued(database, practice, platform, agreed=False)
    found = drained(database, practice, store)
    if (Channel.SMS, str(DeliveryState.READY)) in found:  # queued in the last moment of the first drain
        found = drained(database, practice, store)
    assert found == {(Channel.SUBSCRIPTION, "undeliverable"): 1, (Channel.SMS, "accepted"): 1}
    assert (len(platform.shown("notice")), len(platform.shown("sms"))) == (0, 1)
    with database.read() as session:
        assert session.execute(select(SubscriptionGrant.state)).scalar_one() is GrantState.USED_UP


def test_shipped_template_says_one_license_or_several() -> None:
    found = templates.load_notice()
    assert found is not None
    assert (found.template_id, found.is_sample, found.has_check_code) == (TEMPLATE, True, True)
