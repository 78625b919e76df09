"""The audit chain holds, and shows when a link was changed."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import update

from reminders import audit
from reminders.db import Database
from reminders.rules import permissions
from reminders.tables.audit import AuditEntry

NOW = datetime(2027, 3, 1, 2, 0, tzinfo=UTC)


def write_three(database: Database) -> None:
    for number in range(3):
        with database.begin() as session:
            audit.record(session, "ledger.accept", f"import:{number}", {"行": number},
                         actor=permissions.system("test"), now=NOW)  # fmt: skip


def test_chain_holds_when_nothing_was_changed(database: Database) -> None:
    write_three(database)
    with database.read() as session:
        assert audit.first_broken_link(session) is None


@pytest.mark.parametrize("field", ["actor", "action", "subject", "detail", "previous", "digest"])
def test_chain_breaks_when_any_field_is_changed(database: Database, field: str) -> None:
    write_three(database)
    with database.begin() as session:
        session.execute(update(AuditEntry).where(AuditEntry.id == 2).values({field: "changed"}))
    with database.read() as session:
        assert audit.first_broken_link(session) in (2, 3)


def test_entry_disappears_with_the_change_it_describes(database: Database) -> None:
    with pytest.raises(RuntimeError), database.begin() as session:
        audit.record(session, "a.b", "c:1", actor=permissions.system("test"), now=NOW)
        raise RuntimeError
    with database.read() as session:
        assert audit.first_broken_link(session) is None
        assert session.get(AuditEntry, 1) is None
