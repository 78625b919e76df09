"""Visits: only working days, never more people than seats, whoever asks at once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select

from reminders import appointments, clock
from reminders.db import Database
from reminders.errors import Conflict, Forbidden, Invalid, NotFound
from reminders.rules import counter_hours
from reminders.rules.counter_hours import Span
from reminders.rules.dates import Workdays
from reminders.rules.permissions import Actor, Role
from reminders.rules.service_words import AppointmentState
from reminders.tables.appointments import Appointment
from tests import builders

NOW = clock.civil_moment(date(2026, 9, 28), time(10))  # Monday; 1 to 7 October is a holiday
TOMORROW = date(2026, 9, 29)
HOURS = "9:00-10:00 2\n10:00-11:00 1"


class Counter:
    """A department with hours, and people who hold one license each."""

    def __init__(self, database: Database, people: int = 3) -> None:
        self.database = database
        with database.begin() as session:
            entry = builders.entry(session)
            self.officer = builders.actor(builders.staff(session, department_id=entry.department_id))
            self.people = []
            for _ in range(people):
                row = builders.license(session, entry_id=entry.id, expires_on=date(2027, 3, 1))
                person = builders.follower(session)
                builders.binding(session, license_id=row.id, follower_id=person.id)
                self.people.append((person.id, row.id))
        self.set_hours(HOURS)

    def set_hours(self, text: str) -> None:
        with self.database.begin() as session:
            appointments.set_hours(session, text, actor=self.officer, now=NOW)

    def days(self, now: datetime = NOW) -> tuple[appointments.Day, ...]:
        with self.database.read() as session:
            return appointments.offered(session, self.people[0][1], now=now)

    def book(self, place: int, slot: int = 0, on: date = TOMORROW) -> int:
        hour_id = self.days()[0].slots[slot].hour_id
        with self.database.begin() as session:
            return appointments.book(session, *self.people[place], on, hour_id, now=NOW)

    def left(self, on: date = TOMORROW) -> list[int]:
        return next([slot.left for slot in day.slots] for day in self.days() if day.on == on)


@pytest.fixture
def counter(database: Database) -> Counter:
    return Counter(database)


def test_ten_working_days_are_offered_over_a_holiday(counter: Counter) -> None:
    days = [day.on for day in counter.days()]
    assert len(days) == 10
    assert days[:3] == [TOMORROW, date(2026, 9, 30), date(2026, 10, 8)]
    assert all(Workdays().is_workday(day) for day in days)
    with counter.database.begin() as session:
        appointments.set_closed(session, [TOMORROW], actor=counter.officer, now=NOW)
    assert counter.days()[0].on == date(2026, 9, 30)
    with pytest.raises(Invalid):
        counter.book(0)


def test_last_seat_goes_to_the_first(counter: Counter) -> None:
    counter.book(0, slot=1)
    assert counter.left() == [2, 0]
    with pytest.raises(Conflict):
        counter.book(1, slot=1)
    assert counter.left(date(2026, 9, 30)) == [2, 1]


@pytest.mark.parametrize("seats", [1, 3])
def test_never_more_people_than_seats_when_all_ask_at_once(database: Database, seats: int) -> None:
    counter = Counter(database, people=12)
    counter.set_hours(f"9:00-10:00 {seats}")
    hour_id = counter.days()[0].slots[0].hour_id

    def ask(person: tuple[int, int]) -> bool:
        try:
            with database.begin() as session:
                appointments.book(session, *person, TOMORROW, hour_id, now=NOW)
        except Conflict:
            return False
        return True

    with ThreadPoolExecutor(12) as pool:
        got = list(pool.map(ask, counter.people))
    assert sum(got) == seats
    with database.read() as session:
        assert session.execute(select(func.count()).select_from(Appointment)).scalar_one() == seats


def test_moving_gives_the_seat_back_and_the_same_twice_is_one(counter: Counter) -> None:
    first = counter.book(0, slot=1)
    assert counter.book(0, slot=1) == first
    counter.book(0, slot=0)
    assert counter.left() == [1, 1]
    counter.book(1, slot=1)
    with pytest.raises(Conflict):
        counter.book(0, slot=1)
    assert counter.left() == [1, 0], "who finds the new time full keeps the old one"


def test_cancelled_in_time_and_only_by_its_owner(counter: Counter) -> None:
    visit, (me, _), (other, _) = counter.book(0), counter.people[0], counter.people[1]
    with counter.database.begin() as session, pytest.raises(NotFound):
        appointments.cancel(session, other, visit, now=NOW)
    at_the_time = clock.civil_moment(TOMORROW, time(9))
    with counter.database.begin() as session, pytest.raises(Conflict):
        appointments.cancel(session, me, visit, now=at_the_time)
    with counter.database.begin() as session:
        appointments.cancel(session, me, visit, now=at_the_time - timedelta(seconds=1))
    assert counter.left() == [2, 1]
    with counter.database.read() as session:
        assert appointments.own(session, me, now=NOW) == []


def test_nobody_books_for_a_license_or_an_hour_of_others(counter: Counter, database: Database) -> None:
    elsewhere = Counter(database)
    foreign_hour = elsewhere.days()[0].slots[0].hour_id
    with database.begin() as session:
        me, license_id = counter.people[0]
        for wrong in ((me, counter.people[1][1]), (me, elsewhere.people[0][1])):
            with pytest.raises(NotFound):
                appointments.book(session, *wrong, TOMORROW, foreign_hour, now=NOW)
        for hour_id, on in ((foreign_hour, TOMORROW), (999, TOMORROW)):
            with pytest.raises(Invalid):
                appointments.book(session, me, license_id, on, hour_id, now=NOW)
        own_hour = counter.days()[0].slots[0].hour_id
        for day in (date(2026, 9, 28), date(2026, 10, 1), date(2027, 1, 4)):
            with pytest.raises(Invalid):
                appointments.book(session, me, license_id, day, own_hour, now=NOW)


def test_changed_hours_keep_what_is_booked(counter: Counter) -> None:
    counter.book(0, slot=1)
    counter.set_hours("9:00-12:00 5")
    assert [(slot.starts, slot.left) for slot in counter.days()[0].slots] == [(time(9), 5)]
    with counter.database.read() as session:
        guests = appointments.day_list(session, TOMORROW, actor=counter.officer)
    assert [(one.starts, one.state) for one in guests] == [(time(10), AppointmentState.BOOKED)]
    counter.set_hours("")
    assert counter.days() == ()


def test_desk_notes_who_came_from_the_day_on_in_its_own_department(
    counter: Counter, database: Database
) -> None:
    visit, elsewhere = counter.book(0), Counter(database)
    later = NOW + timedelta(days=1)
    with database.begin() as session:
        with pytest.raises(Conflict):
            appointments.note(session, visit, AppointmentState.CAME, actor=counter.officer, now=NOW)
        with pytest.raises(NotFound):
            appointments.note(session, visit, AppointmentState.CAME, actor=elsewhere.officer, now=later)
        with pytest.raises(Forbidden):
            chief = Actor("staff:9", role=Role.SUPERVISOR)
            appointments.note(session, visit, AppointmentState.CAME, actor=chief, now=later)
        appointments.note(session, visit, AppointmentState.MISSED, actor=counter.officer, now=later)
        assert appointments.day_list(session, TOMORROW, actor=elsewhere.officer) == []
        [guest] = appointments.day_list(session, TOMORROW, actor=counter.officer)
        assert guest.state is AppointmentState.MISSED


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("9点到10点 3", "第 1 行看不懂"),
        ("9:00-10:00 3\n9:30-11:00 2", "第 2 行的时间不对"),
        ("10:00-9:00 3", "第 1 行的时间不对"),
        ("25:00-26:00 1", "第 1 行看不懂"),
        ("9:00-10:00 0", "第 1 行的人数"),
    ],
)
def test_hours_nobody_can_read_are_named(text: str, told: str) -> None:
    with pytest.raises(Invalid, match=told):
        counter_hours.read(text)


def test_hours_are_read_as_people_write_them() -> None:
    found = counter_hours.read("09：00—10：00 4人\n\n 13:30 到 15:00，2")
    assert found == (Span(time(9), time(10), 4), Span(time(13, 30), time(15), 2))


@given(
    st.dates(date(2026, 1, 1), date(2027, 12, 31)),
    st.sets(st.dates(date(2026, 1, 1), date(2028, 2, 1)), max_size=40),
)
def test_only_open_working_days_after_today_are_offered(today: date, closed: set[date]) -> None:
    days = counter_hours.days_offered(today, Workdays(), frozenset(closed))
    assert list(days) == sorted(set(days))
    assert len(days) <= counter_hours.DAYS_OFFERED
    assert all(day > today and Workdays().is_workday(day) and day not in closed for day in days)
