"""Tells anybody who knows a license's number and holder how it stands, in one of four words and no more."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, or_, select
from sqlalchemy.orm import Session

from reminders import clock, limits, windows
from reminders.errors import Invalid, LimitReached
from reminders.limits import Limit
from reminders.rules import identity
from reminders.rules.lifecycle import LicenseState
from reminders.rules.standing import Standing, standing, worst
from reminders.rules.status import license_status
from reminders.rules.window import Window
from reminders.tables.holders import Holder
from reminders.tables.ledger import License
from reminders.tables.windows import RenewalWindow

# By address; by number, so that many addresses cannot try names on one; and altogether.
BY_ADDRESS = Limit("self-check-address", 20, timedelta(hours=1))
BY_NUMBER = Limit("self-check-number", 10, timedelta(hours=1))
BY_ALL = Limit("self-check-all", 3000, timedelta(hours=1))
LONGEST = 100
MOST = 50  # licenses of one holder that are looked at
INCOMPLETE = "请把证照编号（或统一社会信用代码）和持证单位名称都填上。"
TOO_MANY = "查询次数太多，请一小时后再试，或直接拨打审批科室的电话。"


def check(session: Session, number: str, holder_name: str, *, asker: str, now: datetime) -> Standing:
    """The most urgent of the licenses with this number, or of the holder with this credit code.

    ASK alike for an unknown number, a name that does not match, and whatever only the department can
    tell. Raises Invalid when a field is empty, LimitReached when too much was asked.
    """
    number_key, name_key = identity.number_key(number[:LONGEST]), identity.name_key(holder_name[:LONGEST])
    if not number_key or not name_key:
        raise Invalid(INCOMPLETE)
    _spend(session, asker, number_key, now)
    values = {"number": number_key, "name": name_key}
    found = session.connection().execute(MATCHING, values).all()
    today = clock.civil_date(now)
    return worst(_standings(found, today))


def refuse_if_used_up(session: Session, asker: str, *, now: datetime) -> None:
    """Spares the writer a try that will be refused. Raises LimitReached."""
    for limit, subject in ((BY_ADDRESS, asker), (BY_ALL, "")):
        if limits.spent(session, limit, subject, now=now) >= limit.most:
            raise LimitReached(TOO_MANY)


def _spend(session: Session, asker: str, number_key: str, now: datetime) -> None:
    """Counts the try everywhere, whatever comes of it."""
    spent = [
        limits.spend(session, limit, subject, now=now)
        for limit, subject in ((BY_ADDRESS, asker), (BY_NUMBER, number_key), (BY_ALL, ""))
    ]
    if not all(spent):
        raise LimitReached(TOO_MANY)


def _standings(found: Iterable[Any], today: date) -> list[Standing]:
    """An unknown license is looked at too, so that it takes as long as a known one."""
    rows = list(found) or [NOBODY]
    return [
        standing(
            license_status(
                state=row[0],
                expiry=row[1],
                expires_on=row[2],
                window=Window(row[3], row[4], row[5], is_estimate=False),
                today=today,
            ).key
        )
        for row in rows
    ]


NOBODY = (LicenseState.CANCELLED, None, None, None, None, None)
# One statement for number and name together: a wrong name costs the database what a wrong number costs.
MATCHING = (
    select(
        License.state,
        License.expiry,
        License.expires_on,
        RenewalWindow.opens_on,
        RenewalWindow.apply_by,
        RenewalWindow.legal_last_day,
    )
    .join(Holder, Holder.id == License.holder_id)
    .outerjoin(RenewalWindow, windows.of_expiry())
    .where(
        Holder.name_key == bindparam("name"),
        or_(License.number_key == bindparam("number"), Holder.credit_code == bindparam("number")),
        License.state != LicenseState.CANCELLED,
    )
    .limit(MOST)
)
