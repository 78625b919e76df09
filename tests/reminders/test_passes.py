"""A pass binds its licenses once, in time, to somebody who agreed; of its secret nothing readable is kept."""

from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select, update

from reminders import binding, consents, passes
from reminders.binding import PassOutcome, PassResult
from reminders.db import Database
from reminders.errors import Conflict, Invalid, NotFound
from reminders.rules import pass_code
from reminders.rules.lifecycle import BindHow, LicenseState
from reminders.tables.audit import AuditEntry
from reminders.tables.bindings import Binding
from reminders.tables.ledger import License
from reminders.tables.passes import BindPass
from tests import builders, builders_binding
from tests.builders import CLOCK, NOW
from tests.builders_binding import Firm, bound, person

DAY = timedelta(days=1)


@pytest.fixture
def firm(database: Database) -> Firm:
    with database.begin() as session:
        return builders_binding.firm(session)


def code(database: Database, license_ids: Collection[int], days: int = 3) -> str:
    with database.begin() as session:
        lifetime = timedelta(days=days)
        return passes.issue_code(session, BindHow.PAPER_CODE, license_ids, lifetime, actor=CLOCK, now=NOW)


def bring(database: Database, follower_id: int, secret: str, now: datetime = NOW) -> PassResult:
    with database.begin() as session:
        return binding.bring(session, follower_id, secret, now=now)


def scene(database: Database, license_ids: Collection[int]) -> tuple[int, str]:
    with database.begin() as session:
        pass_id = passes.issue_qr(session, BindHow.RECEIPT, license_ids, actor=CLOCK, now=NOW)
        (wanted,) = passes.claim_qrs(session, now=NOW)
    assert wanted.pass_id == pass_id
    return pass_id, wanted.scene


def test_pass_binds_exactly_its_licenses_once(database: Database, firm: Firm) -> None:
    me, later = person(database), person(database, "oExample-two")
    secret = code(database, firm.license_ids[:2])
    result = bring(database, me, secret)
    assert (result.outcome, result.license_ids) == (PassOutcome.BOUND, firm.license_ids[:2])
    assert bound(database) == {(me, firm.license_ids[0]), (me, firm.license_ids[1])}
    assert bring(database, later, secret).outcome is PassOutcome.GONE
    with database.read() as session:
        assert {row.how for row in session.execute(select(Binding)).scalars()} == {BindHow.PAPER_CODE}
        kept = session.execute(select(BindPass)).scalar_one()
        assert (kept.used_by, kept.ended_at, kept.scene_cipher, kept.qr_cipher) == (me, NOW, None, None)
        actions = session.execute(select(AuditEntry.action).order_by(AuditEntry.id)).scalars().all()
    assert actions[-2:] == ["pass.issue", "binding.bind"]


def test_secret_is_nowhere_in_the_database(database: Database, firm: Firm) -> None:
    secret = code(database, firm.license_ids)
    _, by_qr = scene(database, firm.license_ids)
    with database.read() as session:
        for row in session.execute(select(BindPass.__table__)).mappings():
            text = " ".join(map(str, row.values()))
            assert secret not in text
            assert by_qr not in text
        said = " ".join(session.execute(select(AuditEntry.detail)).scalars())
    assert secret not in said
    assert by_qr not in said


def test_pass_ends_at_its_moment(database: Database, firm: Firm) -> None:
    me = person(database)
    early, late = code(database, firm.license_ids[:1]), code(database, firm.license_ids[1:2])
    assert bring(database, me, early, NOW + 3 * DAY - timedelta(seconds=1)).outcome is PassOutcome.BOUND
    assert bring(database, me, late, NOW + 3 * DAY).outcome is PassOutcome.GONE


def test_whoever_did_not_agree_keeps_the_pass_in_hand(database: Database, firm: Firm) -> None:
    me = person(database, has_agreed=False)
    secret = code(database, firm.license_ids[:1])
    assert bring(database, me, secret).outcome is PassOutcome.AGREE_FIRST
    assert bound(database) == set()
    with database.begin() as session:
        consents.give(session, me, now=NOW)
        result = binding.bring_held(session, me, now=NOW)
        assert result is not None
        assert result.outcome is PassOutcome.BOUND
        assert binding.bring_held(session, me, now=NOW) is None
    assert bound(database) == {(me, firm.license_ids[0])}


def test_pass_in_hand_is_good_for_half_an_hour_and_for_the_first_who_agrees(
    database: Database, firm: Firm
) -> None:
    one, two = person(database, has_agreed=False), person(database, "oExample-two", has_agreed=False)
    secret = code(database, firm.license_ids[:1])
    for me in (one, two):
        bring(database, me, secret)
        with database.begin() as session:
            consents.give(session, me, now=NOW)
    with database.begin() as session:
        assert binding.bring_held(session, one, now=NOW + timedelta(minutes=30)) is None
        result = binding.bring_held(session, two, now=NOW)
        assert result is not None
        assert result.outcome is PassOutcome.BOUND
        late = binding.bring_held(session, one, now=NOW)
        assert late is not None
        assert late.outcome is PassOutcome.GONE
    assert bound(database) == {(two, firm.license_ids[0])}


def test_withdrawing_consent_drops_the_pass_in_hand(database: Database, firm: Firm) -> None:
    me = person(database, has_agreed=False)
    bring(database, me, code(database, firm.license_ids[:1]))
    with database.begin() as session:
        consents.withdraw(session, me, now=NOW)
        consents.give(session, me, now=NOW)
        assert binding.bring_held(session, me, now=NOW) is None


def test_somebody_who_has_everything_leaves_the_pass_for_another(database: Database, firm: Firm) -> None:
    me, other = person(database), person(database, "oExample-two")
    bring(database, me, code(database, firm.license_ids[:1]))
    second = code(database, firm.license_ids[:1])
    assert bring(database, me, second).outcome is PassOutcome.BOUND
    assert bring(database, other, second).outcome is PassOutcome.BOUND
    assert bound(database) == {(me, firm.license_ids[0]), (other, firm.license_ids[0])}


def test_cancelled_license_is_not_bound(database: Database, firm: Firm) -> None:
    me = person(database)
    secret = code(database, firm.license_ids[:1])
    with database.begin() as session:
        gone = update(License).where(License.id == firm.license_ids[0])
        session.execute(gone.values(state=LicenseState.CANCELLED))
    assert bring(database, me, secret).outcome is PassOutcome.GONE
    assert bound(database) == set()


def test_tries_run_out(database: Database, firm: Firm) -> None:
    me = person(database)
    secret = code(database, firm.license_ids[:1])
    for _ in range(10):
        assert bring(database, me, pass_code.new_code()).outcome is PassOutcome.GONE
    assert bring(database, me, secret).outcome is PassOutcome.TOO_OFTEN
    assert bring(database, me, secret, NOW + timedelta(hours=1)).outcome is PassOutcome.BOUND


def test_fifty_at_once_bind_one_person(database: Database, firm: Firm) -> None:
    people = [person(database, f"oExample-{place}") for place in range(50)]
    secret = code(database, firm.license_ids[:1])
    with ThreadPoolExecutor(10) as threads:
        results = list(threads.map(lambda me: bring(database, me, secret).outcome, people))
    assert results.count(PassOutcome.BOUND) == 1
    assert results.count(PassOutcome.GONE) == 49
    assert len(bound(database)) == 1


def test_qr_is_asked_for_until_it_is_there(database: Database, firm: Firm) -> None:
    pass_id, _ = scene(database, firm.license_ids[:1])
    with database.begin() as session:
        assert passes.claim_qrs(session, now=NOW) == []  # somebody is at it
        waiting = passes.qr_of(session, pass_id, now=NOW)
        assert waiting is not None
        assert waiting.says is None
        passes.qr_failed(session, pass_id, "45009", now=NOW)
        assert not passes.qr_is_wanted(session, now=NOW)
        assert passes.qr_is_wanted(session, now=NOW + timedelta(seconds=2))
        (again,) = passes.claim_qrs(session, now=NOW + timedelta(seconds=2))
        assert again.seconds == 30 * 24 * 3600 - 2
        passes.qr_made(session, pass_id, "http://weixin.qq.com/q/example")
        assert not passes.qr_is_wanted(session, now=NOW + DAY)
        made = passes.qr_of(session, pass_id, now=NOW)
        assert made is not None
        assert (made.says, made.fault) == ("http://weixin.qq.com/q/example", "")
        assert passes.qr_of(session, pass_id, now=NOW + 30 * DAY) is None
        passes.forget_expired(session, now=NOW + 30 * DAY)
    with database.read() as session:
        assert session.get_one(BindPass, pass_id).qr_cipher is None


def test_scan_binds_by_receipt_and_forgets_the_secret(database: Database, firm: Firm) -> None:
    me = person(database)
    pass_id, secret = scene(database, firm.license_ids[:1])
    assert pass_code.is_scene(secret)
    with database.begin() as session:
        passes.qr_made(session, pass_id, "http://weixin.qq.com/q/example")
    assert bring(database, me, secret).outcome is PassOutcome.BOUND
    with database.read() as session:
        assert passes.qr_of(session, pass_id, now=NOW) is None
        assert session.get_one(BindPass, pass_id).qr_cipher is None
        assert {row.how for row in session.execute(select(Binding)).scalars()} == {BindHow.RECEIPT}


def test_officer_lets_bind_the_licenses_of_one_holder_of_the_department(
    database: Database, firm: Firm
) -> None:
    with database.begin() as session:
        mine = builders_binding.officer(session, firm.department_id)
        stranger = builders_binding.officer(session, builders.department(session).id)
        foreign = builders.license(session, entry_id=builders.entry(session).id, expires_on=NOW.date()).id
        counter = binding.counter(session, firm.license_ids[1], actor=mine, now=NOW)
        assert next(one.license_id for one in counter.licenses) == firm.license_ids[1]
        assert {one.license_id for one in counter.licenses} == set(firm.license_ids)
        for actor, license_ids in ((stranger, firm.license_ids[:1]), (mine, (firm.license_ids[0], foreign))):
            with pytest.raises(NotFound):
                binding.issue_receipt(session, license_ids, actor=actor, now=NOW)
        with pytest.raises(NotFound):
            binding.counter(session, firm.license_ids[0], actor=stranger, now=NOW)
        with pytest.raises(Conflict):
            binding.issue_receipt(session, (), actor=mine, now=NOW)
        with pytest.raises(Invalid):
            binding.issue_paper_code(session, firm.license_ids, 400, actor=mine, now=NOW)


def test_officer_takes_a_pass_back(database: Database, firm: Firm) -> None:
    me = person(database)
    with database.begin() as session:
        mine = builders_binding.officer(session, firm.department_id)
        stranger = builders_binding.officer(session, builders.department(session).id)
        secret = binding.issue_paper_code(session, firm.license_ids[:1], 3, actor=mine, now=NOW)
        (standing,) = binding.counter(session, firm.license_ids[0], actor=mine, now=NOW).passes
        with pytest.raises(NotFound):
            binding.withdraw(session, standing.pass_id, actor=stranger, now=NOW)
        assert binding.withdraw(session, standing.pass_id, actor=mine, now=NOW) == firm.license_ids[0]
        with pytest.raises(Conflict):
            binding.withdraw(session, standing.pass_id, actor=mine, now=NOW)
    assert bring(database, me, secret).outcome is PassOutcome.GONE


def test_code_is_read_however_it_is_typed() -> None:
    made = pass_code.new_code()
    assert pass_code.tidy(pass_code.printed(made).lower()) == made
    assert pass_code.tidy(made.replace("0", "o").replace("1", "l")) == made
    assert pass_code.tidy(made[:-1]) is None
    assert not pass_code.is_scene(made)
