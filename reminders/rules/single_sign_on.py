"""What must hold of a single sign-on (OpenID Connect): its description, its proof, its second factor."""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

# Only keys that the provider alone holds may sign: never `none`, never a secret that we hold too.
ALGORITHMS = ("RS256", "PS256", "ES256", "RS384", "PS384", "ES384", "RS512", "PS512", "ES512")
LOOPBACK = ("127.0.0.1", "localhost", "::1")
DISCOVERY = "/.well-known/openid-configuration"


class NotTrusted(Exception):
    """Something of the provider does not fit; the reason is a short word for the log and the operator."""


@dataclass(frozen=True)
class Provider:
    """As the provider describes itself (OpenID Connect Discovery 1.0, section 3)."""

    issuer: str
    authorize_url: str
    token_url: str
    keys_url: str
    algorithms: tuple[str, ...]
    takes_basic: bool  # the client's secret goes into a header; otherwise into the form


def is_safe(url: str) -> bool:
    """TLS, or this machine: a token must not travel where others listen."""
    parts = urlsplit(url)
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK)


def provider_of(told: Mapping[str, object], issuer: str) -> Provider:
    """Raises NotTrusted when the description is another issuer's, or lacks what we need."""
    if told.get("issuer") != issuer:
        raise NotTrusted("issuer-differs")
    urls: list[str] = []
    for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
        url = told.get(name)
        if not isinstance(url, str) or not is_safe(url):
            raise NotTrusted(f"{name}-missing-or-plain-http")
        urls.append(url)
    if "S256" not in _words(told, "code_challenge_methods_supported", ["S256"]):
        raise NotTrusted("no-pkce-s256")
    offered = _words(told, "id_token_signing_alg_values_supported", ["RS256"])
    algorithms = tuple(one for one in ALGORITHMS if one in offered)
    if not algorithms:
        raise NotTrusted("no-signature-we-take")
    methods = _words(told, "token_endpoint_auth_methods_supported", ["client_secret_basic"])
    return Provider(issuer, urls[0], urls[1], urls[2], algorithms, "client_secret_basic" in methods)


def challenge(verifier: str) -> str:
    """The S256 challenge of a PKCE verifier (RFC 7636, section 4.2)."""
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def check_claims(claims: Mapping[str, object], client_id: str, nonce: str) -> str:
    """The subject of a token whose signature, issuer, audience and time were right. Raises NotTrusted."""
    told = claims.get("nonce")
    if not nonce or not isinstance(told, str) or not hmac.compare_digest(told.encode(), nonce.encode()):
        raise NotTrusted("nonce-differs")
    audience = claims.get("aud")
    if isinstance(audience, list) and len(audience) > 1 and claims.get("azp") != client_id:
        raise NotTrusted("for-another-party")
    subject = claims.get("sub")
    if not isinstance(subject, str) or not 0 < len(subject) <= 255:
        raise NotTrusted("no-subject")
    return subject


def has_second_factor(claims: Mapping[str, object], acr_values: str) -> bool:
    """The provider says so itself: `mfa` among the methods (RFC 8176), or a level the bureau named."""
    methods = claims.get("amr")
    if isinstance(methods, list) and "mfa" in methods:
        return True
    return bool(claims.get("acr")) and claims.get("acr") in acr_values.split()


def _words(told: Mapping[str, object], name: str, otherwise: list[str]) -> list[object]:
    found = told.get(name, otherwise)
    return list(found) if isinstance(found, list) else []
