"""Makes the web application of the public portal and the staff console."""

import hashlib
from functools import cache
from pathlib import Path

from flask import Flask
from flask_wtf.csrf import CSRFProtect

from config import logs
from config import settings as told
from config.settings import Settings
from portal import cards, check, errors, health, notice_files, security, sms_reports, words
from portal.installation import KEY, Installation
from portal.kept_pages import KeptPages
from portal.public import routes as site
from portal.staff import routes

LARGEST_UPLOAD = 10 * 1024 * 1024
FORM_AROUND_UPLOAD = 64 * 1024
STATIC_LIFETIME_S = 365 * 24 * 3600  # addresses of static files carry their digest


def create_app(settings: Settings | None = None) -> Flask:
    """The WSGI application; the database is opened by the first request of each process."""
    if settings is None:
        settings = told.load()
        logs.set_up(settings.log_level)
    app = Flask(__name__)
    app.extensions[KEY] = Installation(settings)
    app.config.update(
        MAX_CONTENT_LENGTH=LARGEST_UPLOAD + FORM_AROUND_UPLOAD,
        SEND_FILE_MAX_AGE_DEFAULT=STATIC_LIFETIME_S,
        WTF_I18N_ENABLED=False,
        WTF_CSRF_TIME_LIMIT=None,  # the session itself ends when nobody works
    )
    security.protect(app, settings)
    count = health.count_requests(app)
    csrf = CSRFProtect(app)
    errors.show_errors(app)
    words.teach(app)
    cards.teach(app)
    app.register_blueprint(health.bp)
    site.open_site(app, csrf)
    app.register_blueprint(check.bp)
    app.register_blueprint(notice_files.bp)
    app.register_blueprint(sms_reports.bp)
    csrf.exempt(sms_reports.bp)
    app.register_blueprint(routes.console())
    app.url_defaults(_add_digest)
    app.wsgi_app = KeptPages(app.wsgi_app, app.extensions[KEY], count)  # type: ignore[method-assign]
    return app


def _add_digest(endpoint: str, values: dict[str, object]) -> None:
    if endpoint == "static" and isinstance(values.get("filename"), str):
        values["v"] = _digest(str(values["filename"]))


@cache
def _digest(file_name: str) -> str:
    content = (Path(__file__).parent / "static" / file_name).read_bytes()
    return hashlib.sha256(content).hexdigest()[:10]
