"""Binding needs the code from the phone in the ledger, and tells nothing to anybody without it."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select, update

from reminders import binding, consents, holders, kept_replies
from reminders.binding import Outcome
from reminders.db import Database
from reminders.rules.lifecycle import HolderKind, LicenseState, Purpose
from reminders.tables.audit import AuditEntry
from reminders.tables.bindings import Binding, BindRequest
from reminders.tables.deliveries import Delivery
from reminders.tables.holders import Contact
from reminders.tables.ledger import License
from tests import builders
from tests.builders import NOW

NUMBER = "鲁DA631000001"
UNKNOWN = "鲁DA631999999"
CREDIT_CODE = "91371000MA3C00001Q"
MINUTE = timedelta(minutes=1)


def codes(database: Database) -> list[str]:
    queued = select(Delivery.payload_cipher).where(Delivery.purpose == Purpose.CODE).order_by(Delivery.id)
    with database.read() as session:
        return [database.vault.open(sealed) for sealed in session.execute(queued).scalars() if sealed]


def bound(database: Database) -> set[tuple[int, int]]:
    with database.read() as session:
        active = select(Binding.follower_id, Binding.license_id).where(Binding.unbound_at.is_(None))
        return {(row.follower_id, row.license_id) for row in session.execute(active)}


def follower(database: Database, openid: str = "oExample-one") -> int:
    with database.begin() as session:
        me = holders.heard_from(session, openid, now=NOW)
        consents.give(session, me, now=NOW)
        return me


def start(database: Database, follower_id: int, identifier: str, now: datetime = NOW) -> datetime | None:
    with database.begin() as session:
        return binding.start(session, follower_id, identifier, now=now)


def confirm(database: Database, follower_id: int, code: str, now: datetime = NOW) -> binding.CodeResult:
    with database.begin() as session:
        return binding.confirm(session, follower_id, code, now=now)


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06d}"


@pytest.fixture
def license_ids(database: Database) -> list[int]:
    """Two licenses under one phone, then one of the same holder under another phone, one without."""
    with database.begin() as session:
        entry = builders.entry(session)
        holder = builders.holder(session, credit_code=CREDIT_CODE)
        mine = builders.contact(session, holder_id=holder.id, phone="13800000001").id
        other = builders.contact(session, holder_id=holder.id, phone="13800000002").id
        numbers = {NUMBER: mine, "鲁示例0002": mine, "鲁示例0003": other, "鲁示例0004": None}
        return [
            builders.license(
                session,
                entry_id=entry.id,
                expires_on=NOW.date() + timedelta(days=300),
                holder_id=holder.id,
                contact_id=contact_id,
                license_no=number,
            ).id
            for number, contact_id in numbers.items()
        ]


def test_right_code_binds_what_that_phone_proves_and_is_recorded(
    database: Database, license_ids: list[int]
) -> None:
    me = follower(database)
    start(database, me, NUMBER)
    result = confirm(database, me, codes(database)[0])
    assert (result.outcome, set(result.license_ids)) == (Outcome.BOUND, set(license_ids[:2]))
    assert bound(database) == {(me, license_ids[0]), (me, license_ids[1])}
    with database.read() as session:
        entry = session.execute(select(AuditEntry).where(AuditEntry.action == "binding.bind")).scalar_one()
        assert json.loads(entry.detail)["license_ids"] == license_ids[:2]
        assert result.next_due_on == session.execute(select(func.min(License.next_due_on))).scalar_one()


def test_code_works_once_for_its_follower_and_ten_minutes(database: Database, license_ids: list[int]) -> None:
    me, somebody = follower(database), follower(database, "oExample-two")
    start(database, me, NUMBER)
    code = codes(database)[0]
    assert confirm(database, somebody, code).outcome is Outcome.NOTHING_OPEN
    assert confirm(database, me, code, NOW + 10 * MINUTE).outcome is Outcome.NOTHING_OPEN
    assert confirm(database, me, code, NOW + 9 * MINUTE).outcome is Outcome.BOUND
    assert confirm(database, me, code, NOW + 9 * MINUTE).outcome is Outcome.NOTHING_OPEN


def test_newer_request_makes_the_older_code_worthless(database: Database, license_ids: list[int]) -> None:
    me = follower(database)
    start(database, me, NUMBER)
    start(database, me, NUMBER, NOW + MINUTE)
    old, new = codes(database)
    if old != new:
        assert confirm(database, me, old, NOW + MINUTE).outcome is Outcome.WRONG
    assert confirm(database, me, new, NOW + MINUTE).outcome is Outcome.BOUND


def test_credit_code_finds_the_phone_of_most_licenses(database: Database, license_ids: list[int]) -> None:
    me = follower(database)
    start(database, me, CREDIT_CODE.lower())
    assert set(confirm(database, me, codes(database)[0]).license_ids) == set(license_ids[:2])


def test_name_binds_only_rows_without_a_number_and_only_when_it_is_clear_whose(database: Database) -> None:
    me = follower(database)
    with database.begin() as session:
        entry = builders.entry(session)
        for name, number in (("示例甲", None), ("示例乙", "鲁示例0009"), ("示例丙", None), ("示例丙", None)):
            holder = builders.holder(session, name=name, kind=HolderKind.PERSON)
            contact = builders.contact(session, holder_id=holder.id)
            builders.license(
                session,
                entry_id=entry.id,
                expires_on=NOW.date(),
                holder_id=holder.id,
                contact_id=contact.id,
                license_no=number,
            )
    for place, (name, sent) in enumerate((("示例甲", 1), ("示例乙", 1), ("示例丙", 1))):
        start(database, me, name, NOW + place * MINUTE)
        assert len(codes(database)) == sent


def test_license_without_phone_or_cancelled_gets_no_code(database: Database, license_ids: list[int]) -> None:
    me = follower(database)
    start(database, me, "鲁示例0004")
    with database.begin() as session:
        session.execute(update(License).values(state=LicenseState.CANCELLED))
    start(database, me, NUMBER)
    assert codes(database) == []


def test_phone_changed_in_the_ledger_meanwhile_voids_the_code(
    database: Database, license_ids: list[int]
) -> None:
    me = follower(database)
    start(database, me, NUMBER)
    with database.begin() as session:
        session.execute(
            update(Contact)
            .where(Contact.phone_hash == database.vault.blind("13800000001"))
            .values(phone_hash=database.vault.blind("13800000003"))
        )
    assert confirm(database, me, codes(database)[0]).outcome is Outcome.WRONG


@pytest.mark.parametrize("identifier", [NUMBER, UNKNOWN, "鲁示例0004"])
def test_found_and_not_found_leave_the_same_trace_for_the_asker(
    database: Database, license_ids: list[int], identifier: str
) -> None:
    """Same answers, same tries left, same lock, whatever the ledger holds."""
    me = follower(database)
    seen: list[object] = [start(database, me, identifier), start(database, me, identifier)]
    bad = wrong((codes(database) or ["000000"])[0])
    for _ in range(5):
        result = confirm(database, me, bad)
        seen.append((result.outcome, result.tries_left, result.locked_until))
    until = NOW + timedelta(minutes=30)
    seen.append(start(database, me, identifier, NOW + MINUTE))
    assert seen == [
        None,
        None,
        *((Outcome.WRONG, left, None) for left in (4, 3, 2, 1)),
        (Outcome.LOCKED, 0, until),
        until,
    ]


def test_lock_ends_after_thirty_minutes(database: Database, license_ids: list[int]) -> None:
    me = follower(database)
    start(database, me, NUMBER)
    for _ in range(5):
        confirm(database, me, wrong(codes(database)[0]))
    assert confirm(database, me, codes(database)[0]).outcome is Outcome.LOCKED
    later = NOW + timedelta(minutes=31)
    assert start(database, me, NUMBER, later) is None
    assert confirm(database, me, codes(database)[-1], later).outcome is Outcome.BOUND


def test_one_phone_gets_one_code_a_minute_five_an_hour_ten_a_day(
    database: Database, license_ids: list[int]
) -> None:
    people = [follower(database, f"oExample-{place}") for place in range(30)]
    for me in people[:3]:
        start(database, me, NUMBER)
    assert len(codes(database)) == 1
    for place, me in enumerate(people[3:10]):
        start(database, me, NUMBER, NOW + (place + 1) * MINUTE)
    assert len(codes(database)) == 5
    for place, me in enumerate(people[10:30]):
        start(database, me, NUMBER, NOW + timedelta(hours=1 + place // 5, minutes=place))
    assert len(codes(database)) == 10


def test_one_follower_cannot_ask_without_end(database: Database, license_ids: list[int]) -> None:
    me = follower(database)
    for place in range(40):
        start(database, me, f"鲁示例{place:08d}", NOW + place * timedelta(seconds=30))
    with database.read() as session:
        assert session.execute(select(func.count(BindRequest.id))).scalar_one() == 10


def test_fifty_redeems_at_once_bind_once(database: Database, license_ids: list[int]) -> None:
    me = follower(database)
    start(database, me, NUMBER)
    code = codes(database)[0]
    with ThreadPoolExecutor(16) as pool:
        outcomes = list(pool.map(lambda _: confirm(database, me, code).outcome, range(50)))
    assert outcomes.count(Outcome.BOUND) == 1
    assert len(bound(database)) == 2


def test_wrong_codes_at_once_are_all_counted(database: Database, license_ids: list[int]) -> None:
    me = follower(database)
    start(database, me, NUMBER)
    bad = wrong(codes(database)[0])
    with ThreadPoolExecutor(16) as pool:
        outcomes = list(pool.map(lambda _: confirm(database, me, bad).outcome, range(20)))
    assert (outcomes.count(Outcome.WRONG), outcomes.count(Outcome.LOCKED)) == (4, 16)


def test_copies_of_one_message_at_once_have_one_effect(database: Database, license_ids: list[int]) -> None:
    me = follower(database)

    def copy(_: int) -> str:
        with database.begin() as session:
            earlier = kept_replies.claim(session, "d" * 64, now=NOW)
            if earlier is not None:
                return earlier
            binding.start(session, me, NUMBER, now=NOW)
            kept_replies.keep(session, "d" * 64, "好")
            return "好"

    with ThreadPoolExecutor(16) as pool:
        assert set(pool.map(copy, range(40))) == {"好"}
    with database.read() as session:
        assert session.execute(select(func.count(BindRequest.id))).scalar_one() == 1


def test_binding_again_after_unbinding(database: Database, license_ids: list[int]) -> None:
    me = follower(database)
    start(database, me, NUMBER)
    confirm(database, me, codes(database)[0])
    with database.begin() as session:
        ids = holders.active_bindings(session, "oExample-one")
        assert binding.unbind(session, me, ids, now=NOW) == 2
        assert binding.unbind(session, me, ids, now=NOW) == 0
    start(database, me, NUMBER, NOW + MINUTE)
    confirm(database, me, codes(database)[-1], NOW + MINUTE)
    assert len(bound(database)) == 2
