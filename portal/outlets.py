"""Which outlets this installation publishes notices at, as its settings say."""

from config.settings import Settings
from reminders.rules.lifecycle import Outlet


def outlets(settings: Settings) -> tuple[Outlet, ...]:
    return tuple(map(Outlet, settings.outlets()))
