"""The planner and the fallback choose as the rule does, for every method, reachability and channel tried."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import chain, combinations, product

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from reminders import clock, fallback, planning
from reminders.db import Database
from reminders.rules.lifecycle import (
    BindHow,
    Channel,
    DateKind,
    DeliveryState,
    Expiry,
    GrantState,
    HolderKind,
    LicenseState,
    Purpose,
    ReminderState,
    Stage,
)
from reminders.rules.routing import next_channel
from reminders.tables.bindings import Binding, Follower, SubscriptionGrant
from reminders.tables.choices import LicenseChoice
from reminders.tables.deliveries import Delivery, DeliveryItem, Reminder
from reminders.tables.holders import Contact, Holder
from reminders.tables.ledger import License
from tests import builders, builders_channels
from tests.builders import NOW
from tests.builders_queue import ALL_DAY

WECHAT, NOTICE, PROMPT = Channel.WECHAT, Channel.SUBSCRIPTION, Channel.BUSINESS_SYSTEM
SMS, PHONE, LETTER = Channel.SMS, Channel.PHONE, Channel.LETTER
METHODS = (WECHAT, SMS, PHONE, PROMPT, LETTER)
EXPIRES_ON = date(2027, 2, 20)
TODAY = clock.civil_date(NOW)
FIRST_ID = 10_000  # far from what the builders make


@dataclass(frozen=True)
class Case:
    """`phone`: "" none, "fixed" can only be called, "mobile" gets SMS too."""

    id: int
    stage: Stage
    method: Channel
    is_following: bool
    has_granted: bool
    phone: str
    tried: frozenset[Channel]
    declined: frozenset[Channel] = frozenset()

    @property
    def is_bound(self) -> bool:
        return self.is_following or self.has_granted

    @property
    def reachable(self) -> set[Channel]:
        told = {
            WECHAT: self.is_following,
            NOTICE: self.has_granted,
            PROMPT: True,
            PHONE: bool(self.phone),
            SMS: self.phone == "mobile",
        }
        return {channel for channel, is_reached in told.items() if is_reached}

    @property
    def expected(self) -> Channel | None:
        return next_channel(
            self.stage, self.method, reachable=self.reachable, tried=self.tried, declined=self.declined
        )

    def ref(self, channel: Channel) -> str:
        kind = {WECHAT: "f", NOTICE: "f", SMS: "c", PHONE: "c"}.get(channel, "h")
        return f"{kind}{self.id}"


def cases() -> list[Case]:
    """A prompt is tried only where it is the method."""
    found = []
    for stage, method in product((Stage.FIRST, Stage.HUMAN), METHODS):
        channels = [one for one in Channel if one is not PROMPT or method is PROMPT]
        subsets = chain.from_iterable(combinations(channels, size) for size in range(len(channels) + 1))
        reach = product((False, True), (False, True), ("", "fixed", "mobile"))
        for tried, (following, granted, phone) in product(list(subsets), list(reach)):
            number = FIRST_ID + len(found)
            found.append(Case(number, stage, method, following, granted, phone, frozenset(tried)))
    return found


def declining_cases() -> list[Case]:
    """What was declined, with the channels tried before."""
    found = []
    ways = (frozenset({SMS}), frozenset({PHONE}), frozenset({SMS, PHONE}))
    before = ((), (WECHAT,), (SMS,), (PHONE,), (WECHAT, SMS), (PHONE, LETTER))
    for stage, method in product((Stage.FIRST, Stage.LAST_CALL, Stage.HUMAN), METHODS):
        for declined, tried, phone in product(ways, before, ("", "fixed", "mobile")):
            for following in (False, True):
                number = FIRST_ID + len(found)
                tries = frozenset(tried)
                found.append(Case(number, stage, method, following, False, phone, tries, declined))
    return found


def arrange(session: Session, told: list[Case], *, is_untold: bool) -> list[int]:
    """A holder of their own for each case; the ids of the messages tried in vain."""
    builders_channels.open_all(session)
    entries = {
        method: builders.entry(session, department_id=builders.department(session, method=method).id).id
        for method in METHODS
    }
    bound = [case for case in told if case.is_bound]
    session.execute(insert(Holder), [_holder(case) for case in told])
    session.execute(insert(Contact), [_contact(case) for case in told if case.phone])
    session.execute(insert(License), [_license(case, entries[case.method]) for case in told])
    session.execute(insert(Follower), [_follower(case) for case in bound])
    session.execute(insert(Binding), [_binding(case) for case in bound])
    choices = [_choice(case, case.id if case.is_bound else bound[0].id) for case in told if case.declined]
    if choices:
        session.execute(insert(LicenseChoice), choices)
    granted = [{"follower_id": case.id} for case in bound if case.has_granted]
    same = {"template_id": builders_channels.NOTICE, "state": GrantState.ACCEPTED, "changed_at": NOW}
    if granted:
        session.execute(insert(SubscriptionGrant), [row | same for row in granted])
    session.execute(insert(Reminder), [_reminder(case, is_untold) for case in told])
    failed = [(case, channel) for case in told for channel in sorted(case.tried)]
    session.execute(insert(Delivery), [_failed(case, channel) for case, channel in failed])
    ids = {
        row.recipient_hash: row.id for row in session.execute(select(Delivery.recipient_hash, Delivery.id))
    }
    items = [
        {
            "delivery_id": ids[_tried_hash(case, channel)],
            "reminder_id": case.id,
            "channel": channel,
            "recipient_ref": case.ref(channel),
        }
        for case, channel in failed
    ]
    session.execute(insert(DeliveryItem), items)
    return sorted(ids.values())


def _holder(case: Case) -> dict[str, object]:
    name = f"示例{case.id}号药房有限公司"
    same = {"kind": HolderKind.COMPANY, "created_at": NOW}
    return {"id": case.id, "name": name, "name_key": name, "identity_key": f"name:{case.id}", **same}


def _contact(case: Case) -> dict[str, object]:
    same = {"name": "张示例", "phone_cipher": b"x", "created_at": NOW}
    is_mobile = case.phone == "mobile"
    return {"id": case.id, "holder_id": case.id, "phone_hash": f"p{case.id}", "is_mobile": is_mobile, **same}


def _license(case: Case, entry_id: int) -> dict[str, object]:
    return {
        "id": case.id,
        "catalogue_entry_id": entry_id,
        "holder_id": case.id,
        "contact_id": case.id if case.phone else None,
        "license_no": f"示例{case.id}",
        "number_key": f"示例{case.id}",
        "identity_key": f"no:示例{case.id}",
        "expiry": Expiry.DATED,
        "expires_on": EXPIRES_ON,
        "state": LicenseState.ACTIVE,
        "created_at": NOW,
        "updated_at": NOW,
    }


def _follower(case: Case) -> dict[str, object]:
    openid = f"o-example-{case.id}"
    left = None if case.is_following else NOW
    return {
        "id": case.id,
        "openid": openid,
        "openid_hash": f"o{case.id}",
        "followed_at": NOW - timedelta(days=9),
        "unfollowed_at": left,
        "created_at": NOW,
    }


def _binding(case: Case) -> dict[str, object]:
    same = {"how": BindHow.PHONE_CODE, "bound_at": NOW - timedelta(days=5)}
    return {"follower_id": case.id, "license_id": case.id, **same}


def _choice(case: Case, follower_id: int) -> dict[str, object]:
    same = {"fewer": False, "follower_id": follower_id, "changed_at": NOW}
    return {"license_id": case.id, "no_sms": SMS in case.declined, "no_calls": PHONE in case.declined, **same}


def _reminder(case: Case, is_untold: bool) -> dict[str, object]:
    return {
        "id": case.id,
        "license_id": case.id,
        "date_kind": DateKind.MAIN,
        "expires_on": EXPIRES_ON,
        "stage": case.stage,
        "due_on": TODAY,
        "apply_by": EXPIRES_ON - timedelta(days=30),
        "state": ReminderState.OPEN,
        "has_no_channel": is_untold,
        "created_at": NOW,
    }


def _failed(case: Case, channel: Channel) -> dict[str, object]:
    return {
        "purpose": Purpose.REMINDER,
        "channel": channel,
        "holder_id": case.id,
        "recipient_hash": _tried_hash(case, channel),
        "for_day": TODAY - timedelta(days=1),
        "state": DeliveryState.UNDELIVERABLE,
        "next_at": NOW,
        "final_at": NOW,
        "created_at": NOW,
    }


def _tried_hash(case: Case, channel: Channel) -> str:
    return f"tried:{case.id}:{channel}"


def plan(session: Session) -> None:
    planning.plan(session, TODAY, sending_hours=ALL_DAY, actor=builders.CLOCK, now=NOW)


def chosen(session: Session) -> dict[int, set[Channel]]:
    """Reminder id → the channels on which it waits now."""
    found = session.execute(
        select(DeliveryItem.reminder_id, Delivery.channel)
        .join(Delivery, Delivery.id == DeliveryItem.delivery_id)
        .where(Delivery.state == DeliveryState.READY, DeliveryItem.dropped_reason == "")
    )
    ways: dict[int, set[Channel]] = defaultdict(set)
    for reminder_id, channel in found:
        ways[reminder_id].add(channel)
    return ways


def untold(session: Session) -> set[int]:
    return set(session.execute(select(Reminder.id).where(Reminder.has_no_channel)).scalars())


def differing(told: list[Case], ways: dict[int, set[Channel]], without: set[int]) -> list[object]:
    return [
        (case, ways.get(case.id), case.id in without)
        for case in told
        if ways.get(case.id, set()) != ({case.expected} if case.expected else set())
        or (case.id in without) != (case.expected is None)
    ]


def test_planner_chooses_as_the_rule_does(database: Database) -> None:
    told = cases()
    with database.begin() as session:
        arrange(session, told, is_untold=True)
        plan(session)
        assert differing(told, chosen(session), untold(session))[:3] == []


def test_fallback_chooses_as_the_rule_does_and_the_planner_changes_nothing_of_it(
    database: Database,
) -> None:
    told = [case for case in cases() if case.tried]
    with database.begin() as session:
        failed = arrange(session, told, is_untold=False)
        fallback.move_on(session, failed, now=NOW)
        assert differing(told, chosen(session), untold(session))[:3] == []
        plan(session)
        assert differing(told, chosen(session), untold(session))[:3] == []


def test_what_a_holder_declined_is_used_by_nobody_except_for_the_last_call(database: Database) -> None:
    told = declining_cases()
    with database.begin() as session:
        arrange(session, told, is_untold=True)
        plan(session)
        assert differing(told, chosen(session), untold(session))[:3] == []


def test_fallback_passes_over_what_was_declined(database: Database) -> None:
    told = [case for case in declining_cases() if case.tried]
    with database.begin() as session:
        fallback.move_on(session, arrange(session, told, is_untold=False), now=NOW)
        assert differing(told, chosen(session), untold(session))[:3] == []
