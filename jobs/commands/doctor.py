"""`reminders doctor`: looks at this installation and names a cure for each fault."""

import json
from dataclasses import asdict

import click

from config import settings
from jobs import checks, wiring
from jobs.commands import open_database, plainly
from jobs.findings import Mark


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON list instead of text.")
@plainly
def doctor(*, as_json: bool) -> None:
    """Check this installation, with a cure for each fault."""
    told = settings.load()
    database, store = open_database(), wiring.open_redis(told)
    try:
        findings = list(checks.all_checks(told, database, store))
    finally:
        store.close()
        database.close()
    if as_json:
        click.echo(json.dumps([asdict(finding) for finding in findings], ensure_ascii=False))
    else:
        for finding in findings:
            click.echo(f"{finding.mark} {finding.name}: {finding.told}")
            if finding.cure:
                click.echo(f"    → {finding.cure}")
    if any(finding.mark is Mark.BROKEN for finding in findings):
        raise click.exceptions.Exit(1)
