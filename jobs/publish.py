"""Carries notices to the government service site: the RQ entry claims what is due and calls the gateway."""

import structlog

from config import settings
from jobs.gateways.government_site import Article, GovernmentSite
from reminders import clock, db, publication
from reminders.crypto import Vault
from reminders.db import Database
from reminders.errors import GatewayError
from reminders.publication import Claimed
from reminders.rules.lifecycle import PublicationState

MOST = 200  # in one job; the clock rings again when more is due

log = structlog.get_logger(__name__)


def drain() -> int:
    """RQ entry, queue `work`, no arguments: publishes and removes whatever is due. May run twice or late."""
    told = settings.load()
    if not told.government_site_url:
        return 0
    database = db.open_database(told.database_url, Vault.from_text(told.field_keys), pool_size=1)
    site = GovernmentSite(told.government_site_url, told.government_site_key)
    try:
        return publish_due(database, site, told.organizer)
    finally:
        site.close()
        database.close()


def publish_due(database: Database, site: GovernmentSite, source: str) -> int:
    """How many publications were tried; each is claimed and committed before anything leaves."""
    for done in range(MOST):
        with database.begin() as session:
            claimed = publication.claim(session, now=clock.now())
        if not claimed:
            return done
        _carry(database, site, source, claimed[0])
    return MOST


def _carry(database: Database, site: GovernmentSite, source: str, claimed: Claimed) -> None:
    try:
        url = _call(site, source, claimed)
    except GatewayError as error:
        log.warning("publication.failed", notice_id=claimed.notice_id, reason=error.reason)
        with database.begin() as session:
            publication.failed(session, claimed, error.reason, permanent=error.permanent, now=clock.now())
        return
    with database.begin() as session:
        publication.finish(session, claimed, url, now=clock.now())


def _call(site: GovernmentSite, source: str, claimed: Claimed) -> str:
    if claimed.refused:
        raise GatewayError(claimed.refused, permanent=True, sent=False)
    if claimed.wanted is PublicationState.GONE:
        site.withdraw(claimed.external_id)
        return ""
    return site.publish(
        Article(
            external_id=claimed.external_id,
            title=claimed.title,
            html=claimed.html,
            published_at=claimed.published_at,
            digest=claimed.digest,
            source=source,
        )
    )
