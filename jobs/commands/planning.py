"""`reminders plan` and `reminders explain`: runs the night by hand, and tells why it does what it does."""

import json
from dataclasses import asdict
from datetime import date, datetime

import click
from sqlalchemy.orm import Session

from config import settings
from jobs import wiring
from jobs.commands import acting, open_database, plainly
from reminders import clock, explaining, planning, roads
from reminders.errors import Conflict
from reminders.rules.lifecycle import DateKind

DAY = click.DateTime(formats=["%Y-%m-%d"])
ON_HELP = "The day, as 2026-12-20; today when left out."


@click.group(invoke_without_command=True)
@click.option("--on", type=DAY, help=ON_HELP)
@click.option("--dry-run", is_flag=True, help="Say what would be planned and change nothing.")
@click.option("--list", "as_list", is_flag=True, help="With --dry-run: who would be told what, and how.")
@click.option("--department", default="", help="With --list: one department only.")
@click.option(
    "--confirm-date", is_flag=True, help="Vouch for the date after an outage or a clock that jumped."
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of text.")
@click.pass_context
@plainly
def plan(
    ctx: click.Context,
    *,
    on: datetime | None,
    dry_run: bool,
    as_list: bool,
    department: str,
    confirm_date: bool,
    as_json: bool,
) -> None:
    """Plan what is due on a day; running it again adds nothing."""
    if ctx.invoked_subcommand:
        return
    now = clock.now()
    if as_list:
        if not dry_run:
            raise click.UsageError("--list goes with --dry-run: it only reads.")
        _list(on.date() if on else clock.civil_date(now), department, as_json=as_json)
        return
    told, database = settings.load(), open_database()
    if not dry_run:
        with database.begin() as session:  # not in the long transaction: senders need these rows
            roads.open_roads(session, wiring.means(told))
    with database.begin() as session:
        today = _day(session, on, is_vouched_for=dry_run or confirm_date, now=now)
        if dry_run:
            roads.open_roads(session, wiring.means(told))
        report = planning.plan(
            session,
            today,
            sending_hours=told.sending_hours,
            actor=acting(),
            now=now,
            cap=0 if dry_run else told.run_cap,
        )
        shares = planning.shares(session, report.run_id)
        if dry_run:
            session.rollback()
    _tell(report, shares, dry_run=dry_run, as_json=as_json)


@plan.command()
@click.argument("run", type=int)
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of text.")
@plainly
def confirm(*, run: int, as_json: bool) -> None:
    """Plan what a held run showed; it is held again when there would be more by now."""
    now = clock.now()
    told = settings.load()
    with open_database().begin() as session:
        report = planning.confirm(
            session,
            run,
            planning.today(session, now=now),
            sending_hours=told.sending_hours,
            cap=told.run_cap,
            actor=acting(),
            now=now,
        )
        shares = planning.shares(session, report.run_id)
    _tell(report, shares, dry_run=False, as_json=as_json)


@plan.command()
@click.argument("run", type=int)
@plainly
def discard(*, run: int) -> None:
    """Keep a held run back for the rest of its day; what is due stays due."""
    with open_database().begin() as session:
        planning.discard(session, run, actor=acting(), now=clock.now())
    click.echo(f"Run {run} is discarded; tomorrow's run looks at what is due again.")


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


def _list(day: date, department: str, *, as_json: bool) -> None:
    """Reads only, page by page, so that it may take its time."""
    database = open_database()
    for kind in DateKind:
        after: int | None = 0
        while after is not None:
            with database.read() as session:
                page = planning.foresee(
                    session, day, kind=kind, department=department, after=after, actor=acting()
                )
            for line in page.lines:
                click.echo(_words(line, as_json=as_json))
            after = page.after
        if not as_json:
            click.echo(f"{kind}: {page.answered} kept back by an answer, {page.incomplete} by a missing fact")


def _words(line: planning.Foreseen, *, as_json: bool) -> str:
    if as_json:
        return json.dumps(asdict(line), ensure_ascii=False, default=str)
    what = f"{line.department} {line.license_name} {line.license_no or '-'} {line.holder_name}"
    return f"{what}: {line.stage} → {line.channel or 'NO CHANNEL'}"


def _day(session: Session, on: datetime | None, *, is_vouched_for: bool, now: datetime) -> date:
    """Today by the database's clock; another day only when somebody vouches for it."""
    if on is None:
        return planning.today(session, is_confirmed=is_vouched_for, now=now)
    if not is_vouched_for and on.date() != planning.today(session, now=now):
        raise Conflict("只能计划今天。先用 --dry-run 查看那一天；确实要写入，请加 --confirm-date。")
    return on.date()


def _tell(report: planning.PlanReport, shares: list[planning.Share], *, dry_run: bool, as_json: bool) -> None:
    if as_json:
        told = asdict(report) | {"shares": [asdict(share) for share in shares], "dry_run": dry_run}
        click.echo(json.dumps(told, ensure_ascii=False, default=str))
        return
    for line in plan_lines(report, shares, dry_run=dry_run):
        click.echo(line)


def plan_lines(report: planning.PlanReport, shares: list[planning.Share], *, dry_run: bool) -> list[str]:
    if report.is_held:
        return [
            f"Run {report.run_id} is HELD: it would queue {report.deliveries} messages, above RUN_CAP.",
            f"  Look at `reminders plan --dry-run`, then `reminders plan confirm {report.run_id}` "
            f"or `reminders plan discard {report.run_id}`.",
        ]
    verb = "Would plan" if dry_run else "Planned"
    lines = [
        f"{verb} {report.reminders} reminders for {report.for_day}: {report.deliveries} new messages, "
        f"{report.worklist} new calls; {report.skipped} due licenses had theirs already."
    ]
    lines += [
        f"  {share.department} {share.license_name} {share.channel}: "
        f"{share.reminders} reminders for {share.messages} people"
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
