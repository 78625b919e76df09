"""The migrations are one chain, and what they build is what the tables say."""

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.engine import Engine

from reminders import migrations
from reminders.db import Database
from reminders.tables.base import Base


def scripts(engine: Engine) -> ScriptDirectory:
    return ScriptDirectory.from_config(migrations.config_for(engine))


def test_every_migration_stands_on_one_before_it_and_one_is_the_newest(database: Database) -> None:
    assert len(scripts(database.engine).get_heads()) == 1


def test_the_newest_schema_is_that_of_the_tables(database: Database) -> None:
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": False})
        found = compare_metadata(context, Base.metadata)
    assert found == []
