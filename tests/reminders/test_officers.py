"""Duty 3 of the plan: a department that calls, writes or texts never loses its last reminder officer."""

from datetime import timedelta
from threading import Barrier, Thread

import pytest
from sqlalchemy.orm import Session

from reminders import catalogue_desk, clock, staff
from reminders.alarms import causes
from reminders.catalogue_desk.reading import fields_of
from reminders.db import Database
from reminders.errors import Conflict, Invalid
from reminders.rules.catalogue_entry import EntryFields
from reminders.rules.lifecycle import Channel, Role
from reminders.rules.permissions import Actor
from reminders.tables.catalogue import CatalogueEntry
from reminders.tables.staff import Staff
from tests import builders
from tests.builders import CLOCK, NOW

TODAY = clock.civil_date(NOW)
OFFICE = Actor(ref="staff:900", name="周示例", role=Role.OFFICE, staff_id=900)


def by_hand(session: Session, method: Channel = Channel.PHONE) -> int:
    """A department with a kind of its own."""
    row = builders.department(session, method=method)
    builders.entry(session, department_id=row.id)
    return row.id


def officer(session: Session, department_id: int) -> Staff:
    return builders.staff(session, department_id=department_id)


def close(session: Session, row: Staff) -> None:
    staff.set_active(session, row.id, is_active=False, actor=CLOCK, now=NOW)


def away(session: Session, row: Staff, days: int = 0, deputy: Staff | None = None, since: int = 0) -> int:
    first = TODAY + timedelta(days=since)
    until, other = first + timedelta(days=days), deputy.id if deputy else None
    return staff.mark_absent(session, row.id, first, until, other, actor=builders.actor(row), now=NOW)


@pytest.mark.parametrize("method", [Channel.PHONE, Channel.SMS, Channel.LETTER])
def test_last_officer_is_not_closed(database: Database, method: Channel) -> None:
    with database.begin() as session:
        place = by_hand(session, method)
        one, other = officer(session, place), officer(session, place)
        builders.staff(session, role=Role.LEAD, department_id=place)
        close(session, one)
    with pytest.raises(Conflict, match=r"马上就没有提醒专员.*邀请一位"), database.begin() as session:
        close(session, session.get_one(Staff, other.id))
    with database.read() as session:
        assert session.get_one(Staff, other.id).is_active
    with database.begin() as session:
        officer(session, place)
        close(session, session.get_one(Staff, other.id))


def test_department_without_calls_letters_and_sms_needs_none(database: Database) -> None:
    with database.begin() as session:
        close(session, officer(session, by_hand(session, Channel.BUSINESS_SYSTEM)))
        empty = builders.department(session, method=Channel.PHONE)  # no kinds: nobody to call
        close(session, officer(session, empty.id))


def test_of_two_closings_at_once_one_is_refused(database: Database) -> None:
    with database.begin() as session:
        place = by_hand(session)
        both = [officer(session, place).id for _ in range(2)]
    start, refused = Barrier(2), list[str]()

    def go(staff_id: int) -> None:
        start.wait()
        try:
            with database.begin() as session:
                close(session, session.get_one(Staff, staff_id))
        except Conflict as no:
            refused.append(no.message)

    threads = [Thread(target=go, args=(one,)) for one in both]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(refused) == 1
    with database.read() as session:
        assert sum(session.get_one(Staff, one).is_active for one in both) == 1


def test_last_officer_goes_away_only_with_a_deputy_who_is_there(database: Database) -> None:
    with database.begin() as session:
        place = by_hand(session)
        one, lead = officer(session, place), builders.staff(session, role=Role.LEAD, department_id=place)
    with pytest.raises(Conflict, match=r"起有 4 天没有提醒专员在岗.*代办人"), database.begin() as session:
        away(session, one, 3)
    with database.begin() as session:
        away(session, one, 3, deputy=lead)
    with pytest.raises(Conflict, match="马上就"), database.begin() as session:
        close(session, session.get_one(Staff, lead.id))
    with database.begin() as session:
        away(session, lead, 1)  # falls ill: the alarm rings
        assert "不在岗" in (causes.officer_absent(session, NOW) or "")


def test_two_officers_may_be_away_one_after_the_other(database: Database) -> None:
    with database.begin() as session:
        place = by_hand(session)
        one, other = officer(session, place), officer(session, place)
        away(session, one, 1)
        away(session, other, 1, since=2)
    with pytest.raises(Conflict, match=f"{TODAY + timedelta(days=2)} 起有 2 天"), database.begin() as session:
        close(session, session.get_one(Staff, one.id))


def test_kind_is_not_given_to_a_department_that_would_have_nobody_for_it(database: Database) -> None:
    def moved(session: Session) -> EntryFields:
        place = by_hand(session, Channel.LETTER)
        return EntryFields(**{**vars(fields_of(session.get_one(CatalogueEntry, 2))), "department_id": place})

    with database.begin() as session:
        builders.entry(session, id=2)
        fields = moved(session)
        with pytest.raises(Invalid, match="还没有提醒专员"):
            catalogue_desk.save(session, 2, fields, TODAY, "划转", actor=OFFICE, now=NOW)
        officer(session, fields.department_id)
        catalogue_desk.save(session, 2, fields, TODAY, "划转", actor=OFFICE, now=NOW)
