"""Writes dates of a license, or a visit, as a calendar file (RFC 5545) that phones and computers import."""

from datetime import date, datetime, timedelta
from urllib.parse import urlsplit

from icalendar import Alarm, Calendar, Event

from reminders import clock
from reminders.appointments import Visit
from reminders.holders import OwnLicense
from reminders.rules.facts import FiveFacts
from reminders.rules.lifecycle import DateKind
from wxbot.voice import kind, retell, say

MAKER = "-//license reminders//holder//CN"
WARNED_BEFORE = timedelta(days=7)
ONE_DAY = timedelta(days=1)


def of_license(own: OwnLicense, page: str, *, now: datetime) -> bytes:
    """An all-day entry for the last day to apply and one for the expiry, of both dates when there are two.

    Imported again after the dates moved, an entry replaces its older self: it keeps its UID.
    """
    calendar = Calendar()
    calendar.add("prodid", MAKER)
    calendar.add("version", "2.0")
    for date_kind, facts in ((DateKind.MAIN, own.facts), (DateKind.COMPANION, own.companion)):
        if facts is None:
            continue
        name = f"{own.license_id}-{date_kind}"
        if facts.apply_by is not None:
            words = say("最迟申请日：{kind}", kind=kind(facts.license_name))
            calendar.add_component(_day(f"{name}-apply", facts.apply_by, words, facts, page, now))
        if facts.expires_on is not None:
            date_name = retell(facts.date_name)
            words = say("{name}：{kind}", name=date_name, kind=kind(facts.license_name))
            calendar.add_component(_day(f"{name}-expiry", facts.expires_on, words, facts, page, now))
    return bytes(calendar.to_ical())


def of_visit(visit: Visit, page: str, *, now: datetime) -> bytes:
    """One entry with its hour, and an alarm the day before."""
    calendar = Calendar()
    calendar.add("prodid", MAKER)
    calendar.add("version", "2.0")
    words = say("到窗口办理：{kind}", kind=kind(visit.license_name))
    event = Event()
    event.add("uid", f"visit-{visit.appointment_id}@{urlsplit(page).hostname}")
    event.add("dtstamp", now)
    event.add("dtstart", clock.civil_moment(visit.on, visit.starts))
    event.add("dtend", clock.civil_moment(visit.on, visit.ends))
    event.add("summary", words)
    event.add("location", visit.counter)
    event.add("url", page)
    event.add_component(_alarm(words, ONE_DAY))
    calendar.add_component(event)
    return bytes(calendar.to_ical())


def _alarm(words: str, before: timedelta) -> Alarm:
    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("trigger", -before)
    alarm.add("description", words)
    return alarm


def _day(name: str, on: date, words: str, facts: FiveFacts, page: str, now: datetime) -> Event:
    event = Event()
    event.add("uid", f"{name}@{urlsplit(page).hostname}")
    event.add("dtstamp", now)
    event.add("dtstart", on)
    event.add("dtend", on + ONE_DAY)
    event.add("summary", words)
    event.add("url", page)
    if facts.counter:
        event.add("location", facts.counter)
    if facts.service_phone:
        event.add("description", say("服务电话 {phone}", phone=facts.service_phone))
    event.add("transp", "TRANSPARENT")  # it does not make the day busy
    event.add_component(_alarm(words, WARNED_BEFORE))
    return event
