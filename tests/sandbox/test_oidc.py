"""The sandbox's single sign-on keeps to the books: what a client may expect of a provider."""

import base64
import hashlib
import json
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import requests

from tests.sandbox.bot import OIDC_SECRET, Sandbox

VERIFIER = "v" * 43
BACK = "http://127.0.0.1:1/back"
CLIENT = ("reminders", OIDC_SECRET)


def authorize(sandbox: Sandbox, **more: str) -> requests.Response:
    digest = hashlib.sha256(VERIFIER.encode()).digest()
    query = {
        "response_type": "code",
        "client_id": "reminders",
        "redirect_uri": BACK,
        "scope": "openid",
        "state": "s1",
        "nonce": "n1",
        "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
        "code_challenge_method": "S256",
        "as": "city-0001",
        **more,
    }
    url = f"{sandbox.url}/oidc/authorize?{urlencode(query)}"
    return requests.get(url, allow_redirects=False, timeout=5)


def told(answer: requests.Response) -> dict[str, list[str]]:
    return parse_qs(urlsplit(answer.headers["Location"]).query)


def exchange(sandbox: Sandbox, code: str, auth: tuple[str, str] | None = CLIENT, **more: str) -> Any:
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": BACK, "code_verifier": VERIFIER}
    return requests.post(f"{sandbox.url}/oidc/token", data=form | more, auth=auth, timeout=5).json()


def code(sandbox: Sandbox) -> str:
    return told(authorize(sandbox))["code"][0]


def test_code_brings_a_token_once(sandbox: Sandbox) -> None:
    one = code(sandbox)
    head, body, _ = exchange(sandbox, one)["id_token"].split(".")
    claims, header = (json.loads(base64.urlsafe_b64decode(part + "==")) for part in (body, head))
    assert (claims["sub"], claims["nonce"], claims["aud"]) == ("city-0001", "n1", "reminders")
    keys = sandbox.get("/oidc/jwks")["keys"]
    assert [key["kid"] for key in keys] == [header["kid"]]
    assert exchange(sandbox, one)["error"] == "invalid_grant"
    rotated = sandbox.post("/sandbox/oidc/rotate", {})["kid"]
    assert [key["kid"] for key in sandbox.get("/oidc/jwks")["keys"]] == [rotated, header["kid"]]


@pytest.mark.parametrize(
    ("auth", "more", "error"),
    [
        (("reminders", "wrong"), {}, "invalid_client"),
        (None, {}, "invalid_client"),
        (CLIENT, {"code_verifier": "w" * 43}, "invalid_grant"),
        (CLIENT, {"redirect_uri": "http://127.0.0.1:1/other"}, "invalid_grant"),
        (CLIENT, {"grant_type": "password"}, "unsupported_grant_type"),
    ],
)
def test_exchange_that_does_not_fit_is_refused(
    sandbox: Sandbox, auth: tuple[str, str] | None, more: dict[str, str], error: str
) -> None:
    assert exchange(sandbox, code(sandbox), auth, **more)["error"] == error


def test_wrong_requests_come_back_as_errors_or_stay(sandbox: Sandbox) -> None:
    assert told(authorize(sandbox, code_challenge_method="plain"))["error"] == ["invalid_request"]
    assert told(authorize(sandbox, **{"as": "nobody"}))["error"] == ["access_denied"]
    assert authorize(sandbox, client_id="another").status_code == 400
    assert "提醒专员示例" in authorize(sandbox, **{"as": ""}).text
