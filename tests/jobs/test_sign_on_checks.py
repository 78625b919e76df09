"""`reminders doctor` on the single sign-on: what is missing, what does not fit, what is well."""

import pytest

from config.settings import Settings
from jobs.findings import Finding
from jobs.sign_on_checks import sign_on_check
from tests.jobs.conftest import Platform


def look(told: Settings, **more: object) -> Finding:
    return sign_on_check(told.model_copy(update=more))


def test_nothing_to_look_at_without_an_issuer(told: Settings) -> None:
    assert "password" in look(told).told


def test_provider_is_read_as_a_sign_in_reads_it(told: Settings, platform: Platform) -> None:
    issuer = f"{platform.url}/oidc"
    assert (
        "1 keys, RS256"
        in look(told, oidc_issuer=issuer, oidc_client_id="reminders", oidc_client_secret="s").told
    )
    assert "public client" in look(told, oidc_issuer=issuer, oidc_client_id="reminders").told


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"oidc_issuer": "https://sso.example.gov.cn"}, "OIDC_CLIENT_ID is empty"),
        ({"oidc_issuer": "http://sso.example.gov.cn", "oidc_client_id": "c"}, "not https"),
        ({"oidc_issuer": "http://127.0.0.1:9/oidc", "oidc_client_id": "c"}, "Refused"),
    ],
)
def test_what_does_not_fit_is_named(told: Settings, more: dict[str, object], says: str) -> None:
    assert says in look(told, **more).told


def test_another_issuer_and_missing_keys_are_found(told: Settings, platform: Platform) -> None:
    client = {"oidc_client_id": "c", "oidc_client_secret": "s"}
    assert "issuer-differs" in look(told, oidc_issuer=f"{platform.url}/oidc/", **client).told
    platform.fault("json", "/oidc/jwks", value={"keys": []})
    assert "no keys" in look(told, oidc_issuer=f"{platform.url}/oidc", **client).told
