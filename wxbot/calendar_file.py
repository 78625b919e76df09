"""Writes the dates of one license as a calendar file (RFC 5545) that phones and computers import."""

from datetime import date, datetime, timedelta
from urllib.parse import urlsplit

from icalendar import Alarm, Calendar, Event

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
    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("trigger", -WARNED_BEFORE)
    alarm.add("description", words)
    event.add_component(alarm)
    return event
