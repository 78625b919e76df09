"""Which outlets this installation publishes notices at, as its settings say."""

from config.settings import Settings
from reminders.rules.lifecycle import Outlet


def outlets(settings: Settings) -> tuple[Outlet, ...]:
    """What a reviewer may choose; a mass send is asked for afterwards, by itself."""
    return tuple(outlet for outlet in map(Outlet, settings.outlets()) if outlet is not Outlet.MASS_SEND)
