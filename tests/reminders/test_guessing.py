"""Guesses learn nothing: every answer is the same, and few messages ever leave; 100,000 with `-m drill`."""

from collections import Counter
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from reminders import binding, consents, holders, passes
from reminders.binding import Outcome, PassOutcome
from reminders.db import Database
from reminders.rules import pass_code
from reminders.rules.lifecycle import BindHow, Purpose
from reminders.tables.bindings import Binding
from reminders.tables.deliveries import Delivery
from tests import builders_binding
from tests.builders import CLOCK, NOW

GUESSERS = 50
REAL_EVERY = 100  # so many of the guesses name a license that is there


def guesser(database: Database, number: int) -> int:
    with database.begin() as session:
        me = holders.heard_from(session, f"oExample-guesser-{number}", now=NOW)
        consents.give(session, me, now=NOW)
        return me


@pytest.mark.slow
@pytest.mark.parametrize("guesses", [5_000, pytest.param(100_000, marks=pytest.mark.drill)])
def test_guesses_disclose_nothing(sqlite_database: Database, guesses: int) -> None:
    """A third each at numbers, at codes of six digits, at codes from paper; the limits are part of it."""
    with sqlite_database.begin() as session:
        firm = builders_binding.firm(session)
        lifetime = timedelta(days=3)
        real = passes.issue_code(
            session, BindHow.PAPER_CODE, firm.license_ids, lifetime, actor=CLOCK, now=NOW
        )
    people = [guesser(sqlite_database, number) for number in range(GUESSERS)]
    asked: Counter[str] = Counter()
    typed: Counter[Outcome] = Counter()
    brought: Counter[PassOutcome] = Counter()
    each = guesses // GUESSERS // 3
    for place, me in enumerate(people):
        with sqlite_database.begin() as session:
            for guess in range(each):
                now = NOW + timedelta(seconds=guess)
                is_real = guess % REAL_EVERY == place % REAL_EVERY
                number = builders_binding.NUMBERS[guess % 4] if is_real else f"鲁DA63{place:03d}{guess:05d}"
                locked = binding.start(session, me, number, now=now)
                asked["locked" if locked else "none"] += 1
                typed[binding.confirm(session, me, f"{guess:06d}", now=now).outcome] += 1
                brought[binding.bring(session, me, pass_code.new_code(), now=now).outcome] += 1
    assert sum(asked.values()) + sum(typed.values()) + sum(brought.values()) > guesses - 3 * GUESSERS - 1
    assert set(typed) <= {Outcome.WRONG, Outcome.LOCKED, Outcome.NOTHING_OPEN}
    assert set(brought) <= {PassOutcome.GONE, PassOutcome.TOO_OFTEN}
    assert brought[PassOutcome.GONE] <= GUESSERS * 10 * 2
    with sqlite_database.read() as session:
        assert session.execute(select(func.count(Binding.id))).scalar_one() == 0
        sent = select(func.count(Delivery.id)).where(Delivery.purpose == Purpose.CODE)
        assert session.execute(sent).scalar_one() <= 2 * 10  # two phones, ten codes a day each
    with sqlite_database.begin() as session:  # and the code that was given out still works for its owner
        owner = holders.heard_from(session, "oExample-owner", now=NOW)
        consents.give(session, owner, now=NOW)
        assert binding.bring(session, owner, real, now=NOW).outcome is PassOutcome.BOUND
