"""Opens the outlets this installation publishes at, as its settings say."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

import redis

from config.settings import Settings
from jobs import wiring
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
from jobs.gateways.wechat_articles import AccountArticles, Shelf
from jobs.gateways.wechat_client import HardenedClient
from jobs.gateways.wechat_mass import MassSend
from reminders import clock, publication
from reminders.db import Database
from reminders.rules.lifecycle import Outlet

CONNECTIONS = 2


def configured(told: Settings) -> tuple[Outlet, ...]:
    """Outlets that jobs carry notices to."""
    return tuple(map(Outlet, told.outlets()))


@contextmanager
def opened(told: Settings, database: Database) -> Iterator[Mapping[Outlet, OutletGateway]]:
    """Make them after a fork; their connections belong to one process."""
    wanted = configured(told)
    with ExitStack() as stack:
        made: dict[Outlet, OutletGateway] = {}
        if Outlet.GOVERNMENT_SITE in wanted:
            made[Outlet.GOVERNMENT_SITE] = government_site(told)
        if Outlet.OFFICIAL_ACCOUNT in wanted:
            store = wiring.open_redis(told)
            stack.callback(store.close)
            articles = official_account(told, store, _DatabaseShelf(database))
            made[Outlet.OFFICIAL_ACCOUNT] = articles
            made[Outlet.MASS_SEND] = MassSend(articles)
        for gateway in made.values():
            stack.callback(gateway.close)
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


def official_account(told: Settings, store: redis.Redis, shelf: Shelf) -> AccountArticles:
    client = HardenedClient(
        told.wechat_app_id, told.wechat_app_secret, told.wechat_api_base, store, Transport(CONNECTIONS)
    )
    return AccountArticles(client, shelf, masthead(told))


class NoShelf:
    """For looking only: nothing is uploaded, so nothing is kept."""

    def get(self, name: str) -> str:
        return ""

    def keep(self, name: str, media_id: str) -> None:
        """Forgotten at once."""

    def forget(self, name: str) -> None:
        """Nothing is known."""


class _DatabaseShelf:
    """Each look-up in a transaction of its own, because a call to the platform comes before and after."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, name: str) -> str:
        with self._database.read() as session:
            return publication.material(session, name)

    def keep(self, name: str, media_id: str) -> None:
        with self._database.begin() as session:
            publication.keep_material(session, name, media_id, now=clock.now())

    def forget(self, name: str) -> None:
        with self._database.begin() as session:
            publication.forget_material(session, name)


def _store(told: Settings, transport: Transport, guard: Guard) -> FileStore:
    url, user, key = told.government_site_url, told.government_site_user, told.government_site_key
    if told.government_site_kind == "folder":
        return FolderStore(Path(url))
    if told.government_site_kind == "sftp":
        return SftpStore(SftpAccount(url, user, key, told.government_site_host_key), guard)
    if told.government_site_kind == "webdav":
        return WebDavStore(url, user, key, transport, guard)
    return S3Store(url, Signer(user, key, told.government_site_region), transport, guard)
