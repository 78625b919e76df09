"""What every part of the WeChat door needs to know of this installation."""

from dataclasses import dataclass
from typing import cast

from flask import current_app

from config.settings import Settings
from reminders.db import Database
from wxbot.envelope import Keys
from wxbot.measures import Measures

EXTENSION = "wxbot"


@dataclass(frozen=True)
class Site:
    """`database` connects at the first transaction, that is, after gunicorn's fork."""

    settings: Settings
    database: Database
    keys: Keys
    measures: Measures


def site() -> Site:
    """The installation the running request belongs to."""
    return cast(Site, current_app.extensions[EXTENSION])
