"""`reminders audit`: proves that the record of changes is whole, and hands it out."""

import json

import click

from jobs.commands import open_database, plainly
from reminders import audit as records


@click.group()
def audit() -> None:
    """Verify or export the hash-chained record of every change."""


@audit.command()
@plainly
def verify() -> None:
    """Follow the chain from its first link; exit code 1 when any field of any link was changed."""
    with open_database().read() as session:
        broken = records.first_broken_link(session)
        links = records.count(session)
    if broken is None:
        click.echo(f"The chain of {links} entries is whole.")
        return
    where = f"entry {broken}" if broken else "its end: entries were cut off"
    raise click.ClickException(f"The chain is broken at {where}. Compare with a backup before going on.")


@audit.command()
@plainly
def export() -> None:
    """Write every entry as one JSON line to standard output; a changed entry can be told by its digest."""
    with open_database().read() as session:
        for entry in records.entries(session):
            click.echo(json.dumps(entry, ensure_ascii=False, default=str))
