"""Talks to the city's single sign-on (OpenID Connect): where to send people, and whom it vouches for."""

import secrets
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, cast
from urllib.parse import urlencode

import jwt
import requests

from config.settings import Settings
from portal.installation import installation
from reminders.rules.single_sign_on import (
    DISCOVERY,
    NotTrusted,
    Provider,
    challenge,
    check_claims,
    has_second_factor,
    provider_of,
)

KEPT = "single_sign_on"
TIMEOUT_S = (3.05, 5)
FRESH_S = 3600.0
LEEWAY_S = 60
SCOPE = "openid"
NEEDED = ["exp", "iat", "iss", "aud", "sub", "nonce"]


@dataclass(frozen=True)
class Journey:
    """What a browser must bring back: it stands in the person's own cookie, signed, and counts once."""

    state: str
    nonce: str
    verifier: str


@dataclass(frozen=True)
class Proven:
    subject: str
    has_second_factor: bool


@dataclass
class _Known:
    """The provider's description and keys, read again after an hour or when a key is not among them."""

    provider: Provider
    read_at: float
    keys: dict[str, jwt.PyJWK] = field(default_factory=dict)


_lock = threading.Lock()


def start(settings: Settings, back: str) -> tuple[str, Journey]:
    """The address at the provider, and what to remember until the person comes back. Raises NotTrusted."""
    known = _known(settings)
    journey = Journey(*(secrets.token_urlsafe(32) for _ in range(3)))
    query = {
        "response_type": "code",
        "client_id": settings.oidc_client_id,
        "redirect_uri": back,
        "scope": SCOPE,
        "state": journey.state,
        "nonce": journey.nonce,
        "code_challenge": challenge(journey.verifier),
        "code_challenge_method": "S256",
    }
    if settings.oidc_acr_values:
        query["acr_values"] = settings.oidc_acr_values
    joint = "&" if "?" in known.provider.authorize_url else "?"
    return f"{known.provider.authorize_url}{joint}{urlencode(query)}", journey


def prove(settings: Settings, code: str, journey: Journey, back: str) -> Proven:
    """Exchanges the code and verifies the token that comes for it. Raises NotTrusted."""
    known = _known(settings)
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": back,
        "code_verifier": journey.verifier,
        "client_id": settings.oidc_client_id,
    }
    auth = None
    if settings.oidc_client_secret and known.provider.takes_basic:
        auth = (settings.oidc_client_id, settings.oidc_client_secret)
    elif settings.oidc_client_secret:
        form["client_secret"] = settings.oidc_client_secret
    told = _ask("POST", known.provider.token_url, data=form, auth=auth)
    token = told.get("id_token")
    if not isinstance(token, str):
        raise NotTrusted("no-id-token")
    claims = _verified(settings, known, token)
    subject = check_claims(claims, settings.oidc_client_id, journey.nonce)
    return Proven(subject, has_second_factor(claims, settings.oidc_acr_values))


def _verified(settings: Settings, known: _Known, token: str) -> Mapping[str, Any]:
    """Signature by a key of the provider and an algorithm it offers; issuer, audience and times."""
    try:
        head = jwt.get_unverified_header(token)
        algorithm = head.get("alg")
        if algorithm not in known.provider.algorithms:
            raise NotTrusted("algorithm")
        key = _key(known, str(head.get("kid") or ""))
        claims = jwt.decode(
            token,
            key,
            algorithms=[algorithm],
            audience=settings.oidc_client_id,
            issuer=known.provider.issuer,
            leeway=LEEWAY_S,
            options={"require": NEEDED},
        )
    except jwt.PyJWTError as error:
        raise NotTrusted(type(error).__name__) from None
    return cast(Mapping[str, Any], claims)


def _key(known: _Known, kid: str) -> jwt.PyJWK:
    """An unknown key id means that the provider took new keys: they are read once more."""
    if kid not in known.keys:
        known.keys = _read_keys(known.provider)
    if not kid and len(known.keys) == 1:
        return next(iter(known.keys.values()))
    if kid not in known.keys:
        raise NotTrusted("unknown-key")
    return known.keys[kid]


def _read_keys(provider: Provider) -> dict[str, jwt.PyJWK]:
    """Keys of a kind we know; one nobody understands does not keep the others out."""
    found: dict[str, jwt.PyJWK] = {}
    told = _ask("GET", provider.keys_url).get("keys")
    for one in told if isinstance(told, list) else []:
        if isinstance(one, dict) and one.get("kty") in ("RSA", "EC") and one.get("use", "sig") == "sig":
            with suppress(jwt.PyJWTError):
                found[str(one.get("kid") or "")] = jwt.PyJWK(one)
    return found


def _known(settings: Settings) -> _Known:
    kept = installation().kept
    with _lock:
        known = cast(_Known | None, kept.get(KEPT))
        is_fresh = known is not None and time.monotonic() - known.read_at < FRESH_S
        if known is None or not is_fresh or known.provider.issuer != settings.oidc_issuer:
            told = _ask("GET", settings.oidc_issuer.rstrip("/") + DISCOVERY)
            known = _Known(provider_of(told, settings.oidc_issuer), time.monotonic())
            kept[KEPT] = known
        return known


def _ask(method: str, url: str, **more: Any) -> dict[str, Any]:
    """Follows no redirect; the text of a failure may hold the secret, so only its kind is kept."""
    try:
        answer = requests.request(method, url, timeout=TIMEOUT_S, allow_redirects=False, **more)
        told = answer.json()
    except requests.RequestException as error:
        raise NotTrusted(type(error).__name__) from None
    except ValueError:
        raise NotTrusted("not-json") from None
    if not isinstance(told, dict):
        raise NotTrusted("not-json")
    if answer.status_code != 200:
        raise NotTrusted(str(told.get("error") or f"http-{answer.status_code}")[:40])
    return told
