"""Where a license stands, in the shared words."""

from datetime import date

import pytest

from reminders.rules.dates import Workdays
from reminders.rules.lifecycle import Expiry, LicenseState
from reminders.rules.status import LicenseStatus, StatusKey, Tone, license_status
from reminders.rules.window import Unit, WindowRule, renewal_window

EXPIRES_ON = date(2026, 12, 31)
PLAIN = WindowRule(None, 30, Unit.DAY)  # closes on Tuesday 2026-12-01
WATERWAY = WindowRule(30, 0, Unit.DAY)  # 2026-12-01 to 2026-12-31
UNKNOWN = WindowRule(None, None, Unit.DAY)


def status(
    today: str,
    rule: WindowRule = PLAIN,
    *,
    state: LicenseState = LicenseState.ACTIVE,
    expiry: Expiry = Expiry.DATED,
    expires_on: date | None = EXPIRES_ON,
) -> LicenseStatus:
    window = renewal_window(expires_on, rule, Workdays()) if expires_on else None
    return license_status(
        state=state, expiry=expiry, expires_on=expires_on, window=window, today=date.fromisoformat(today)
    )


@pytest.mark.parametrize(
    ("today", "rule", "word", "tone", "key"),
    [
        ("2026-09-29", PLAIN, "有效", Tone.GREEN, StatusKey.VALID),
        ("2026-09-30", PLAIN, "可以申请，最迟 2026-12-01", Tone.AMBER, StatusKey.OPEN),
        ("2026-10-31", PLAIN, "可以申请，最迟 2026-12-01", Tone.AMBER, StatusKey.OPEN),
        ("2026-11-01", PLAIN, "还剩 30 天可申请", Tone.RED, StatusKey.CLOSING),
        ("2026-11-30", PLAIN, "还剩 1 天可申请", Tone.RED, StatusKey.CLOSING),
        ("2026-12-01", PLAIN, "今天是最迟申请日", Tone.RED, StatusKey.CLOSING),
        ("2026-12-02", PLAIN, "已过申请期，请联系科室", Tone.RED, StatusKey.CLOSED),
        ("2026-12-30", PLAIN, "已过申请期，请联系科室", Tone.RED, StatusKey.CLOSED),
        ("2026-12-31", PLAIN, "今天到期", Tone.RED, StatusKey.EXPIRES_TODAY),
        ("2027-01-01", PLAIN, "已过期 1 天", Tone.RED, StatusKey.EXPIRED),
        ("2027-01-31", PLAIN, "已过期 31 天", Tone.RED, StatusKey.EXPIRED),
        ("2026-11-30", WATERWAY, "有效", Tone.GREEN, StatusKey.VALID),
        ("2026-12-01", WATERWAY, "还剩 30 天可申请", Tone.RED, StatusKey.CLOSING),
        ("2026-12-31", WATERWAY, "今天到期", Tone.RED, StatusKey.EXPIRES_TODAY),
        ("2026-12-20", UNKNOWN, "有效", Tone.GREEN, StatusKey.VALID),
        ("2027-01-01", UNKNOWN, "已过期 1 天", Tone.RED, StatusKey.EXPIRED),
    ],
)
def test_word_follows_the_calendar(
    today: str, rule: WindowRule, word: str, tone: Tone, key: StatusKey
) -> None:
    assert status(today, rule) == LicenseStatus(word, tone, key)


@pytest.mark.parametrize("today", ["2026-01-01", "2026-12-31", "2028-01-01"])
def test_what_the_ledger_knows_comes_before_the_calendar(today: str) -> None:
    assert status(today, state=LicenseState.CANCELLED).word == "已注销"
    assert status(today, state=LicenseState.RENEWING).word == "办理中"
    assert status(today, expiry=Expiry.NONE, expires_on=None).word == "长期有效"
    assert status(today, expiry=Expiry.UNKNOWN, expires_on=None).word == "请联系科室核对"
    assert status(today, state=LicenseState.CANCELLED, expiry=Expiry.NONE, expires_on=None).word == "已注销"


def test_license_without_window_is_valid_until_its_last_day() -> None:
    found = license_status(
        state=LicenseState.ACTIVE,
        expiry=Expiry.DATED,
        expires_on=EXPIRES_ON,
        window=None,
        today=date(2026, 12, 30),
    )
    assert found.key is StatusKey.VALID
