"""`reminders catalogue`: loads the catalogue from its files, and shows it."""

import json
from dataclasses import asdict
from pathlib import Path

import click

from config import settings
from portal.commands import acting, open_database, plainly, read_text
from reminders import catalogue as use_case
from reminders import clock, sharing

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group()
def catalogue() -> None:
    """Load or show the catalogue of license kinds."""


@catalogue.command()
@click.option(
    "--entries", type=FILE, default=settings.DATA / "catalogue.csv", help="License kinds (Annex 1)."
)
@click.option("--departments", type=FILE, default=settings.DATA / "departments.csv", help="Departments.")
@click.option(
    "--regulators",
    type=FILE,
    default=settings.DATA / "regulators.csv",
    help="Who is told of renewals; only for kinds without a name yet.",
)
@click.option("--dry-run", is_flag=True, help="Say what would change and change nothing.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of text.")
@plainly
def load(entries: Path, departments: Path, regulators: Path, *, dry_run: bool, as_json: bool) -> None:
    """Make the catalogue equal to its files; loading them again changes nothing."""
    texts = read_text(entries), read_text(departments)
    with open_database().begin() as session:
        changes = use_case.load(session, *texts, actor=acting(), now=clock.now())
        named = sharing.load_regulators(session, read_text(regulators), actor=acting(), now=clock.now())
        if dry_run:
            session.rollback()
    if as_json:
        click.echo(
            json.dumps(asdict(changes) | {"regulators_named": named, "dry_run": dry_run}, ensure_ascii=False)
        )
        return
    for name in changes.added:
        click.echo(f"+ {name}")
    for change in changes.changed:
        click.echo(f"~ {change.name} {change.field}: {_shown(change.old)} → {_shown(change.new)}")
    for name in changes.kept:
        click.echo(f"= {name}: changed in the console, left as it is there")
    click.echo(
        f"{'Would add' if dry_run else 'Added'} {len(changes.added)}, changed {len(changes.changed)} fields, "
        f"computed the dates of {changes.licenses_recomputed} licenses anew."
    )


@catalogue.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@plainly
def show(*, as_json: bool) -> None:
    """Show every license kind in force, its renewal window, and what is still missing."""
    with open_database().read() as session:
        entries = use_case.entries(session)
    if not entries:
        click.echo("The catalogue is empty: run `reminders catalogue load`.", err=True)
    for entry in entries:
        if as_json:
            click.echo(json.dumps(asdict(entry), ensure_ascii=False))
            continue
        lacking = f"｜缺少：{'、'.join(entry.missing_facts)}（不发送）" if entry.missing_facts else ""
        click.echo(
            f"{entry.id:>2} {entry.license_name}｜{entry.department}｜有效期 {entry.validity_text}"
            f"｜{entry.window_text or '申请时限未核定'}｜{entry.confidence}{lacking}"
        )


def _shown(value: object) -> str:
    return "（空）" if value in (None, "") else str(value)
