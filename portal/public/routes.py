"""Puts the parts of the public site together and tells its templates who is looking and how."""

from flask import Flask
from flask_wtf.csrf import CSRFProtect

from portal.public import (
    about,
    bp,
    english,
    feeds,
    guides,
    home,
    notices,
    open_data,
    performance,
    preferences,
    reports,
    search,
    self_check,
)

PARTS = (
    home,
    notices,
    guides,
    about,
    english,
    preferences,
    self_check,
    reports,
    open_data,
    performance,
    search,
)
# Their forms carry no token: nobody is signed in whose name could be misused, and the pages need no cookie.
WITHOUT_TOKEN = (self_check.answer, reports.send)


def open_site(app: Flask, csrf: CSRFProtect) -> None:
    app.register_blueprint(bp)
    for view in WITHOUT_TOKEN:
        csrf.exempt(view)
    app.register_blueprint(feeds.bp)

    @app.context_processor
    def looking() -> dict[str, object]:
        return {"view": preferences.view(), "here": preferences.here()}
