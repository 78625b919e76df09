"""Gives official numbers to letters: from one on in each department and year, without a gap or a double."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from reminders.tables.letters import LetterSeries


def take(session: Session, department_id: int, year: int, count: int) -> range:
    """The next `count` numbers; others wait until this transaction ends, and get the same if it fails."""
    insert: Any = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    first = insert(LetterSeries).values(department_id=department_id, year=year, last_number=0)
    session.execute(first.on_conflict_do_nothing())
    series = session.execute(
        select(LetterSeries)
        .where(LetterSeries.department_id == department_id, LetterSeries.year == year)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).scalar_one()
    start = series.last_number + 1
    series.last_number += count
    session.flush()
    return range(start, start + count)
