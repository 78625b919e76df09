"""Opens the outlets this installation publishes at, as its settings say."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

from config.settings import Settings
from jobs.gateways import field_mapping
from jobs.gateways.addresses import Guard
from jobs.gateways.government_site import GovernmentApi
from jobs.gateways.outlets import Masthead, OutletGateway
from jobs.gateways.s3_store import S3Store, Signer
from jobs.gateways.sftp_store import SftpAccount, SftpStore
from jobs.gateways.static_site import StaticSite
from jobs.gateways.stores import FileStore, FolderStore
from jobs.gateways.transport import Transport
from jobs.gateways.webdav_store import WebDavStore
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


def government_site(told: Settings) -> OutletGateway:
    """The one adapter the settings name."""
    guard = Guard(may_be_inside=told.government_site_private)
    transport = Transport(CONNECTIONS)
    if told.government_site_kind == "api":
        return GovernmentApi(
            told.government_site_url,
            told.government_site_key,
            field_mapping.load(),
            masthead(told),
            transport,
            guard,
        )
    store = _store(told, transport, guard)
    return StaticSite(store, told.government_site_public_url, masthead(told), transport, guard)


def _open(told: Settings, outlet: Outlet) -> OutletGateway:
    return government_site(told)


def _store(told: Settings, transport: Transport, guard: Guard) -> FileStore:
    url, user, key = told.government_site_url, told.government_site_user, told.government_site_key
    if told.government_site_kind == "folder":
        return FolderStore(Path(url))
    if told.government_site_kind == "sftp":
        return SftpStore(SftpAccount(url, user, key, told.government_site_host_key), guard)
    if told.government_site_kind == "webdav":
        return WebDavStore(url, user, key, transport, guard)
    return S3Store(url, Signer(user, key, told.government_site_region), transport, guard)
