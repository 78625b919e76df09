"""Which ways the holder of a license declined, as conditions on the tables that carry messages."""

from sqlalchemy import ColumnElement, exists

from reminders.rules.lifecycle import Channel
from reminders.tables.bindings import Binding
from reminders.tables.choices import LicenseChoice
from reminders.tables.ledger import License

COLUMNS = {Channel.SMS: LicenseChoice.no_sms, Channel.PHONE: LicenseChoice.no_calls}


def declines(channel: Channel) -> ColumnElement[bool]:
    """For rows of License: this way to the phone in the ledger was declined."""
    return (
        exists()
        .where(LicenseChoice.license_id == License.id, COLUMNS[channel])
        .correlate_except(LicenseChoice)
    )


def wants_fewer() -> ColumnElement[bool]:
    """For rows of License: only the first reminder and the last ones."""
    return (
        exists()
        .where(LicenseChoice.license_id == License.id, LicenseChoice.fewer)
        .correlate_except(LicenseChoice)
    )


def takes_wechat() -> ColumnElement[bool]:
    """For rows of Binding: this person is told of this license in WeChat."""
    return Binding.wechat_off_at.is_(None)
