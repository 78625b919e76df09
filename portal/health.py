"""Tells machines whether this process lives, whether it can work, and how it is doing."""

import hmac
import time
from collections.abc import Callable

from flask import Blueprint, Flask, Response, abort, g, request
from flask.typing import ResponseReturnValue
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from sqlalchemy.exc import SQLAlchemyError

from portal import kept_pages
from portal.installation import database, settings
from portal.security import LOOPBACK
from reminders import catalogue, clock, gauges
from reminders.gauges import Gauge as Reading

bp = Blueprint("health", __name__)


@bp.get("/healthz")
def healthz() -> ResponseReturnValue:
    return {"alive": True}


@bp.get("/readyz")
def readyz() -> ResponseReturnValue:
    """Ready means: the database answers, its tables are there, and the catalogue is loaded."""
    try:
        with database().read() as session:
            entries = len(catalogue.entries(session))
    except SQLAlchemyError as error:
        return {"ready": False, "reason": f"database: {type(error).__name__}"}, 503
    if not entries:
        return {"ready": False, "reason": "catalogue is empty: run `reminders catalogue load`"}, 503
    return {"ready": True, "catalogue_entries": entries}


@bp.get("/metrics")
def metrics() -> ResponseReturnValue:
    """For the machine itself, or for whoever knows the token."""
    token = settings().metrics_token
    told = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if token:
        if not hmac.compare_digest(told.encode(), token.encode()):
            abort(403)
    elif request.remote_addr not in LOOPBACK or "X-Forwarded-For" in request.headers:
        abort(403)
    with database().read() as session:
        found = gauges.readings(session, now=clock.now())
    return Response(_as_text(found) + generate_latest(_registry()), mimetype="text/plain")


def _as_text(found: list[Reading]) -> bytes:
    """Gauges of the whole installation; the counters after them are those of this one worker."""
    registry = CollectorRegistry()
    gauges: dict[str, Gauge] = {}
    for one in found:
        if one.name not in gauges:
            gauges[one.name] = Gauge(one.name, one.help, sorted(one.labels), registry=registry)
        gauge = gauges[one.name]
        (gauge.labels(**one.labels) if one.labels else gauge).set(one.value)
    return generate_latest(registry)


def _registry() -> CollectorRegistry:
    registry = g.get("metrics_registry")
    assert isinstance(registry, CollectorRegistry)
    return registry


def count_requests(app: Flask) -> Callable[[str, str], None]:
    """Counts answers and their time by route, never by address: addresses may name people.

    Returns what counts an answer that was given before this application was asked.
    """
    registry = CollectorRegistry()
    answers = Counter("portal_answers", "Answers by route and status", ["route", "status"], registry=registry)
    seconds = Histogram("portal_answer_seconds", "Time to answer by route", ["route"], registry=registry)

    @app.before_request
    def start() -> None:
        g.metrics_registry = registry
        g.started_s = time.monotonic()

    @app.after_request
    def stop(response: Response) -> Response:
        route = request.url_rule.rule if request.url_rule else "none"
        kept_pages.heard_by(request.environ, route)
        answers.labels(route, str(response.status_code)).inc()
        if "started_s" in g:
            seconds.labels(route).observe(time.monotonic() - g.started_s)
        return response

    return lambda route, status: answers.labels(route, status).inc()
