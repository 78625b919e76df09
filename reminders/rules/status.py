"""Where a license stands today, in the words every screen and message shares."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from reminders.rules.lifecycle import Expiry, LicenseState
from reminders.rules.stages import first_day
from reminders.rules.window import Window

CLOSING_DAYS = 30


class Tone(StrEnum):
    """Colour family; never the only sign, the word always stands beside it."""

    GREEN = "green"
    AMBER = "amber"
    RED = "red"
    BLUE = "blue"
    GREY = "grey"


class StatusKey(StrEnum):
    VALID = "valid"
    OPEN = "open"
    CLOSING = "closing"
    CLOSED = "closed"
    EXPIRES_TODAY = "expires_today"
    EXPIRED = "expired"
    RENEWING = "renewing"
    RENEWED = "renewed"
    NO_EXPIRY = "no_expiry"
    CANCELLED = "cancelled"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class LicenseStatus:
    word: str
    tone: Tone
    key: StatusKey


def license_status(
    *,
    state: LicenseState,
    expiry: Expiry,
    expires_on: date | None,
    window: Window | None,
    today: date,
    is_renewed: bool = False,
) -> LicenseStatus:
    """A license is valid through its last day; without `window` or `apply_by` its rule is unknown.

    `is_renewed`: a new date came lately, after the holder was reminded of the old one.
    """
    if state is LicenseState.CANCELLED:
        return LicenseStatus("已注销", Tone.GREY, StatusKey.CANCELLED)
    if state is LicenseState.RENEWING:
        return LicenseStatus("办理中", Tone.BLUE, StatusKey.RENEWING)
    if expiry is Expiry.NONE:
        return LicenseStatus("长期有效", Tone.GREY, StatusKey.NO_EXPIRY)
    if expiry is Expiry.UNKNOWN or expires_on is None:
        return LicenseStatus("请联系科室核对", Tone.AMBER, StatusKey.UNKNOWN)
    if today > expires_on:
        return LicenseStatus(f"已过期 {(today - expires_on).days} 天", Tone.RED, StatusKey.EXPIRED)
    if today == expires_on:
        return LicenseStatus("今天到期", Tone.RED, StatusKey.EXPIRES_TODAY)
    status = _while_valid(expires_on, window, today)
    if is_renewed and status.key is StatusKey.VALID:
        return LicenseStatus("已换新证", Tone.GREEN, StatusKey.RENEWED)
    return status


def _while_valid(expires_on: date, window: Window | None, today: date) -> LicenseStatus:
    valid = LicenseStatus("有效", Tone.GREEN, StatusKey.VALID)
    if window is None or window.apply_by is None:
        return valid
    if today > window.apply_by:
        return LicenseStatus("已过申请期，请联系科室", Tone.RED, StatusKey.CLOSED)
    # Most kinds have no legal opening: they count as open once the first reminder is due.
    if today < (window.opens_on or first_day(expires_on, window)):
        return valid
    days_left = (window.apply_by - today).days
    if days_left == 0:
        return LicenseStatus("今天是最迟申请日", Tone.RED, StatusKey.CLOSING)
    if days_left <= CLOSING_DAYS:
        return LicenseStatus(f"还剩 {days_left} 天可申请", Tone.RED, StatusKey.CLOSING)
    return LicenseStatus(f"可以申请，最迟 {window.apply_by}", Tone.AMBER, StatusKey.OPEN)
