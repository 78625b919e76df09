"""No path leads to a bound license without the right code, whatever people say in whatever order."""

import shutil
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from sqlalchemy import select

from reminders import db
from reminders.crypto import Vault
from reminders.tables.bindings import Binding, Consent, Follower
from tests.wxbot.conftest import Pharmacy, settings_for
from tests.wxbot.platform import Holder
from wxbot.app import create_app

PEOPLE = ("oExample-one", "oExample-two")


def without_consent(database: db.Database) -> list[int]:
    """Followers who are bound though their consent ended or was never given."""
    given = select(Consent.follower_id).where(Consent.withdrawn_at.is_(None))
    bound = select(Binding.follower_id).where(Binding.unbound_at.is_(None))
    with database.read() as session:
        return list(session.execute(bound.where(Binding.follower_id.not_in(given))).scalars())


def machine(template: Path, folder: Path, vault: Vault) -> type[RuleBasedStateMachine]:
    class Talking(RuleBasedStateMachine):
        """People talk; a model notes who typed the newest code sent for their own newest request."""

        def __init__(self) -> None:
            super().__init__()
            path = folder / "machine.db"
            for leftover in folder.glob("machine.db*"):
                leftover.unlink()
            shutil.copy(template, path)
            self.database = db.open_database(f"sqlite:///{path}", vault)
            self.app = create_app(settings_for(self.database))
            self.pharmacy = Pharmacy(self.database)
            self.people = {openid: Holder(self.app, openid) for openid in PEOPLE}
            self.waiting: dict[str, str | None] = dict.fromkeys(PEOPLE)
            self.may_be_bound: set[str] = set()

        @rule(openid=st.sampled_from(PEOPLE), place=st.integers(0, 4))
        def ask(self, openid: str, place: int) -> None:
            before = self.pharmacy.codes()
            numbers = (*self.pharmacy.numbers, "鲁示例不存在00001")
            self.people[openid].say(f"绑定 {numbers[place]}")
            sent = self.pharmacy.codes()[len(before) :]
            assert len(sent) <= 1
            if sent:
                self.waiting[openid] = sent[0]

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
            text=st.sampled_from(["取消", "我的证照", "解绑全部", "1", "绑定", "同意", "同意", "退订"]),
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
                    select(Follower.openid, Binding.license_id).join(
                        Binding, Binding.follower_id == Follower.id
                    )
                ).all()
            assert {row.openid for row in rows} <= self.may_be_bound
            assert {row.license_id for row in rows} <= set(self.pharmacy.ids[:3])

        @invariant()
        def bound_only_with_consent(self) -> None:
            assert not without_consent(self.database)

        def _type(self, openid: str, code: str) -> None:
            if self.waiting[openid] == code:
                self.may_be_bound.add(openid)
            self.people[openid].say(code)

        def teardown(self) -> None:
            self.app.extensions["wxbot"].database.close()
            self.database.close()

    return Talking


@pytest.mark.slow
def test_nobody_is_bound_without_proof(tmp_path: Path, sqlite_template: Path, vault: Vault) -> None:
    run: Any = run_state_machine_as_test
    run(
        lambda: machine(sqlite_template, tmp_path, vault)(),
        settings=settings(
            max_examples=15,
            stateful_step_count=20,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
