"""Cookies and headers that keep a holder's page from being turned against them."""

from datetime import timedelta

from flask import Flask, Response, request

from config.settings import Settings
from reminders.rules.networks import networks_in, visitor
from wxbot.site import site

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cross-Origin-Opener-Policy": "same-origin",
}
SESSION_LIFETIME = timedelta(hours=2)  # signing in again is silent, so it may be short
PAGES = "/h5/"
ASSETS = "/h5/static/"


def client_address() -> str:
    """The visitor's address; only our own proxies are believed when they tell another one."""
    proxies = networks_in(site().settings.trusted_proxies)
    return visitor(request.remote_addr or "", request.headers.get("X-Forwarded-For", ""), proxies)


def protect(app: Flask, settings: Settings) -> None:
    secure = settings.wxbot_url.startswith("https://")
    app.config.update(
        SESSION_COOKIE_NAME="wxbot_session",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=secure,
        SESSION_COOKIE_PATH="/h5",
        PERMANENT_SESSION_LIFETIME=SESSION_LIFETIME,
        SESSION_REFRESH_EACH_REQUEST=False,
    )

    @app.after_request
    def add_headers(response: Response) -> Response:
        response.headers["X-Content-Type-Options"] = "nosniff"
        if not request.path.startswith(PAGES):
            return response
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        if secure:
            response.headers.setdefault("Strict-Transport-Security", "max-age=31536000")
        if not request.path.startswith(ASSETS):
            response.headers["Cache-Control"] = "no-store"
        return response
