"""`reminders plan` and `reminders explain`: runs the night by hand, and tells why it does what it does."""

import json
from dataclasses import asdict
from datetime import datetime

import click

from config import settings
from jobs.commands import acting, open_database, plainly
from reminders import clock, explaining, planning

DAY = click.DateTime(formats=["%Y-%m-%d"])
ON_HELP = "The day, as 2026-12-20; today when left out."


@click.command()
@click.option("--on", type=DAY, help=ON_HELP)
@click.option("--dry-run", is_flag=True, help="Say what would be planned and change nothing.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of text.")
@plainly
def plan(*, on: datetime | None, dry_run: bool, as_json: bool) -> None:
    """Plan what is due on a day; running it again adds nothing."""
    now = clock.now()
    today = on.date() if on else clock.civil_date(now)
    hours = settings.load().sending_hours
    with open_database().begin() as session:
        report = planning.plan(session, today, sending_hours=hours, actor=acting(), now=now)
        shares = planning.shares(session, report.run_id)
        if dry_run:
            session.rollback()
    if as_json:
        told = asdict(report) | {"shares": [asdict(share) for share in shares], "dry_run": dry_run}
        click.echo(json.dumps(told, ensure_ascii=False, default=str))
        return
    for line in plan_lines(report, shares, dry_run=dry_run):
        click.echo(line)


@click.command()
@click.argument("license_no")
@click.option("--on", type=DAY, help=ON_HELP)
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of text.")
@plainly
def explain(license_no: str, *, on: datetime | None, as_json: bool) -> None:
    """Tell why a license is or is not reminded on a day."""
    now = clock.now()
    day = on.date() if on else clock.civil_date(now)
    with open_database().read() as session:
        explanation = explaining.explain(session, license_no, day, now=now)
    if as_json:
        click.echo(json.dumps(asdict(explanation), ensure_ascii=False, default=str))
        return
    for line in explanation.lines():
        click.echo(line)


def plan_lines(report: planning.PlanReport, shares: list[planning.Share], *, dry_run: bool) -> list[str]:
    verb = "Would plan" if dry_run else "Planned"
    lines = [
        f"{verb} {report.reminders} reminders for {report.for_day}: {report.deliveries} new messages, "
        f"{report.worklist} new calls; {report.skipped} due licenses had theirs already."
    ]
    lines += [
        f"  {share.department} {share.channel}: {share.reminders} reminders for {share.messages} people"
        for share in shares
    ]
    if report.no_channel:
        lines.append(f"  nobody can be told of {report.no_channel} reminders: see the worklist")
    lines += [
        f"  held back: {item.licenses} × {item.license_name} ({item.date_kind}), "
        f"the catalogue lacks {'、'.join(item.missing)}"
        for item in report.blocked
    ]
    return lines
