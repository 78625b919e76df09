"""Carries notices to their outlets: claims what is due, calls the outlet and records the proof."""

import threading
import time
from collections.abc import Mapping
from datetime import timedelta

import structlog
from sqlalchemy.exc import SQLAlchemyError

from config import settings
from jobs import outlets
from jobs.gateways.outlets import Lost, OutletGateway, StillWorking
from reminders import clock, db, publication
from reminders.crypto import Vault
from reminders.db import Database
from reminders.errors import GatewayError
from reminders.publication import Claimed
from reminders.rules.lifecycle import Outlet, PublicationState

MOST = 200  # in one job; the clock rings again when more is due
UNTIL_S = 60.0  # a job takes nothing new after this long: RQ would end it in the middle
BEAT_S = 0.5  # the lease is renewed this often while an outlet is called
# A short pause or the lease of a dead job is waited for here: a new job would start later than that.
# The lease of a living one never ends so soon.
SOON = timedelta(seconds=1)
LOOK_S = 0.1

log = structlog.get_logger(__name__)

Gateways = Mapping[Outlet, OutletGateway]


def drain() -> int:
    """RQ entry, queue `work`, no arguments: publishes and removes whatever is due. May run twice or late."""
    told = settings.load()
    database = db.open_database(
        told.database_url, Vault.from_text(told.field_keys), pool_size=2, is_practice=told.practice
    )
    try:
        with outlets.opened(told, database) as gateways:
            return publish_due(database, gateways, soon=SOON)
    finally:
        database.close()


def publish_due(database: Database, gateways: Gateways, *, soon: timedelta = timedelta()) -> int:
    """How many publications were tried; each is claimed and committed before anything leaves.

    Waits for what becomes due within `soon`.
    """
    outlets_here = tuple(gateways)
    done, until_s = 0, time.monotonic() + UNTIL_S
    while gateways and done < MOST and time.monotonic() < until_s and _await(database, outlets_here, soon):
        with database.begin() as session:
            claimed = publication.claim(session, outlets=outlets_here, now=clock.now())
        if claimed is None:
            break
        _carry(database, gateways[claimed.outlet], claimed)
        done += 1
    return done


def _await(database: Database, wanted: tuple[Outlet, ...], soon: timedelta) -> bool:
    """Whether something is due now, after waiting for what will be."""
    until_s = time.monotonic() + 2 * soon.total_seconds()
    while True:
        now = clock.now()
        with database.read() as session:
            if publication.due(session, outlets=wanted, now=now):
                return True
            comes = bool(soon) and publication.due(session, outlets=wanted, now=now + soon)
        if not comes or time.monotonic() > until_s:
            return False
        time.sleep(LOOK_S)


def _carry(database: Database, gateway: OutletGateway, claimed: Claimed) -> None:
    told = {"notice_id": claimed.notice_id, "outlet": str(claimed.outlet)}
    try:
        with _Lease(database, claimed) as steps:
            url, proof = _call(gateway, claimed, steps)
    except StillWorking as pause:
        with database.begin() as session:
            publication.wait(session, claimed, pause.after_s, now=clock.now())
    except Lost:
        log.warning("publication.lost", **told)
    except GatewayError as error:
        log.warning("publication.failed", reason=error.reason, **told)
        with database.begin() as session:
            publication.failed(session, claimed, error.reason, permanent=error.permanent, now=clock.now())
    else:
        with database.begin() as session:
            is_ours = publication.finish(session, claimed, url, proof, now=clock.now())
        log.info("publication.done", wanted=str(claimed.wanted), is_ours=is_ours, **told)


def _call(gateway: OutletGateway, claimed: Claimed, steps: "_Lease") -> tuple[str, str]:
    """The public address and the proof: nothing counts as done before it was fetched back."""
    if claimed.refused:
        raise GatewayError(claimed.refused, permanent=True, sent=False)
    if claimed.wanted is PublicationState.GONE:
        gateway.withdraw(claimed.article, claimed.others, steps)
        return "", gateway.prove(claimed.article, steps, is_live=False)
    url = gateway.publish(claimed.article, claimed.others, steps)
    return url, gateway.prove(claimed.article, steps, is_live=True)


class _Lease:
    """Renews the lease from a thread of its own, and remembers steps only while the lease is ours."""

    def __init__(self, database: Database, claimed: Claimed) -> None:
        self._database = database
        self._claimed = claimed
        self._steps = dict(claimed.steps)
        self._ended = threading.Event()
        self._lost = threading.Event()
        self._thread = threading.Thread(target=self._beat, daemon=True, name="publication-lease")

    def get(self, name: str) -> str:
        return self._steps.get(name, "")

    def keep(self, **values: str) -> None:
        self._steps = {name: text for name, text in {**self._steps, **values}.items() if text}
        with self._database.begin() as session:
            job_ref = self._steps.get("job", "")
            if not publication.keep(session, self._claimed, self._steps, job_ref=job_ref, now=clock.now()):
                raise Lost
        if self._lost.is_set():
            raise Lost

    def __enter__(self) -> "_Lease":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _beat(self) -> None:
        while not self._ended.wait(BEAT_S):
            try:
                with self._database.begin() as session:
                    if not publication.renew(session, self._claimed, now=clock.now()):
                        self._lost.set()
                        return
            except SQLAlchemyError as error:  # a busy database: the next beat tries again
                log.warning("publication.beat_missed", error=type(error).__name__)
