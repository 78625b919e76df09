"""Commands for warm reminder notices."""

import click

from config import settings
from portal.commands import acting, open_database, plainly
from portal.outlets import outlets
from reminders import clock
from reminders import staff as accounts
from reminders.notices import desk, review
from reminders.rules.lifecycle import NoticeState


@click.group(help="List, publish or withdraw warm reminder notices.")
def notices() -> None:
    pass


@notices.command("list")
@click.option("--state", type=click.Choice([state.value for state in NoticeState]))
@plainly
def show(state: str | None) -> None:
    """List the newest notices."""
    with open_database().read() as session:
        lines = desk.lines(session, NoticeState(state) if state else None, actor=acting())
    for line in lines:
        click.echo(f"{line.id}\t{line.state}\t{line.department}\t{line.author}\t{line.title}")


@notices.command()
@click.argument("notice_id", type=int)
@click.option("--reviewer", required=True, help="Login of the person who read it and answers for it.")
@plainly
def publish(notice_id: int, reviewer: str) -> None:
    """Approve a submitted notice in the name of a reviewer, who must not have written it."""
    now = clock.now()
    with open_database().begin() as session:
        actor = accounts.by_login(session, reviewer)
        read = desk.show(session, notice_id, clock.civil_date(now), actor=actor)
        review.approve(
            session, notice_id, read.digest, outlets=outlets(settings.load()), actor=actor, now=now
        )
    click.echo(f"Published notice {notice_id}: {read.title}")


@notices.command()
@click.argument("notice_id", type=int)
@click.option("--reason", required=True, help="The public reads it.")
@plainly
def withdraw(notice_id: int, reason: str) -> None:
    """Withdraw a published notice from the portal and from every outlet."""
    with open_database().begin() as session:
        review.withdraw(session, notice_id, reason, actor=acting(), now=clock.now())
    click.echo(f"Withdrew notice {notice_id}.")
