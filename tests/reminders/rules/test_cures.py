"""Every code for which a channel rests has a cure of its own."""

import pytest

from jobs.gateways import business_system, sms, sms_aliyun, sms_mas, sms_tencent, wechat
from reminders.rules.cures import UNKNOWN, cure
from reminders.rules.delivery_rules import SendOutcome

RESTS = {SendOutcome.ACCOUNT_FAULT, SendOutcome.CONFIG_FAULT, SendOutcome.QUOTA}
GATEWAYS = (wechat, sms, sms_aliyun, sms_mas, sms_tencent)
CODES = [str(code) for gateway in GATEWAYS for code, meaning in gateway.MEANINGS.items() if meaning in RESTS]
CODES += [f"http-{code}" for code, meaning in business_system.MEANINGS.items() if meaning in RESTS]


@pytest.mark.parametrize("code", [*CODES, "http-302"])
def test_code_that_makes_a_channel_rest_has_a_cure(code: str) -> None:
    assert cure(f"{code} rid-1") != UNKNOWN


def test_code_nobody_knows_says_where_to_look() -> None:
    assert cure("99999") == UNKNOWN
