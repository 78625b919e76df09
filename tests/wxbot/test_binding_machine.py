"""No path leads to a bound license without a proof for it, whatever people say in whatever order."""

import shutil
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from sqlalchemy import select

from reminders import clock, db, passes
from reminders.crypto import Vault
from reminders.rules import pass_code
from reminders.rules.lifecycle import BindHow
from reminders.tables.bindings import Binding, Consent, Follower
from tests.builders import CLOCK
from tests.wxbot.conftest import Pharmacy, settings_for
from tests.wxbot.platform import Holder
from tests.wxbot.test_bind_pages import PRINTED, clients
from wxbot.app import create_app

PEOPLE = ("oExample-one", "oExample-two")


def without_consent(database: db.Database) -> list[int]:
    """Followers who are bound though their consent ended or was never given."""
    given = select(Consent.follower_id).where(Consent.withdrawn_at.is_(None))
    bound = select(Binding.follower_id).where(Binding.unbound_at.is_(None))
    with database.read() as session:
        return list(session.execute(bound.where(Binding.follower_id.not_in(given))).scalars())


class Talking(RuleBasedStateMachine):
    """People talk; a model notes for which licenses each of them ever showed a proof.

    Proofs: the newest code sent for their own newest request, a code from paper, somebody's invitation.
    """

    template: Path
    folder: Path
    vault: Vault

    def __init__(self) -> None:
        super().__init__()
        path = self.folder / "machine.db"
        for leftover in self.folder.glob("machine.db*"):
            leftover.unlink()
        shutil.copy(self.template, path)
        self.database = db.open_database(f"sqlite:///{path}", self.vault)
        self.app = create_app(settings_for(self.database))
        self.pharmacy = Pharmacy(self.database)
        self.people = {openid: Holder(self.app, openid) for openid in PEOPLE}
        self.client = clients(self.database, self.pharmacy, 1)[0]
        self.waiting: dict[str, tuple[str, set[int]]] = {}
        self.proved: dict[str, set[int]] = {openid: set() for openid in PEOPLE}
        self.passes: dict[str, set[int]] = {}
        self.invitations: dict[str, str] = {}

    @rule(openid=st.sampled_from(PEOPLE), place=st.integers(0, 4))
    def ask(self, openid: str, place: int) -> None:
        before = self.pharmacy.codes()
        numbers = (*self.pharmacy.numbers, "鲁示例不存在00001")
        self.people[openid].say(f"绑定 {numbers[place]}")
        sent = self.pharmacy.codes()[len(before) :]
        assert len(sent) <= 1
        if sent:
            # Of the phone of the first two the ledger has another holder's license too.
            under = {*self.pharmacy.ids[:2], self.client} if place < 2 else {self.pharmacy.ids[2]}
            self.waiting[openid] = (sent[0], under)

    @rule(place=st.integers(0, 3))
    def officer_gives_a_code(self, place: int) -> None:
        with self.database.begin() as session:
            code = passes.issue_code(
                session,
                BindHow.PAPER_CODE,
                [self.pharmacy.ids[place]],
                timedelta(days=3),
                actor=CLOCK,
                now=clock.now(),
            )
        self.passes[code] = {self.pharmacy.ids[place]}

    @rule(openid=st.sampled_from(PEOPLE), place=st.integers(0, 5), is_real=st.booleans())
    def type_a_pass(self, openid: str, place: int, is_real: bool) -> None:
        codes = [*self.passes, *self.invitations]
        if not is_real or not codes:
            self.people[openid].say(f"绑定码 {pass_code.new_code()}")
            return
        code = codes[place % len(codes)]
        self.proved[openid] |= self.passes.get(code, set())
        if code in self.invitations:
            self.proved[openid] |= self.proved[self.invitations[code]]
        self.people[openid].say(f"绑定码 {code}")

    @rule(openid=st.sampled_from(PEOPLE), word=st.sampled_from(["邀请同事", "交接"]))
    def invite(self, openid: str, word: str) -> None:
        found = PRINTED.search(self.people[openid].say(word))
        code = pass_code.tidy(found[0]) if found else None
        if code:
            self.invitations[code] = openid

    @rule(openid=st.sampled_from(PEOPLE), code=st.integers(0, 999_999))
    def guess(self, openid: str, code: int) -> None:
        self._type(openid, f"{code:06d}")

    @rule(openid=st.sampled_from(PEOPLE), place=st.integers(0, 5))
    def type_a_code_that_was_sent(self, openid: str, place: int) -> None:
        codes = self.pharmacy.codes()
        if codes:
            self._type(openid, codes[place % len(codes)])

    @rule(
        openid=st.sampled_from(PEOPLE),
        text=st.sampled_from(
            [
                "取消",
                "我的证照",
                "解绑全部",
                "1",
                "绑定",
                "同意",
                "同意",
                "退订",
                "全部绑定",
                "我是会计",
                "申诉",
                "恢复绑定",
                "换人负责 1",
                "撤回",
            ]
        ),
    )
    def say(self, openid: str, text: str) -> None:
        self.people[openid].say(text)

    @rule(openid=st.sampled_from(PEOPLE), name=st.sampled_from(["subscribe", "unsubscribe", "SCAN"]))
    def come_and_go(self, openid: str, name: str) -> None:
        self.people[openid].event(name, EventKey="qrscene_x")

    @rule(openid=st.sampled_from(PEOPLE))
    def retry(self, openid: str) -> None:
        if self.people[openid].sent:
            self.people[openid].again()

    @invariant()
    def bound_only_with_the_code(self) -> None:
        with self.database.read() as session:
            rows = session.execute(
                select(Follower.openid, Binding.license_id).join(Binding, Binding.follower_id == Follower.id)
            ).all()
        for row in rows:
            assert row.license_id in self.proved[row.openid]

    @invariant()
    def bound_only_with_consent(self) -> None:
        assert not without_consent(self.database)

    def _type(self, openid: str, code: str) -> None:
        newest, under = self.waiting.get(openid, ("", set()))
        if newest == code:
            self.proved[openid] |= under
        self.people[openid].say(code)

    def teardown(self) -> None:
        self.app.extensions["wxbot"].database.close()
        self.database.close()


def machine(template: Path, folder: Path, vault: Vault) -> type[Talking]:
    return type("Here", (Talking,), {"template": template, "folder": folder, "vault": vault})


@pytest.mark.slow
def test_nobody_is_bound_without_proof(tmp_path: Path, sqlite_template: Path, vault: Vault) -> None:
    run: Any = run_state_machine_as_test
    run(
        lambda: machine(sqlite_template, tmp_path, vault)(),
        settings=settings(
            max_examples=20,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
