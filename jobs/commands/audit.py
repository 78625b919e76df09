"""`reminders audit`: proves that the record of changes is whole, and hands it out."""

import json

import click

from jobs.commands import open_database, plainly
from reminders import audit as records
from reminders import auditing, clock

LINKS = 500  # looked at in one transaction


@click.group()
def audit() -> None:
    """Verify or export the hash-chained record of every change."""


@audit.command()
@plainly
def verify() -> None:
    """Follow the chain from its first link; exit code 1 when any field of any link was changed."""
    database = open_database()
    with database.begin() as session:
        auditing.begin_round(session, now=clock.now())
    has_more = True
    while has_more:
        with database.begin() as session:
            has_more = auditing.advance(session, LINKS, now=clock.now())
    with database.read() as session:
        found, links = auditing.state(session), records.count(session)
    if found.broken_id is None:
        click.echo(f"The chain of {links} entries is whole.")
        return
    where = f"entry {found.broken_id}" if found.broken_id else "its end: entries were cut off"
    raise click.ClickException(f"The chain is broken at {where}. Compare with a backup before going on.")


@audit.command()
@plainly
def export() -> None:
    """Write every entry as one JSON line to standard output; a changed entry can be told by its digest."""
    with open_database().read() as session:
        for entry in records.entries(session):
            click.echo(json.dumps(entry, ensure_ascii=False, default=str))
