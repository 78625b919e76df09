"""Visits: only working days, never more people than seats, whoever asks at once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, time, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from reminders import appointments, claiming, clock, tidings
from reminders.claiming import ClaimedDelivery
from reminders.db import Database
from reminders.errors import Conflict, Forbidden, Invalid, NotFound
from reminders.rules import counter_hours
from reminders.rules.counter_hours import Span
from reminders.rules.dates import Workdays
from reminders.rules.lifecycle import Channel, DeliveryState, Purpose
from reminders.rules.permissions import Actor, Role
from reminders.rules.service_words import AppointmentState
from reminders.tables.appointments import Appointment, CounterHour
from reminders.tables.bindings import Follower
from reminders.tables.deliveries import Delivery
from reminders.tables.ledger import License
from tests import builders, builders_channels
from tests.builders_queue import ALL_DAY

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


def test_misses_count_for_holder_and_phone_whichever_account_books(counter: Counter) -> None:
    (me, mine), (_, stranger), _ = counter.people
    later = NOW + timedelta(days=3)
    with counter.database.begin() as session:
        hour_id = session.execute(select(func.min(CounterHour.id))).scalar_one()
        entry_id, holder_id = session.get_one(License, mine).catalogue_entry_id, builders.holder(session).id
        phone = builders.contact(session, holder_id=session.get_one(License, mine).holder_id)
        session.get_one(License, mine).contact_id = phone.id
        same_phone = builders.contact(session, holder_id=holder_id)
        same_phone.phone_hash = phone.phone_hash
        told = {"entry_id": entry_id, "expires_on": date(2027, 3, 1)}
        of_holder = builders.license(session, holder_id=phone.holder_id, **told).id
        of_phone = builders.license(session, holder_id=holder_id, contact_id=same_phone.id, **told).id
        for seat, on in enumerate((TOMORROW, TOMORROW + timedelta(days=1))):
            session.add(
                Appointment(
                    counter_hour_id=hour_id, on=on, seat=seat, license_id=mine, follower_id=me, booked_at=NOW,
                    state=AppointmentState.MISSED,
                )
            )  # fmt: skip
        browser = builders.follower(session).id
        for license_id in (of_holder, of_phone):
            builders.binding(session, license_id=license_id, follower_id=browser)
            with pytest.raises(Conflict, match="两次约了没来"):
                appointments.hold(session, browser, license_id, TOMORROW, hour_id, now=later)
        assert appointments.rests_until(session, browser, stranger, now=later) is None


def test_held_seat_is_one_a_person_and_counts_until_it_is_over(counter: Counter) -> None:
    hours = [slot.hour_id for slot in counter.days()[0].slots]
    (me, mine), (other, theirs), _ = counter.people
    with counter.database.begin() as session:
        first = appointments.hold(session, me, mine, TOMORROW, hours[1], now=NOW)
        assert first.until == NOW + timedelta(minutes=5)
        with pytest.raises(Conflict):
            appointments.hold(session, other, theirs, TOMORROW, hours[1], now=NOW)
        second = appointments.hold(session, me, mine, TOMORROW, hours[0], now=NOW)
    assert counter.left() == [1, 1], "the first one went back"
    with counter.database.begin() as session:
        with pytest.raises(NotFound):
            appointments.confirm(session, other, second.appointment_id, now=NOW)
        with pytest.raises(Conflict):
            appointments.confirm(session, me, first.appointment_id, now=NOW)
        late = NOW + timedelta(minutes=6)
        assert appointments.offered(session, mine, now=late)[0].slots[0].left == 2
        assert appointments.confirm(session, me, second.appointment_id, now=late) == second.appointment_id
        assert appointments.confirm(session, me, second.appointment_id, now=late) == second.appointment_id
    assert counter.left() == [1, 1]


def test_seats_are_never_exceeded_by_holding_and_confirming_at_once(database: Database) -> None:
    counter = Counter(database, people=10)
    counter.set_hours("9:00-10:00 2")
    hour_id = counter.days()[0].slots[0].hour_id

    def ask(place: int) -> bool:
        """Every other one comes after the seats of the first ones were kept too long."""
        now = NOW + timedelta(minutes=6 * (place % 2))
        try:
            with database.begin() as session:
                kept = appointments.hold(session, *counter.people[place], TOMORROW, hour_id, now=now)
            with database.begin() as session:
                appointments.confirm(session, counter.people[place][0], kept.appointment_id, now=now)
        except Conflict:
            return False
        return True

    with ThreadPoolExecutor(10) as pool:
        got = sum(pool.map(ask, range(10)))
    with database.read() as session:
        booked = select(func.count()).where(Appointment.state == AppointmentState.BOOKED)
        assert session.execute(booked).scalar_one() == got <= 2


@given(st.lists(st.dates(date(2026, 1, 1), date(2026, 12, 31)), max_size=6))
def test_only_two_misses_within_half_a_year_close_the_book_for_a_month(missed: list[date]) -> None:
    again = counter_hours.books_again_on(missed)
    days = sorted(missed)
    near = [late for early, late in pairwise(days) if (late - early).days <= 180]
    assert again == (max(near) + timedelta(days=30) if near else None)


def told(database: Database) -> list[tuple[Channel, DeliveryState]]:
    with database.read() as session:
        rows = select(Delivery.channel, Delivery.state).where(Delivery.purpose == Purpose.VISIT)
        return [tuple(row) for row in session.execute(rows.order_by(Delivery.id))]


def test_on_the_day_before_everybody_is_told_once_by_their_road(counter: Counter, database: Database) -> None:
    counter.book(0)
    counter.book(1)
    counter.book(2, slot=1)
    with database.begin() as session:
        builders_channels.open_all(session)
        off, nobody = (session.get_one(Follower, counter.people[place][0]) for place in (1, 2))
        off.wechat_off_at, nobody.by_phone = NOW, True
        row = session.get_one(License, counter.people[1][1])
        row.contact_id = builders.contact(session, holder_id=row.holder_id).id
    with database.begin() as session:
        assert tidings.tell_of_visits(session, now=clock.civil_moment(NOW.date(), time(14, 59))) == 0
        afternoon = clock.civil_moment(NOW.date(), time(15))
        assert tidings.tell_of_visits(session, now=afternoon) == 2
        assert tidings.tell_of_visits(session, now=afternoon + timedelta(minutes=1)) == 0
    assert told(database) == [
        (Channel.WECHAT, DeliveryState.READY),
        (Channel.SMS, DeliveryState.READY),
    ]


def test_visit_that_fails_in_wechat_goes_by_sms_and_a_cancelled_one_is_not_said(
    counter: Counter, database: Database
) -> None:
    visit, (me, license_id) = counter.book(0), counter.people[0]
    afternoon = clock.civil_moment(NOW.date(), time(15))
    with database.begin() as session:
        builders_channels.open_all(session)
        row = session.get_one(License, license_id)
        row.contact_id = builders.contact(session, holder_id=row.holder_id).id
        tidings.tell_of_visits(session, now=afternoon)
        session.get_one(Follower, me).push_stopped_at = afternoon
        assert claim(session, Channel.WECHAT, afternoon) == []
    assert told(database) == [
        (Channel.WECHAT, DeliveryState.UNDELIVERABLE),
        (Channel.SMS, DeliveryState.READY),
    ]
    with database.begin() as session:
        [content] = tidings.contents(session, [2], now=afternoon).values()
        assert (content.sms["visit_on"], content.sms["visit_time"]) == (str(TOMORROW), "09:00-10:00")
        appointments.cancel(session, me, visit, now=afternoon)
        assert claim(session, Channel.SMS, afternoon) == []
    assert told(database)[1] == (Channel.SMS, DeliveryState.CANCELLED)


def claim(session: Session, channel: Channel, now: datetime) -> list[ClaimedDelivery]:
    return claiming.claim(session, channel, "s", 10, sending_hours=ALL_DAY, now=now)


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
