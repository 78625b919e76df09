"""Makes the WeChat door's WSGI application."""

from urllib.parse import urlsplit

from flask import Flask
from flask_wtf.csrf import CSRFProtect

from config import logs
from config import settings as told
from config.settings import Settings
from reminders import db
from reminders.crypto import Vault
from wxbot import (
    answer_pages,
    appeal_pages,
    assets,
    bind_pages,
    bound_pages,
    callback,
    choice_pages,
    data_pages,
    doors,
    elsewhere_pages,
    feedback_pages,
    health,
    left_pages,
    license_pages,
    oauth,
    pages,
    people_pages,
    reader,
    security,
    settings_pages,
    subscription_pages,
    visit_pages,
)
from wxbot.envelope import LARGEST_BODY, Keys
from wxbot.measures import Measures
from wxbot.site import EXTENSION, Site

ROOMS = (
    callback,
    health,
    assets,
    oauth,
    doors,
    pages,
    license_pages,
    answer_pages,
    bind_pages,
    bound_pages,
    elsewhere_pages,
    appeal_pages,
    people_pages,
    data_pages,
    settings_pages,
    choice_pages,
    left_pages,
    subscription_pages,
    visit_pages,
    feedback_pages,
    reader,
)
CONNECTIONS = 16  # gunicorn's threads; connections are made at the first request, after the fork
LONGEST_WAIT_S = 3.0  # WeChat hangs up after five


def create_app(settings: Settings | None = None) -> Flask:
    """Raises SettingsError when the environment does not say enough."""
    if settings is None:
        settings = told.load()
        logs.set_up(settings.log_level)
    app = Flask(__name__, static_folder=None)
    app.config.update(
        SECRET_KEY=settings.secret_key,
        MAX_CONTENT_LENGTH=LARGEST_BODY,
        WTF_CSRF_TIME_LIMIT=None,  # the session itself ends after two hours
        WTF_CSRF_SSL_STRICT=False,  # some phones send no Referer; the cookie is SameSite
        WTF_I18N_ENABLED=False,
        TRUSTED_HOSTS=[urlsplit(settings.wxbot_url).hostname or "", "127.0.0.1", "localhost"],
    )
    vault = Vault.from_text(settings.field_keys)
    app.extensions[EXTENSION] = Site(
        settings=settings,
        database=db.open_database(
            settings.database_url,
            vault,
            pool_size=CONNECTIONS,
            wait_s=LONGEST_WAIT_S,
            is_practice=settings.practice,
        ),
        keys=_keys(settings),
        measures=Measures(),
    )
    security.protect(app, settings)
    CSRFProtect(app).exempt(callback.bp)  # WeChat signs what it sends
    for room in ROOMS:
        app.register_blueprint(room.bp)
    pages.show_errors(app)
    reader.greet(app)
    return app


def _keys(settings: Settings) -> Keys:
    aes_keys = (settings.wechat_aes_key, settings.wechat_aes_key_previous)
    return Keys(
        app_id=settings.wechat_app_id,
        token=settings.wechat_token,
        aes_keys=tuple(filter(None, aes_keys)),
        original_id=settings.wechat_original_id,
    )
