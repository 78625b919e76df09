"""Counts the visits that somebody missed, whichever account or browser they booked with."""

from datetime import date, datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, aliased

from reminders import clock
from reminders.rules import counter_hours
from reminders.rules.counter_hours import MISSED_WITHIN, RESTS_FOR
from reminders.rules.service_words import AppointmentState
from reminders.tables.appointments import Appointment
from reminders.tables.holders import Contact
from reminders.tables.ledger import License


def rests_until(session: Session, follower_id: int, license_id: int, *, now: datetime) -> date | None:
    """From which day on they may book again after missed visits; None: now. A miss may be taken back.

    Visits count for the person, the holder, and the phone in the ledger: another account is no other visitor.
    """
    today, mine, phone, same = clock.civil_date(now), aliased(License), aliased(Contact), aliased(Contact)
    of_holder = (
        select(License.id).join(mine, mine.holder_id == License.holder_id).where(mine.id == license_id)
    )
    of_phone = (
        select(License.id)
        .join(same, same.id == License.contact_id)
        .join(phone, phone.phone_hash == same.phone_hash)
        .join(mine, mine.contact_id == phone.id)
        .where(mine.id == license_id)
    )
    missed = select(Appointment.on).where(
        or_(
            Appointment.follower_id == follower_id,
            Appointment.license_id.in_(of_holder),
            Appointment.license_id.in_(of_phone),
        ),
        Appointment.state == AppointmentState.MISSED,
        Appointment.on > today - MISSED_WITHIN - RESTS_FOR,
    )
    again_on = counter_hours.books_again_on(session.execute(missed).scalars().all())
    return again_on if again_on is not None and again_on > today else None
