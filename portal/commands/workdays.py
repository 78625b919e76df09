"""`reminders workdays`: imports a year's holidays and make-up workdays."""

import json
from dataclasses import asdict
from pathlib import Path

import click

from portal.commands import acting, open_database, plainly, read_text
from reminders import catalogue, clock

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group()
def workdays() -> None:
    """Import a year's holidays and make-up workdays."""


@workdays.command("import")
@click.argument("file", type=FILE)
@click.option(
    "--year", "years", type=click.IntRange(2000, 2100), multiple=True, help="A year covered wholly."
)
@click.option("--source", default="", help="The notice's number, for --year.")
@click.option("--dry-run", is_flag=True, help="Check the file and change nothing.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of text.")
@plainly
def import_(file: Path, years: tuple[int, ...], source: str, *, dry_run: bool, as_json: bool) -> None:
    """Import FILE (csv: date,is_workday,note), the days that differ from Monday to Friday.

    The years covered stand in the file (a line `year,2027,notice number`) or in --year. Every license's dates
    are computed anew.
    """
    text = read_text(file)
    with open_database().begin() as session:
        done = catalogue.import_workdays(
            session, text, years=dict.fromkeys(years, source), actor=acting(), now=clock.now()
        )
        if dry_run:
            session.rollback()
    if as_json:
        click.echo(json.dumps(asdict(done) | {"dry_run": dry_run}, ensure_ascii=False))
        return
    click.echo(
        f"{'Checked' if dry_run else 'Imported'} {done.days} days of {', '.join(map(str, done.years))}; "
        f"{done.licenses_recomputed} licenses {'would get' if dry_run else 'got'} new dates."
    )
