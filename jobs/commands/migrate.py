"""`reminders migrate`: brings the database to the newest schema."""

import click

from config import settings
from jobs.commands import open_database, plainly
from reminders import clock, indexing, installations, migrations
from reminders.db import Database


@click.command()
@plainly
def migrate() -> None:
    """Bring the database to the newest schema."""
    database = open_database()
    try:
        migrations.upgrade(database.engine)
        with database.begin() as session:
            installations.settle(session, is_practice=settings.load().practice, now=clock.now())
        _index(database)
    finally:
        database.close()
    click.echo("The database has the newest schema.")


def _index(database: Database) -> None:
    """In short transactions, for an installation may have a million rows and others write meanwhile."""
    more = True
    while more:
        with database.begin() as session:
            more = indexing.fill_some(session)
