"""Puts the sandbox together: `python -m sandbox.app --port N`, or `sandbox.app:create_app()` for gunicorn."""

import argparse
import signal
import sys
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from urllib.parse import urlsplit

from flask import Flask, Response, redirect
from werkzeug import Response as WerkzeugResponse

from sandbox import (
    article_api,
    business_system,
    cms,
    control,
    e_license,
    files,
    oauth,
    oidc,
    page_scripts,
    phone,
    regulator,
    server,
    settings,
    sms,
    sms_platforms,
    wechat_api,
)
from sandbox.faults import FaultyConnections
from sandbox.settings import Settings, SettingsError
from sandbox.tokens import CHINA
from sandbox.world import build

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
DEFAULT_PORT = 8009
ROOMS = (
    wechat_api,
    article_api,
    oauth,
    oidc,
    sms,
    sms_platforms,
    cms,
    files,
    regulator,
    business_system,
    e_license,
    control,
    page_scripts,
    phone,
)


def create_app(given: Settings | None = None, now: Callable[[], float] = time.time) -> Flask:
    """One process with many threads: the state lives in memory and in the log of its folder."""
    app = Flask(__name__)
    world = build(given or settings.load(), now)
    app.extensions["sandbox"] = world
    app.jinja_env.globals["account_name"] = world.settings.account_name
    app.jinja_env.filters["china"] = china
    for room in ROOMS:
        app.register_blueprint(room.bp)
    app.after_request(_guard)
    app.add_url_rule("/", "home", lambda: redirect("/phone"))
    app.add_url_rule("/healthz", "healthz", lambda: Response("ok\n", content_type="text/plain"))
    app.wsgi_app = FaultyConnections(app.wsgi_app, world.faults)  # type: ignore[method-assign]
    return app


def china(at: str) -> str:
    """2026-12-20 09:30, as clocks show it in Weihai."""
    return datetime.fromisoformat(at).astimezone(CHINA).strftime("%Y-%m-%d %H:%M")


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m sandbox.app", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, help="that of SANDBOX_URL, or 8009; 0: a free one, printed")
    options = parser.parse_args(arguments)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        told = settings.load()
        named = urlsplit(told.url).port or DEFAULT_PORT
        server.serve(create_app(told), options.host, named if options.port is None else options.port)
    except SettingsError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    except KeyboardInterrupt:
        return 0
    return 0


def _guard(answer: Response) -> WerkzeugResponse:
    answer.headers.setdefault("Content-Security-Policy", POLICY)
    answer.headers.setdefault("X-Content-Type-Options", "nosniff")
    answer.headers.setdefault("Referrer-Policy", "same-origin")
    answer.headers.setdefault("Cache-Control", "no-store")
    return answer


if __name__ == "__main__":
    sys.exit(main())
