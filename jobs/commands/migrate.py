"""`reminders migrate`: brings the database to the newest schema."""

import click

from jobs.commands import open_database, plainly
from reminders import migrations


@click.command()
@plainly
def migrate() -> None:
    """Bring the database to the newest schema."""
    database = open_database()
    try:
        migrations.upgrade(database.engine)
    finally:
        database.close()
    click.echo("The database has the newest schema.")
