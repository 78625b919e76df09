"""An import undone: the ledger stands as before, what was planned is taken back, what was told is kept."""

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, event, select, update

from reminders import ledger, shares
from reminders.db import Database
from reminders.errors import Conflict
from reminders.ledger.before import forget_old
from reminders.rules.lifecycle import LicenseState, ReminderState, RowAction
from reminders.tables.deliveries import Reminder
from reminders.tables.holders import Contact, Holder
from reminders.tables.ledger import HolderBefore, ImportRow, LedgerImport, License, LicenseBefore
from reminders.tables.renewals import DecisionShare
from tests import builders, builders_queue
from tests.builders_ledger import Cell, row
from tests.reminders.test_ledger import CLERK, NOW, accept, books, bring_in, licenses, look, upload

__all__ = ["books"]
MOVES_ON = {"version", "updated_at"}
LATER = NOW + timedelta(hours=3)


def stand(books: Database) -> list[list[tuple[object, ...]]]:
    """Every column of the ledger, but versions and moments of licenses."""
    with books.read() as session:
        return [
            [
                tuple(row)
                for row in session.execute(
                    select(*(column for column in table.__table__.c if column.name not in MOVES_ON)).order_by(
                        table.id
                    )
                )
            ]
            for table in (License, Holder, Contact)
        ]


def undo(books: Database, import_id: int) -> ledger.Undone:
    with books.begin() as session:
        return ledger.undo(session, import_id, actor=CLERK, now=LATER)


def test_changed_renewed_and_new_rows_go_back(books: Database) -> None:
    bring_in(books, [row(1), row(2), row(3)])
    before = stand(books)
    view = bring_in(
        books,
        [row(1, expires=date(2031, 12, 20)), row(2, phone="13800000777", contact="李示例"), row(4)],
    )
    assert stand(books) != before
    assert undo(books, view.id) == ledger.Undone(restored=2, removed=1, kept=0)
    assert stand(books) == before


def test_regulator_is_not_told_of_a_renewal_that_was_none(books: Database) -> None:
    bring_in(books, [row(1)])
    view = bring_in(books, [row(1, expires=date(2031, 12, 20))])
    with books.begin() as session:
        [share] = session.execute(select(DecisionShare)).scalars()
        share.attempt = 1
    with pytest.raises(Conflict, match="监管部门"):
        undo(books, view.id)
    with books.begin() as session:
        session.execute(update(DecisionShare).values(attempt=0))
    undo(books, view.id)
    with books.read() as session:
        assert session.execute(select(DecisionShare.id)).all() == []


def test_shares_taken_back_are_found_from_the_rows_of_the_import(sqlite_database: Database) -> None:
    """Looked for from the shares on, 6,000 renewals took ten seconds and 100,000 did not end."""
    sent: list[tuple[str, Any]] = []

    def keep(_conn: Any, _cursor: Any, statement: str, parameters: Any, *_rest: Any) -> None:
        if "decision_share" in statement:
            sent.append((statement, parameters))

    event.listen(sqlite_database.engine, "before_cursor_execute", keep)
    with sqlite_database.begin() as session:
        assert shares.take_back(session, 1)
    event.remove(sqlite_database.engine, "before_cursor_execute", keep)
    with sqlite_database.engine.connect() as connection:
        for statement, parameters in sent:
            steps = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters).all()
            assert not any("SCAN" in str(step) for step in steps), steps
    assert sent


def test_name_of_a_holder_goes_back(books: Database) -> None:
    bring_in(books, [row(1)])
    before = stand(books)
    view = bring_in(books, [row(1, holder="示例改名食品有限公司")])
    undo(books, view.id)
    assert stand(books) == before


def rows_of(*years: int) -> st.SearchStrategy[list[tuple[int, int, str, str]]]:
    """Numbers of licenses, years of expiry, contacts, and what the holder's name ends in."""
    one = st.tuples(
        st.integers(1, 6),
        st.sampled_from(years),
        st.sampled_from(["", "李示例", "王示例"]),
        st.sampled_from(["药房", "药店"]),
    )
    return st.lists(one, min_size=1, max_size=6, unique_by=lambda told: told[0])


def written(told: list[tuple[int, int, str, str]]) -> list[list[Cell]]:
    return [
        row(number, expires=date(year, 3, 1), contact=contact, holder=f"示例{number}号{name}")
        for number, year, contact, name in told
    ]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows_of(2027, 2028), rows_of(2028, 2031, 2032))
def test_whatever_was_imported_undoing_gives_the_ledger_back(
    books: Database, first: list[tuple[int, int, str, str]], second: list[tuple[int, int, str, str]]
) -> None:
    with books.begin() as session:
        for table in (
            LicenseBefore,
            HolderBefore,
            DecisionShare,
            License,
            Contact,
            Holder,
            ImportRow,
            LedgerImport,
        ):
            session.execute(delete(table))
    bring_in(books, written(first))
    before = stand(books)
    view = upload(books, written(second))
    if not sum(view.counts[action] for action in (RowAction.NEW, RowAction.CHANGED, RowAction.RENEWED)):
        return
    accept(books, view.id)
    undo(books, view.id)
    assert stand(books) == before


def test_planned_reminders_of_what_is_gone_are_cancelled_and_the_license_kept(books: Database) -> None:
    view = bring_in(books, [row(1), row(2)])
    first, second = licenses(books)
    with books.begin() as session:
        builders_queue.reminder(session, session.get_one(License, first.id))
    assert undo(books, view.id) == ledger.Undone(restored=0, removed=1, kept=1)
    with books.read() as session:
        assert session.execute(select(Reminder.state)).scalars().all() == [ReminderState.CANCELLED]
        kept = session.get_one(License, first.id)
        assert (kept.state, kept.number_key, kept.next_due_on) == (LicenseState.CANCELLED, None, None)
        assert session.get(License, second.id) is None
    again = bring_in(books, [row(1), row(2)])  # comes in as new, and is reminded of as new
    assert again.counts["new"] == 2
    assert sum(one.next_due_on is not None for one in licenses(books)) == 2


def test_undone_file_may_be_imported_again(books: Database) -> None:
    view = bring_in(books, [row(1)])
    undo(books, view.id)
    again = upload(books, [row(1)])
    assert again.recognised == ""
    accept(books, again.id)
    assert len(licenses(books)) == 1


def test_what_was_changed_since_or_bound_is_not_undone(books: Database) -> None:
    first = bring_in(books, [row(1), row(2)])
    second = bring_in(books, [row(1, phone="13800000777")])
    before = stand(books)
    with pytest.raises(Conflict, match="又有了变动"):
        undo(books, first.id)
    assert stand(books) == before
    undo(books, second.id)
    third = bring_in(books, [row(3)])
    with books.begin() as session:
        builders.binding(session, license_id=licenses(books)[-1].id)
    with pytest.raises(Conflict, match="微信绑定"):
        undo(books, third.id)


def test_twice_or_a_preview_is_refused(books: Database) -> None:
    view = bring_in(books, [row(1)])
    undo(books, view.id)
    with pytest.raises(Conflict):
        undo(books, view.id)
    open_view = upload(books, [row(2)])
    with pytest.raises(Conflict):
        undo(books, open_view.id)
    assert look(books, view.id).undone_at == LATER


def test_what_was_kept_for_undoing_is_forgotten_after_a_day(books: Database) -> None:
    bring_in(books, [row(1)])
    bring_in(books, [row(1, holder="示例改名食品有限公司")])
    with books.begin() as session:
        assert session.execute(select(LicenseBefore)).all()
        view = session.execute(select(LedgerImport)).scalars()
        for made in view:
            made.accepted_at = NOW - timedelta(hours=25)
        forget_old(session, now=NOW)
    with books.read() as session:
        assert session.execute(select(LicenseBefore)).all() == []
        assert session.execute(select(HolderBefore)).all() == []
