"""`reminders backup` and `reminders restore`: the whole database as one file."""

from pathlib import Path

import click

from jobs.commands import acting, open_database, plainly
from reminders import backup as copies
from reminders import clock
from reminders.backup import Copied

FILE = click.Path(dir_okay=False, path_type=Path)


@click.command()
@click.argument("file", type=FILE)
@plainly
def backup(*, file: Path) -> None:
    """Copy the whole database into one file while everything runs.

    Names of holders are in it in plain text, phones are sealed. Keep FIELD_KEYS apart from it.
    """
    with open_database().read() as session:
        manifest = copies.write(session, file, now=clock.now(), told=_tell)
    click.echo(f"{file}: {manifest.rows} rows of {len(manifest.tables)} tables, schema {manifest.schema}.")


@click.command()
@click.argument("file", type=FILE)
@plainly
def restore(*, file: Path) -> None:
    """Fill an empty database from a backup, with sending stopped.

    The database may be of another kind than the one the backup was made of. What was sent after the backup
    is unknown to it: look at `reminders plan --dry-run` before `reminders sending start`.
    """
    with open_database().begin() as session:
        manifest = copies.restore(session, file, told=_tell, actor=acting(), now=clock.now())
    click.echo(f"Restored {manifest.rows} rows as of {manifest.made_at[:16]}. Sending is stopped.")
    click.echo("Next: `reminders doctor`, `reminders plan --dry-run`, then `reminders sending start`.")


def _tell(copied: Copied) -> None:
    if copied.rows:
        click.echo(f"  {copied.table}: {copied.rows}", err=True)
