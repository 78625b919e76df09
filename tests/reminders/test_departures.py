"""Whoever left by themselves comes back for a week, and nobody else does, whatever happened in between."""

import shutil
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import select, update

from reminders import answers, binding, claiming, consents, departures, passes, planning
from reminders.crypto import Vault
from reminders.db import Database, open_database
from reminders.errors import Conflict, Forbidden
from reminders.rules.lifecycle import AnswerKind, BindHow, Channel, DeliveryState, LicenseState
from reminders.tables.audit import AuditEntry
from reminders.tables.bindings import Binding
from reminders.tables.deliveries import Delivery
from reminders.tables.holders import Contact
from reminders.tables.ledger import License
from tests import builders, builders_binding
from tests.builders import CLOCK, NOW
from tests.builders_binding import Firm, bound, person
from tests.builders_queue import DAYTIME

DAY = timedelta(days=1)
SHORT = NOW.date() + timedelta(days=60)


@pytest.fixture
def firm(database: Database) -> Firm:
    with database.begin() as session:
        return builders_binding.firm(session)


def bind(database: Database, follower_id: int, license_ids: tuple[int, ...], now: datetime = NOW) -> None:
    with database.begin() as session:
        paper = BindHow.PAPER_CODE
        code = passes.issue_code(session, paper, license_ids, DAY, actor=CLOCK, now=now)
        binding.bring(session, follower_id, code, now=now)


def unbind(database: Database, follower_id: int, license_ids: tuple[int, ...], now: datetime = NOW) -> int:
    with database.begin() as session:
        ids = session.execute(select(Binding.id).where(Binding.license_id.in_(license_ids))).scalars().all()
        return binding.unbind(session, follower_id, ids, now=now)


def come_back(database: Database, follower_id: int, now: datetime = NOW) -> int:
    with database.begin() as session:
        return binding.come_back(session, follower_id, None, now=now)


def test_unbound_is_had_back_as_it_was(database: Database, firm: Firm) -> None:
    me = person(database)
    bind(database, me, firm.license_ids)
    assert unbind(database, me, firm.license_ids[:3], NOW + DAY) == 3
    with database.read() as session:
        listed, unlisted = binding.left(session, me, now=NOW + 2 * DAY)
    assert ([one.license_no for one in listed], unlisted) == (list(builders_binding.NUMBERS[:3]), 0)
    assert listed[0].until_on == date.fromordinal(listed[0].left_on.toordinal() + 7)
    assert come_back(database, me, NOW + 7 * DAY) == 3
    assert bound(database) == {(me, one) for one in firm.license_ids}
    with database.read() as session:
        rows = session.execute(select(Binding)).scalars().all()
        assert {(row.bound_at, row.how, row.return_proof) for row in rows} == {
            (NOW, BindHow.PAPER_CODE, None)
        }
        told = session.execute(select(AuditEntry.action).order_by(AuditEntry.id.desc()).limit(1)).scalar_one()
    assert told == "binding.come_back"
    assert come_back(database, me, NOW + 7 * DAY) == 0


def test_after_a_week_nothing_is_had_back_and_nothing_is_kept_for_it(database: Database, firm: Firm) -> None:
    me = person(database)
    bind(database, me, firm.license_ids[:1])
    unbind(database, me, firm.license_ids[:1])
    assert come_back(database, me, NOW + 7 * DAY) == 0
    with database.begin() as session:
        departures.forget_old(session, now=NOW + 7 * DAY)
    with database.read() as session:
        assert session.execute(select(Binding.return_proof)).scalar_one() is None


def test_last_is_had_back_first(database: Database, firm: Firm) -> None:
    me = person(database)
    bind(database, me, firm.license_ids)
    unbind(database, me, firm.license_ids[:1])
    unbind(database, me, firm.license_ids[1:3], NOW + DAY)
    with database.begin() as session:
        assert binding.come_back_to_last(session, me, now=NOW + DAY) == (2, 1)
        assert binding.come_back_to_last(session, me, now=NOW + DAY) == (1, 0)
        assert binding.come_back_to_last(session, me, now=NOW + DAY) == (0, 0)


def test_waiting_reminder_comes_back_into_its_message(database: Database) -> None:
    me = person(database)
    with database.begin() as session:
        entry = builders.entry(session, earliest=None)
        found = builders.license(session, entry_id=entry.id, expires_on=SHORT).id
    bind(database, me, (found,))
    with database.begin() as session:
        planning.plan(session, NOW.date(), sending_hours=DAYTIME, actor=CLOCK, now=NOW)
    unbind(database, me, (found,))
    with database.read() as session:
        assert session.execute(select(Delivery.state)).scalar_one() is DeliveryState.CANCELLED
    assert come_back(database, me) == 1
    with database.begin() as session:
        claimed = claiming.claim(session, Channel.WECHAT, "s", 10, sending_hours=DAYTIME, now=NOW + DAY)
    assert len(claimed) == 1


def test_handover_is_not_taken_back_against_the_officer_or_without_consent(
    database: Database, firm: Firm
) -> None:
    me, now = person(database), NOW + DAY
    bind(database, me, firm.license_ids[:2])
    given = []
    with database.begin() as session:
        for license_id in firm.license_ids[:2]:
            given.append(answers.give(session, me, license_id, AnswerKind.HANDED_OVER, now=NOW))
        assert binding.left(session, me, now=now) == ([], 0)
        binding.leave(session, me, firm.license_ids[:1], now=now)
    with pytest.raises(Conflict, match="工作人员"), database.begin() as session:
        answers.withdraw(session, me, given[0], now=now)
    with database.begin() as session:
        consents.withdraw(session, me, now=now)
        consents.give(session, me, now=now)
    with pytest.raises(Conflict, match="重新绑定"), database.begin() as session:
        answers.withdraw(session, me, given[1], now=now)
    assert not bound(database)


class Leaving(RuleBasedStateMachine):
    """Two people come and go while the ledger, an officer and they themselves change what may be had back."""

    template: Path
    folder: Path
    vault: Vault

    def __init__(self) -> None:
        super().__init__()
        path = self.folder / "leaving.db"
        for leftover in self.folder.glob("leaving.db*"):
            leftover.unlink()
        shutil.copy(self.template, path)
        self.database = open_database(f"sqlite:///{path}", self.vault)
        with self.database.begin() as session:
            self.firm = builders_binding.firm(session)
        self.people = [person(self.database, f"oExample-{n}") for n in range(2)]
        self.now, self.phones = NOW, 0
        self.agreed = set(self.people)
        self.bound: set[tuple[int, int]] = set()
        self.left: dict[tuple[int, int], datetime] = {}

    @rule(who=st.integers(0, 1), place=st.integers(0, 3))
    def bind(self, who: int, place: int) -> None:
        me, one = self.people[who], self.firm.license_ids[place]
        if me not in self.agreed:
            return
        with self.database.begin() as session:
            code = passes.issue_code(session, BindHow.PAPER_CODE, [one], DAY, actor=CLOCK, now=self.now)
            result = binding.bring(session, me, code, now=self.now)
        if result.license_ids:
            self.bound.add((me, one))
            self.left.pop((me, one), None)

    @rule(who=st.integers(0, 1), place=st.integers(0, 3))
    def unbind(self, who: int, place: int) -> None:
        me, one = self.people[who], self.firm.license_ids[place]
        with self.database.begin() as session:
            ids = session.execute(
                select(Binding.id).where(Binding.follower_id == me, Binding.license_id == one)
            ).scalars()
            count = binding.unbind(session, me, list(ids), now=self.now)
        assert count == ((me, one) in self.bound)
        if count:
            self.bound.discard((me, one))
            self.left[me, one] = self.now

    @rule(who=st.integers(0, 1))
    def leave_the_holder(self, who: int) -> None:
        me = self.people[who]
        mine = {pair for pair in self.bound if pair[0] == me}
        if mine:
            with self.database.begin() as session:
                assert binding.leave_holder(session, me, self.firm.holder_id, now=self.now) == len(mine)
            self.bound -= mine
            self.left |= dict.fromkeys(mine, self.now)

    @rule(who=st.integers(0, 1), place=st.integers(0, 3))
    def officer_removes(self, who: int, place: int) -> None:
        me, one = self.people[who], self.firm.license_ids[place]
        with self.database.begin() as session:
            binding.leave(session, me, [one], now=self.now)
        self.bound.discard((me, one))
        self.left.pop((me, one), None)

    @rule(place=st.integers(0, 3))
    def ledger_names_another_phone(self, place: int) -> None:
        one = self.firm.license_ids[place]
        self.phones += 1
        with self.database.begin() as session:
            other = builders.contact(session, holder_id=self.firm.holder_id, phone=f"139{self.phones:08d}").id
            session.execute(update(License).where(License.id == one).values(contact_id=other))
        self._gone(one)

    @rule(place=st.integers(0, 3))
    def phone_is_found_wrong(self, place: int) -> None:
        one = self.firm.license_ids[place]
        with self.database.begin() as session:
            contact_id = session.get_one(License, one).contact_id
            if contact_id is None or session.get_one(Contact, contact_id).wrong_at:
                return
            session.execute(update(Contact).where(Contact.id == contact_id).values(wrong_at=self.now))
            under = select(License.id).where(License.contact_id == contact_id)
            for license_id in session.execute(under).scalars():
                self._gone(license_id)

    @rule(place=st.integers(0, 3), state=st.sampled_from([LicenseState.CANCELLED, LicenseState.ACTIVE]))
    def license_ends(self, place: int, state: LicenseState) -> None:
        with self.database.begin() as session:
            chosen = update(License).where(License.id == self.firm.license_ids[place])
            session.execute(chosen.values(state=state))

    @rule(who=st.integers(0, 1))
    def withdraw_consent(self, who: int) -> None:
        me = self.people[who]
        with self.database.begin() as session:
            consents.withdraw(session, me, now=self.now)
        self.agreed.discard(me)
        self.bound = {pair for pair in self.bound if pair[0] != me}
        self.left = {pair: at for pair, at in self.left.items() if pair[0] != me}

    @rule(who=st.integers(0, 1))
    def agree(self, who: int) -> None:
        with self.database.begin() as session:
            consents.give(session, self.people[who], now=self.now)
        self.agreed.add(self.people[who])

    @rule(hours=st.integers(1, 100))
    def time_passes(self, hours: int) -> None:
        self.now += timedelta(hours=hours)
        with self.database.begin() as session:
            departures.forget_old(session, now=self.now)

    @precondition(lambda self: self.left)
    @rule(who=st.integers(0, 1))
    def come_back(self, who: int) -> None:
        me = self.people[who]
        if me not in self.agreed:
            with pytest.raises(Forbidden), self.database.begin() as session:
                binding.come_back(session, me, None, now=self.now)
            return
        with self.database.begin() as session:
            dead = set(
                session.execute(select(License.id).where(License.state == LicenseState.CANCELLED)).scalars()
            )
            count = binding.come_back(session, me, None, now=self.now)
        may = {
            pair
            for pair, at in self.left.items()
            if pair[0] == me and pair[1] not in dead and self.now - at < departures.COME_BACK_WITHIN
        }
        assert count == len(may)
        self.bound |= may
        for pair in may:
            del self.left[pair]

    @invariant()
    def bound_as_the_model_says(self) -> None:
        assert {pair for pair in bound(self.database) if pair[0] in self.people} == self.bound

    def _gone(self, license_id: int) -> None:
        self.left = {pair: at for pair, at in self.left.items() if pair[1] != license_id}

    def teardown(self) -> None:
        self.database.close()


@pytest.mark.slow
def test_nobody_comes_back_without_having_left_by_themselves(
    tmp_path: Path, sqlite_template: Path, vault: Vault
) -> None:
    run: Any = run_state_machine_as_test
    machine = type("Here", (Leaving,), {"template": sqlite_template, "folder": tmp_path, "vault": vault})
    run(
        lambda: machine(),
        settings=settings(
            max_examples=8,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
