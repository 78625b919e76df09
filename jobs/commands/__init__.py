"""What every command of this door needs: the database, who is acting, and failures in plain words."""

import functools
import getpass
import os
from collections.abc import Callable
from typing import ParamSpec, TypeVar

import click
from sqlalchemy.exc import ArgumentError, OperationalError, ProgrammingError

from config import logs, settings
from reminders import db
from reminders.crypto import Vault
from reminders.errors import ReminderError
from reminders.rules.permissions import Actor, operator

P = ParamSpec("P")
R = TypeVar("R")


def open_database() -> db.Database:
    """The database this installation was told to use; logs go to standard error.

    Raises SettingsError when a setting is missing or the field keys are not usable.
    """
    told = settings.load()
    logs.set_up(told.log_level)
    try:
        return db.open_database(
            told.database_url, Vault.from_text(told.field_keys), is_practice=told.practice
        )
    except (ValueError, ArgumentError) as error:
        raise settings.SettingsError(f"Settings are not usable: {error}") from None


def acting() -> Actor:
    """The person at the command line, as the audit names them."""
    try:
        return operator(getpass.getuser())
    except (KeyError, OSError):  # a container's user often has no name
        return operator(f"uid-{os.getuid()}")


def plainly(command: Callable[P, R]) -> Callable[P, R]:
    """Decorates a command's function: an expected failure becomes a message on stderr and exit code 1."""

    @functools.wraps(command)
    def told(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return command(*args, **kwargs)
        except ReminderError as error:
            raise click.ClickException(error.message) from error
        except settings.SettingsError as error:
            raise click.ClickException(str(error)) from error
        except (OperationalError, ProgrammingError) as error:
            raise click.ClickException(
                f"The database cannot be used ({error.orig}). "
                "Is DATABASE_URL right, and was `reminders migrate` run?"
            ) from error

    return told
