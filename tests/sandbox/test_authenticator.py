"""The sandbox's authenticator shows what RFC 6238 says, and what the product takes."""

import base64

import pyotp
import pytest

from sandbox import authenticator

RFC = base64.b32encode(b"12345678901234567890").decode()


@pytest.mark.parametrize(
    ("at", "shown"), [(59, "287082"), (1111111109, "081804"), (1234567890, "005924"), (20000000000, "353130")]
)
def test_codes_are_those_of_the_standard(at: int, shown: str) -> None:
    assert authenticator.code(RFC, at) == shown == pyotp.TOTP(RFC).at(at)


def test_secrets_are_long_and_new() -> None:
    assert authenticator.new_secret() != authenticator.new_secret()
    assert len(base64.b32decode(authenticator.new_secret())) == 20
