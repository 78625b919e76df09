"""Opens the outlets this installation publishes at, as its settings say."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager

from config.settings import Settings
from jobs.gateways import field_mapping
from jobs.gateways.addresses import Guard
from jobs.gateways.government_site import GovernmentApi
from jobs.gateways.outlets import Masthead, OutletGateway
from jobs.gateways.transport import Transport
from reminders.rules.lifecycle import Outlet

CONNECTIONS = 2


def configured(told: Settings) -> tuple[Outlet, ...]:
    """Outlets that jobs carry notices to."""
    return tuple(map(Outlet, told.outlets()))


@contextmanager
def opened(told: Settings) -> Iterator[Mapping[Outlet, OutletGateway]]:
    """Make them after a fork; their connections belong to one process."""
    with ExitStack() as stack:
        made: dict[Outlet, OutletGateway] = {}
        for outlet in configured(told):
            made[outlet] = _open(told, outlet)
            stack.callback(made[outlet].close)
        yield made


def masthead(told: Settings) -> Masthead:
    return Masthead(told.organizer, told.site_name, told.portal_url)


def _open(told: Settings, outlet: Outlet) -> OutletGateway:
    return government_site(told)


def government_site(told: Settings) -> OutletGateway:
    guard = Guard(may_be_inside=told.government_site_private)
    return GovernmentApi(
        told.government_site_url,
        told.government_site_key,
        field_mapping.load(),
        masthead(told),
        Transport(CONNECTIONS),
        guard,
    )
