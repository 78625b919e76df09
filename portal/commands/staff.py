"""Commands for staff accounts."""

import sys

import click

from config import settings
from portal.commands import acting, open_database, plainly
from reminders import clock
from reminders import staff as accounts
from reminders.rules.lifecycle import Role

PRACTICE_ONLY = "Only in practice mode (PRACTICE=true): nobody may know another person's password or code."


@click.group(help="Add, invite or list staff accounts.")
def staff() -> None:
    pass


@staff.command("add")
@click.argument("login")
@click.option("--name", required=True, help="The person's name as colleagues see it.")
@click.option("--role", required=True, type=click.Choice([role.value for role in Role]))
@click.option("--department", default="", help="Name of the department; officers and leads need one.")
@click.option("--person-no", default="", help="Their number in the bureau (工号); administrators need one.")
@click.option("--password-stdin", is_flag=True, help="Practice: read password and second factor's secret.")
@plainly
def add(login: str, name: str, role: str, department: str, person_no: str, *, password_stdin: bool) -> None:
    """Add an account and print an invitation, with which the person chooses their own password.

    In practice mode --password-stdin reads a password, and the secret of the second factor if there is a
    second line.
    """
    if password_stdin:
        _refuse_outside_practice()
    password = sys.stdin.readline().rstrip("\r\n") if password_stdin else None
    secret = sys.stdin.readline().strip() if password_stdin else ""
    database, who, now = open_database(), acting(), clock.now()
    with database.begin() as session:
        staff_id = accounts.add_staff(
            session, login, name, Role(role), department, password, person_no=person_no, actor=who, now=now
        )
        if secret:
            accounts.set_secret(session, staff_id, secret, actor=who, now=now)
        invited = None if password_stdin else accounts.invite(session, staff_id, actor=who, now=now)
    click.echo(f"Added {login} (number {staff_id}, {role}).")
    if invited:
        _tell(invited)


@staff.command("invite")
@click.argument("login")
@plainly
def invite(login: str) -> None:
    """Invite again: the old password and second factor count no more."""
    with open_database().begin() as session:
        person = accounts.by_login(session, login)
        invited = accounts.invite(session, person.staff_id or 0, actor=acting(), now=clock.now())
    _tell(invited)


@staff.command("unlock")
@click.argument("login")
@plainly
def unlock(login: str) -> None:
    """Forget the failed tries of an account, so that its owner need not wait."""
    with open_database().begin() as session:
        person = accounts.by_login(session, login)
        accounts.unlock(session, person.staff_id or 0, actor=acting(), now=clock.now())
    click.echo(f"Unlocked {login}.")


@staff.command("code")
@click.argument("login")
@plainly
def code(login: str) -> None:
    """Print the code the second factor of a made-up person shows now (practice mode only)."""
    _refuse_outside_practice()
    with open_database().begin() as session:
        person = accounts.by_login(session, login)
        shown = accounts.current_code(session, person.staff_id or 0, actor=acting(), now=clock.now())
    click.echo(shown)


@staff.command("list")
@plainly
def show() -> None:
    """List all accounts."""
    with open_database().read() as session:
        lines = accounts.list_staff(session)
    for line in lines:
        seen = f"{line.last_sign_in_at:%Y-%m-%d %H:%M}Z" if line.last_sign_in_at else "never"
        closed = "" if line.is_active else "  closed"
        invited = "" if line.has_password else "  invited"
        click.echo(
            f"{line.login}\t{line.name}\t{line.role}\t{line.department or '-'}\t{seen}{closed}{invited}"
        )


def _tell(invited: accounts.Invited) -> None:
    click.echo(f"Invitation of {invited.login}, shown only now: {invited.code}")
    address = f"{settings.load().portal_url}/staff/invitation"
    click.echo(f"They enter it at {address} until {invited.expires_at:%Y-%m-%d %H:%M}Z.")


def _refuse_outside_practice() -> None:
    if not settings.load().practice:
        raise click.ClickException(PRACTICE_ONLY)
