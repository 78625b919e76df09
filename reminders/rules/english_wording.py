"""What a reminder says in WeChat to whoever reads English: a field has room for 20 signs."""

from datetime import date

from reminders.rules.lifecycle import Stage


def subject(license_name: str, count: int) -> str:
    """One licence by the Chinese name that stands on it: no courtesy name fits into 20 signs."""
    return f"{count} licences to renew" if count > 1 else license_name


def advice(
    stage: Stage, opens_on: date | None, apply_by: date | None, expires_on: date, *, is_several: bool
) -> str:
    """`stage` is the one that is true on the day of sending."""
    if stage is Stage.LAPSED:
        return f"Expired {expires_on}"
    if apply_by is None:
        return f"Expires {expires_on}"
    match stage:
        case Stage.CLOSED:
            return f"Past due {apply_by}"
        case Stage.FIRST if not is_several:
            return f"Open from {opens_on}"
        case Stage.LAST_CALL:
            return f"Hurry: by {apply_by}"
        case _:
            return f"Apply by {apply_by}"
