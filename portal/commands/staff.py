"""Commands for staff accounts."""

import sys

import click

from portal.commands import acting, open_database, plainly
from reminders import clock
from reminders import staff as accounts
from reminders.rules.lifecycle import Role


@click.group(help="Add or list staff accounts.")
def staff() -> None:
    pass


@staff.command("add")
@click.argument("login")
@click.option("--name", required=True, help="The person's name as colleagues see it.")
@click.option("--role", required=True, type=click.Choice([role.value for role in Role]))
@click.option("--department", default="", help="Name of the department; officers and leads need one.")
@click.option("--person-no", default="", help="Their number in the bureau (工号); administrators need one.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
@plainly
def add(login: str, name: str, role: str, department: str, person_no: str, *, password_stdin: bool) -> None:
    """Add an account. Without --password-stdin a password is made and printed once."""
    password = sys.stdin.readline().rstrip("\r\n") if password_stdin else accounts.new_password()
    database = open_database()
    with database.begin() as session:
        staff_id = accounts.add_staff(
            session,
            login,
            name,
            Role(role),
            department,
            password,
            person_no=person_no,
            actor=acting(),
            now=clock.now(),
        )
    click.echo(f"Added {login} (number {staff_id}, {role}).")
    if not password_stdin:
        click.echo(f"Password, shown only now: {password}")


@staff.command("list")
@plainly
def show() -> None:
    """List all accounts."""
    with open_database().read() as session:
        lines = accounts.list_staff(session)
    for line in lines:
        seen = f"{line.last_sign_in_at:%Y-%m-%d %H:%M}Z" if line.last_sign_in_at else "never"
        closed = "" if line.is_active else "  closed"
        click.echo(f"{line.login}\t{line.name}\t{line.role}\t{line.department or '-'}\t{seen}{closed}")
