"""`reminders migrate`: brings the database to the newest schema."""

import click

from config import settings
from jobs.commands import open_database, plainly
from reminders import clock, installations, migrations


@click.command()
@plainly
def migrate() -> None:
    """Bring the database to the newest schema."""
    database = open_database()
    try:
        migrations.upgrade(database.engine)
        with database.begin() as session:
            installations.settle(session, is_practice=settings.load().practice, now=clock.now())
    finally:
        database.close()
    click.echo("The database has the newest schema.")
