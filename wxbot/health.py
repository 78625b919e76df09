"""Tells machines whether this process lives, can work, and how it is doing."""

import hmac

from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Blueprint, Response, abort, request
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import SQLAlchemyError

from reminders import migrations
from reminders.db import Database
from wxbot.site import site

bp = Blueprint("health", __name__)
LOOPBACK = ("127.0.0.1", "::1")


@bp.get("/healthz")
def healthz() -> ResponseReturnValue:
    return {"alive": True}


@bp.get("/readyz")
def readyz() -> ResponseReturnValue:
    """Ready means: the database answers, and its schema is the one this code was written for."""
    try:
        stored, wanted = _revisions(site().database)
    except SQLAlchemyError as error:
        return {"ready": False, "reason": f"database: {type(error).__name__}"}, 503
    if stored != wanted:
        reason = f"schema is {stored or 'empty'}, wanted {wanted}: run `reminders migrate`"
        return {"ready": False, "reason": reason}, 503
    return {"ready": True, "schema": stored}


@bp.get("/metrics")
def metrics() -> ResponseReturnValue:
    """For whoever knows the token; without one in the settings, for the machine itself."""
    token = site().settings.metrics_token
    told = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if token:
        if not hmac.compare_digest(told.encode(), token.encode()):
            abort(403)
    elif request.remote_addr not in LOOPBACK or "X-Forwarded-For" in request.headers:
        abort(403)
    return Response(site().measures.text(), mimetype="text/plain")


def _revisions(database: Database) -> tuple[str | None, str | None]:
    scripts = ScriptDirectory.from_config(migrations.config_for(database.engine))
    with database.engine.connect() as connection:
        stored = MigrationContext.configure(connection).get_current_revision()
    return stored, scripts.get_current_head()
