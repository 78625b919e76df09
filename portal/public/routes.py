"""Puts the parts of the public site together and tells its templates who is looking and how."""

from flask import Flask

from portal.public import about, bp, feeds, guides, home, notices, preferences

PARTS = (home, notices, guides, about, preferences)


def open_site(app: Flask) -> None:
    app.register_blueprint(bp)
    app.register_blueprint(feeds.bp)

    @app.context_processor
    def looking() -> dict[str, object]:
        return {"view": preferences.view(), "here": preferences.here()}
