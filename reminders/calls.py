"""Says which reminders are still worth a call: for the planner that tidies calls and the list of them."""

from sqlalchemy import ColumnElement, and_, exists, or_
from sqlalchemy.orm import aliased

from reminders import resting
from reminders.rules.lifecycle import DateKind, Expiry, LicenseState, ReminderState
from reminders.tables.deliveries import Reminder
from reminders.tables.ledger import License


def is_current() -> ColumnElement[bool]:
    """For rows of Reminder joined with License: not cancelled, same date, no later stage planned since."""
    later = aliased(Reminder)
    is_main = Reminder.date_kind == DateKind.MAIN
    overtaken = exists().where(
        later.license_id == Reminder.license_id,
        later.date_kind == Reminder.date_kind,
        later.expires_on == Reminder.expires_on,
        later.id > Reminder.id,
    )
    return and_(
        Reminder.state == ReminderState.OPEN,
        License.state != LicenseState.CANCELLED,
        or_(
            and_(is_main, License.expiry == Expiry.DATED, License.expires_on == Reminder.expires_on),
            and_(~is_main, License.companion_on == Reminder.expires_on),
        ),
        ~overtaken,
    )


def is_worth_saying() -> ColumnElement[bool]:
    """Current, no application is in, and no answer keeps it back."""
    kept_back = resting.answered(Reminder.license_id, Reminder.date_kind, Reminder.expires_on)
    return and_(is_current(), License.state == LicenseState.ACTIVE, ~kept_back)
