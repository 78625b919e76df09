"""The city's single sign-on: an OpenID Connect provider with made-up colleagues, under /oidc.

Discovery, authorization code with PKCE (S256 is demanded), a code that counts once and for a minute, ID
tokens signed with RS256, keys that rotate. `POST /sandbox/oidc` spoils the next token: its claims, its
algorithm, its key. Everybody is forgotten with the process.
"""

import base64
import hashlib
import hmac
import json
import secrets
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode, urlsplit

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from flask import Blueprint, Response, current_app, jsonify, redirect, render_template, request
from flask.typing import ResponseReturnValue

from sandbox.world import world

bp = Blueprint("oidc", __name__)
EXTENSION = "sandbox.oidc"
CODE_LIFE_S = 60
TOKEN_LIFE_S = 300
PEOPLE = {
    "city-0001": "提醒专员示例",
    "city-0002": "科室负责人示例",
    "city-0003": "业务科示例",
    "city-0004": "办公室示例",
    "city-0005": "没有邀请的人示例",
}


@dataclass
class Key:
    kid: str
    private: rsa.RSAPrivateKey


@dataclass
class Desk:
    """The first key signs; the others are still published. `spoil` changes the next token."""

    keys: list[Key] = field(default_factory=list)
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    spoil: dict[str, Any] = field(default_factory=dict)


@bp.get("/oidc/.well-known/openid-configuration")
def discovery() -> Response:
    here = f"{world().url()}/oidc"
    return jsonify(
        issuer=here,
        authorization_endpoint=f"{here}/authorize",
        token_endpoint=f"{here}/token",
        jwks_uri=f"{here}/jwks",
        response_types_supported=["code"],
        subject_types_supported=["public"],
        id_token_signing_alg_values_supported=["RS256"],
        token_endpoint_auth_methods_supported=["client_secret_basic", "client_secret_post"],
        code_challenge_methods_supported=["S256"],
        scopes_supported=["openid"],
    )


@bp.get("/oidc/jwks")
def jwks() -> Response:
    return jsonify(keys=[_public(key) for key in _desk().keys])


@bp.get("/oidc/authorize")
def authorize() -> ResponseReturnValue:
    """Asks who is there, unless `as` says it; sends errors back as RFC 6749, section 4.1.2.1, wants."""
    args, back = request.args, request.args.get("redirect_uri", "")
    if args.get("client_id") != world().settings.oidc_client_id or urlsplit(back).scheme not in (
        "http",
        "https",
    ):
        return render_template("oidc.html", problem="client_id 或 redirect_uri 不对", people={}), 400
    state = args.get("state", "")
    if args.get("response_type") != "code" or "openid" not in args.get("scope", "").split():
        return redirect(f"{back}?{urlencode({'error': 'invalid_request', 'state': state})}")
    if args.get("code_challenge_method") != "S256" or not args.get("code_challenge"):
        return redirect(f"{back}?{urlencode({'error': 'invalid_request', 'state': state})}")
    subject = args.get("as", "")
    if subject == "nobody":
        return redirect(f"{back}?{urlencode({'error': 'access_denied', 'state': state})}")
    if not subject:
        return render_template("oidc.html", problem="", people=PEOPLE, query=request.query_string.decode())
    code = secrets.token_urlsafe(32)
    names = ("redirect_uri", "nonce", "code_challenge", "client_id")
    kept = {name: args.get(name, "") for name in names}
    desk = _desk()
    with world().lock:
        desk.codes[code] = {**kept, "sub": subject, "ends": str(time.time() + CODE_LIFE_S)}
    return redirect(f"{back}?{urlencode({'code': code, 'state': state})}")


@bp.post("/oidc/token")
def token() -> tuple[Response, int]:
    form = request.form
    if not _is_client():
        return jsonify(error="invalid_client"), 401
    if form.get("grant_type") != "authorization_code":
        return jsonify(error="unsupported_grant_type"), 400
    desk = _desk()
    with world().lock:
        asked = desk.codes.pop(form.get("code", ""), None)
        spoil, desk.spoil = desk.spoil, {}
    digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
    if (
        asked is None
        or float(asked["ends"]) < time.time()
        or asked["redirect_uri"] != form.get("redirect_uri")
        or not hmac.compare_digest(asked["code_challenge"], _b64(digest))
    ):
        return jsonify(error="invalid_grant"), 400
    now = int(time.time())
    claims = {
        "iss": f"{world().url()}/oidc",
        "aud": asked["client_id"],
        "sub": asked["sub"],
        "nonce": asked["nonce"],
        "iat": now,
        "exp": now + TOKEN_LIFE_S,
        **spoil.get("claims", {}),
    }
    world().counts["oidc_tokens"] += 1
    kept = {name: value for name, value in claims.items() if value is not None}
    id_token = _signed(kept, str(spoil.get("alg") or "RS256"), str(spoil.get("kid") or ""))
    return jsonify(
        access_token=secrets.token_urlsafe(32), token_type="Bearer", expires_in=300, id_token=id_token
    ), 200


@bp.post("/sandbox/oidc")
def spoil() -> Response:
    """`claims` of the next token (null leaves one out), its `alg` (none, HS256), its `kid`."""
    _desk().spoil = request.get_json()
    return jsonify(ok=True)


@bp.post("/sandbox/oidc/rotate")
def rotate() -> Response:
    """A new key signs from now on; the old one stays published unless `forget` is told."""
    desk = _desk()
    old = [] if (request.get_json(silent=True) or {}).get("forget") else desk.keys
    desk.keys = [_new_key(), *old]
    return jsonify(kid=desk.keys[0].kid)


def _desk() -> Desk:
    desk = current_app.extensions.get(EXTENSION)
    if not isinstance(desk, Desk):
        with world().lock:
            desk = current_app.extensions.setdefault(EXTENSION, Desk([_new_key()]))
    return desk


def _new_key() -> Key:
    return Key(secrets.token_hex(4), rsa.generate_private_key(65537, 2048))


def _is_client() -> bool:
    settings, told = world().settings, request.authorization
    name = told.username if told and told.type == "basic" else request.form.get("client_id")
    secret = told.password if told and told.type == "basic" else request.form.get("client_secret", "")
    same = hmac.compare_digest((secret or "").encode(), settings.oidc_client_secret.encode())
    return name == settings.oidc_client_id and same


def _signed(claims: dict[str, Any], algorithm: str, kid: str) -> str:
    key = _desk().keys[0]
    head = {"typ": "JWT", "alg": algorithm, "kid": kid or key.kid}
    text = ".".join(_b64(json.dumps(part).encode()) for part in (head, claims))
    if algorithm == "none":
        return f"{text}."
    if algorithm == "HS256":  # the trick of taking a public key for a secret
        public = json.dumps(_public(key)).encode()
        return f"{text}.{_b64(hmac.new(public, text.encode(), hashlib.sha256).digest())}"
    return f"{text}.{_b64(key.private.sign(text.encode(), padding.PKCS1v15(), hashes.SHA256()))}"


def _public(key: Key) -> dict[str, str]:
    numbers = key.private.public_key().public_numbers()
    size = (numbers.n.bit_length() + 7) // 8
    return {
        "kty": "RSA",
        "use": "sig",
        "alg": "RS256",
        "kid": key.kid,
        "n": _b64(numbers.n.to_bytes(size, "big")),
        "e": _b64(numbers.e.to_bytes(3, "big")),
    }


def _b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
