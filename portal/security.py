"""Headers that keep a page from being turned against its reader, and the address a request came from."""

from urllib.parse import urlsplit

from flask import Flask, Response, request

from config.settings import Settings
from portal.installation import settings
from reminders.rules.networks import is_within, networks_in, visitor

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
LOOPBACK = ("127.0.0.1", "::1")


def protect(app: Flask, told: Settings) -> None:
    """Cookies, trusted hosts and headers of every answer."""
    secure = told.portal_url.startswith("https://")
    app.config.update(
        SECRET_KEY=told.secret_key,
        SESSION_COOKIE_NAME="staff_session",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=secure,
        TRUSTED_HOSTS=[urlsplit(told.portal_url).hostname or "", "127.0.0.1", "localhost", "[::1]"],
    )

    @app.after_request
    def add_headers(response: Response) -> Response:
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        if secure:
            response.headers.setdefault("Strict-Transport-Security", "max-age=31536000")
        if request.path.startswith("/staff"):
            response.headers["Cache-Control"] = "no-store"
        return response


def client_address() -> str:
    """The visitor's address; only our own proxies are believed when they tell another one."""
    proxies = networks_in(settings().trusted_proxies)
    return visitor(request.remote_addr or "", request.headers.get("X-Forwarded-For", ""), proxies)


def may_enter(address: str, networks: str) -> bool:
    """Whether staff may come from here; no list means from anywhere."""
    allowed = networks_in(networks)
    return not allowed or is_within(address, allowed)
