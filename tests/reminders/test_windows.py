"""The computed calendar in the database: made once, rebuilt when a rule or the working calendar changes."""

from datetime import date, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from reminders import windows
from reminders.db import Database
from reminders.rules.dates import Workdays
from reminders.rules.lifecycle import DateKind, Expiry, LicenseState, Stage
from reminders.rules.stages import ladder
from reminders.rules.window import Unit, WindowRule, renewal_window
from reminders.tables.catalogue import CatalogueEntry, Workday, WorkdayYear
from reminders.tables.ledger import License
from reminders.tables.windows import LadderStep, RenewalWindow
from tests import builders

EXPIRES_ON = date(2026, 12, 31)
COMPANION_ON = date(2026, 10, 15)


def stored(session: Session) -> set[tuple[int, DateKind, date]]:
    found = session.execute(
        select(RenewalWindow.catalogue_entry_id, RenewalWindow.date_kind, RenewalWindow.expires_on)
    )
    return {(entry_id, kind, on) for entry_id, kind, on in found}


def test_window_and_ladder_are_stored_as_the_rules_say(database: Database) -> None:
    with database.begin() as session:
        entry = builders.entry(session, earliest=90, latest=30, unit="工作日")
        windows.ensure(session, [(entry.id, DateKind.MAIN, EXPIRES_ON)])
    expected = renewal_window(EXPIRES_ON, WindowRule(90, 30, Unit.WORKDAY), Workdays())
    with database.read() as session:
        row = session.execute(select(RenewalWindow)).scalar_one()
        steps = session.execute(select(LadderStep).order_by(LadderStep.position)).scalars().all()
    assert (row.opens_on, row.apply_by, row.legal_last_day, row.is_estimate) == (
        expected.opens_on,
        expected.apply_by,
        expected.legal_last_day,
        False,
    )
    assert [(step.stage, step.due_on) for step in steps] == [
        (step.stage, step.due_on) for step in ladder(EXPIRES_ON, expected, Workdays())
    ]
    assert [step.position for step in steps] == list(range(len(steps)))


def test_nothing_is_doubled_when_windows_are_ensured_again(database: Database) -> None:
    with database.begin() as session:
        entry_id = builders.entry(session).id
        days = [EXPIRES_ON + timedelta(days=offset) for offset in range(40)]
        windows.ensure(session, [(entry_id, DateKind.MAIN, day) for day in days[:30]])
        windows.ensure(session, [(entry_id, DateKind.MAIN, day) for day in days])
        windows.ensure(session, [])
    with database.read() as session:
        assert stored(session) == {(entry_id, DateKind.MAIN, day) for day in days}
        doubled = select(func.count()).select_from(LadderStep).where(LadderStep.stage == Stage.LAPSED)
        assert session.execute(doubled).scalar_one() == 40


def test_companion_date_has_its_own_window_and_an_unknown_rule_none(database: Database) -> None:
    with database.begin() as session:
        known = builders.entry(
            session, companion_name="居留证件有效期", companion_latest=30, companion_unit="日"
        )
        unknown = builders.entry(session, companion_name="校验期满")
        for entry in (known, unknown):
            windows.ensure(session, [(entry.id, DateKind.COMPANION, COMPANION_ON)])
        apply_by = dict(
            session.execute(select(RenewalWindow.catalogue_entry_id, RenewalWindow.apply_by)).all()
        )
        stages = session.execute(
            select(LadderStep.stage).where(LadderStep.catalogue_entry_id == unknown.id)
        ).scalars()
        assert apply_by == {known.id: date(2026, 9, 15), unknown.id: None}
        assert set(stages) == {Stage.FIRST, Stage.LAPSED}


def test_unknown_entry_is_refused(sqlite_database: Database) -> None:
    with sqlite_database.begin() as session, pytest.raises(KeyError):
        windows.ensure(session, [(1, DateKind.MAIN, EXPIRES_ON)])


def test_due_day_is_the_first_step_also_when_long_past(database: Database) -> None:
    with database.begin() as session:
        entry_id = builders.entry(session, companion_name="校验期满").id
        row = builders.license(session, entry_id=entry_id, expires_on=EXPIRES_ON, companion_on=COMPANION_ON)
        past = builders.license(session, entry_id=entry_id, expires_on=date(2020, 6, 30))
        assert row.next_due_on == date(2026, 9, 30)
        assert row.companion_due_on == date(2026, 7, 15)
        assert (past.next_due_on, past.companion_due_on) == (date(2020, 3, 30), None)


def test_no_due_day_when_nothing_is_to_be_reminded(database: Database) -> None:
    with database.begin() as session:
        entry_id = builders.entry(session, companion_name="校验期满").id
        resting = [
            builders.license(
                session, entry_id=entry_id, expires_on=EXPIRES_ON, companion_on=COMPANION_ON, state=state
            )
            for state in (LicenseState.RENEWING, LicenseState.CANCELLED)
        ]
        undated = builders.license(
            session, entry_id=entry_id, expires_on=None, expiry=Expiry.NONE, companion_on=COMPANION_ON
        )
        retired_id = builders.entry(session, is_active=False).id
        retired = builders.license(session, entry_id=retired_id, expires_on=EXPIRES_ON)
        assert [(row.next_due_on, row.companion_due_on) for row in resting] == [(None, None)] * 2
        assert (undated.next_due_on, undated.companion_due_on) == (None, date(2026, 7, 15))
        assert retired.next_due_on is None


def test_only_the_chosen_licenses_get_a_due_day(database: Database) -> None:
    with database.begin() as session:
        entry_id = builders.entry(session).id
        rows = [builders.license(session, entry_id=entry_id, expires_on=EXPIRES_ON) for _ in range(3)]
        for row in rows:
            row.next_due_on = None
        session.flush()
        windows.set_first_due(session, license_ids=[rows[1].id])
        assert [row.next_due_on is None for row in rows] == [True, False, True]
        windows.set_first_due(session)
        assert all(row.next_due_on for row in rows)


def test_a_changed_rule_moves_windows_ladders_and_due_days(database: Database) -> None:
    with database.begin() as session:
        entry = builders.entry(session, earliest=None, latest=30)
        other_id = builders.entry(session, earliest=None, latest=30).id
        row = builders.license(session, entry_id=entry.id, expires_on=EXPIRES_ON)
        builders.license(session, entry_id=other_id, expires_on=EXPIRES_ON)
        entry.renewal_latest = 90
        assert windows.recompute(session, [entry.id]) == 1
        assert row.next_due_on == date(2026, 8, 31)  # 30 days before Wednesday 2026-09-30
        apply_by = session.execute(
            select(RenewalWindow.apply_by).where(RenewalWindow.catalogue_entry_id == entry.id)
        ).scalar_one()
        assert apply_by == date(2026, 9, 30)
        assert len(stored(session)) == 2


def test_recompute_keeps_exactly_the_days_in_use(database: Database) -> None:
    with database.begin() as session:
        entry_id = builders.entry(session, companion_name="校验期满").id
        builders.license(session, entry_id=entry_id, expires_on=EXPIRES_ON, companion_on=COMPANION_ON)
        cancelled = builders.license(
            session, entry_id=entry_id, expires_on=date(2027, 5, 1), state=LicenseState.CANCELLED
        )
        windows.ensure(session, [(entry_id, DateKind.MAIN, date(2031, 1, 1))])
        assert windows.recompute(session, None) == 2
        assert stored(session) == {
            (entry_id, DateKind.MAIN, EXPIRES_ON),
            (entry_id, DateKind.COMPANION, COMPANION_ON),
            (entry_id, DateKind.MAIN, cancelled.expires_on),
        }


def test_imported_days_lie_over_the_library(database: Database) -> None:
    with database.begin() as session:
        session.add(WorkdayYear(year=2027, source="示例通知", imported_at=builders.NOW))
        session.add(Workday(on=date(2027, 1, 1), is_workday=False, note="元旦"))
        session.add(Workday(on=date(2027, 1, 3), is_workday=True, note="调休上班"))
    with database.read() as session:
        workdays = windows.load_workdays(session)
    assert not workdays.is_workday(date(2027, 1, 1))
    assert workdays.is_workday(date(2027, 1, 3))
    assert not workdays.is_estimated(date(2027, 6, 1))
    assert workdays.is_estimated(date(2028, 1, 1))


def test_rule_of_reads_both_rules_of_an_entry() -> None:
    entry = CatalogueEntry(
        renewal_earliest=None,
        renewal_latest=2,
        unit="月",
        also_latest=60,
        also_unit="日",
        companion_latest=None,
        companion_unit="",
    )
    assert windows.rule_of(entry, DateKind.MAIN) == WindowRule(None, 2, Unit.MONTH, 60, Unit.DAY)
    assert windows.rule_of(entry, DateKind.COMPANION) == WindowRule(None, None, Unit.DAY)


def test_loaded_licenses_see_their_new_due_days(sqlite_database: Database) -> None:
    with sqlite_database.begin() as session:
        entry = builders.entry(session, earliest=None, latest=30)
        row = builders.license(session, entry_id=entry.id, expires_on=EXPIRES_ON)
        entry.is_active = False
        windows.recompute(session, [entry.id])
        assert row.next_due_on is None
        assert session.execute(select(License.next_due_on)).scalar_one() is None
