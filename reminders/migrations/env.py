"""Runs migrations on the engine it is given."""

from typing import Any, Literal

from alembic import context
from sqlalchemy import Connection, text

from reminders import tables
from reminders.tables.base import UtcDateTime, Word

LOCK = 7_305_118  # any number, but always this one: two releases must not migrate at once


def render(kind: str, item: Any, _context: Any) -> str | Literal[False]:
    if kind == "type" and isinstance(item, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and isinstance(item, Word):
        return "sa.String(length=32)"
    return False


def set_foreign_keys(connection: Connection, *, are_on: bool) -> None:
    """SQLite changes a table by making it anew, and would take the old one's children for orphans."""
    if connection.dialect.name == "sqlite":  # on the driver's own connection: no effect in a transaction
        driver: Any = connection.connection.driver_connection
        driver.execute(f"PRAGMA foreign_keys={'ON' if are_on else 'OFF'}")


engine = context.config.attributes["engine"]
with engine.connect() as connection:
    set_foreign_keys(connection, are_on=False)
    context.configure(
        connection=connection,
        target_metadata=tables.metadata,
        render_as_batch=True,
        render_item=render,
    )
    with context.begin_transaction():
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
        context.run_migrations()
        if (
            connection.dialect.name == "sqlite"
            and connection.exec_driver_sql("PRAGMA foreign_key_check").all()
        ):
            raise RuntimeError("a migration left rows without what they refer to; nothing was changed")
    connection.commit()
    set_foreign_keys(connection, are_on=True)
