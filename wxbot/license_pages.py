"""The page of one license: the five facts, what was told and answered, documents to tick, a date to keep."""

import re
from collections.abc import Sequence
from datetime import date
from urllib.parse import quote

from flask import Blueprint, Response, redirect, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from reminders import (
    answers,
    applications,
    appointments,
    catalogue,
    checking,
    checklists,
    clock,
    feedback,
    holders,
)
from reminders.answers import Standing
from reminders.errors import Invalid
from reminders.holders import OwnLicense
from reminders.rules.lifecycle import AnswerKind, Language
from reminders.rules.service_words import APPLICATIONS
from reminders.rules.status import StatusKey
from wxbot import calendar_file, pages, wording
from wxbot.site import site
from wxbot.voice import spoken

bp = Blueprint("license", __name__)
# Tencent's public address for "search this place", which WeChat opens in its own map.
MAP = "https://apis.map.qq.com/uri/v1/search?region={city}&referer=license-reminders&keyword={place}"
BUILDING = re.compile(r"(?:【[^】]*】)?(.*?(?:中心|大厅|大楼|广场))")


@bp.get("/h5/licenses/<license_id>")
def show(license_id: str) -> ResponseReturnValue:
    """The same 404 for a foreign license, one that does not exist, and an address nobody made."""
    me, number = pages.openid(), _number(license_id)
    if me is None:
        return pages.to_login(f"license-{number}")
    now = clock.now()
    with site().database.read() as reading:
        own = holders.license_page(reading, me, number, now=now)
        follower_id = holders.follower_id(reading, me)
        offers = {offer.date_kind: offer for offer in answers.offered(reading, number, now=now)}
        given = answers.standing(reading, follower_id, [number])
        events = holders.timeline(reading, me, number)
        last_message = checking.last_message(reading, holders.openid_hash(reading, me), number)
        gives_visits = bool(appointments.offered(reading, number, now=now))
        visits = [one for one in appointments.own(reading, follower_id, now=now) if one.license_id == number]
        unjudged = feedback.offered(reading, follower_id, number, now=now)
        ready = checklists.ticked(reading, follower_id, number)
        renewing = _renewing(reading, own, given)
    if own.wants_sign:
        with site().database.begin() as writing:
            holders.note_opened(writing, me, number, now=now)
    listed, remark = wording.split_remark(own.facts.materials)
    return render_template(
        "license.html",
        own=own,
        facts=own.facts,
        listed=[(item, checklists.mark(item), checklists.mark(item) in ready) for item in listed],
        remark=remark,
        map_address=map_address(own.facts.counter),
        guide=guide_address(own.entry_id),
        last_message=last_message,
        offers=offers,
        given=given,
        unjudged=unjudged,
        events=events,
        gives_visits=gives_visits,
        **renewing,
        visits=visits,
        done=request.args.get("done", ""),
    )


def _renewing(reading: Session, own: OwnLicense, given: Sequence[Standing]) -> dict[str, object]:
    """By which ways one applies, and how far an application is."""
    has_said_so = any(one.kind is AnswerKind.APPLIED for one in given)
    is_online, online_url = catalogue.online(reading, own.entry_id)
    return {
        "under_way": applications.progress(reading, own.license_id),
        "stages": APPLICATIONS,
        "has_applied": has_said_so or own.status.key is StatusKey.RENEWING,
        "is_online": is_online,
        "online_url": online_url,
    }


@bp.post("/h5/licenses/<int:license_id>/progress")
def applied(license_id: int) -> ResponseReturnValue:
    """The number of an application says that there is one: reminders rest as after 已提交."""
    me, now = pages.somebody(), clock.now()
    submitted_on = _day(request.form.get("submitted", ""))
    with site().database.begin() as session:
        follower_id = holders.follower_id(session, me)
        answers.give(session, follower_id, license_id, AnswerKind.APPLIED, now=now)
        number = request.form.get("number", "")
        applications.tell(session, follower_id, license_id, number, submitted_on, now=now)
    return redirect(f"/h5/licenses/{license_id}?done=progress#progress", 303)


@bp.post("/h5/licenses/<int:license_id>/materials")
def tick(license_id: int) -> ResponseReturnValue:
    me, now = pages.somebody(), clock.now()
    with site().database.begin() as session:
        follower_id = holders.follower_id(session, me)
        checklists.tick(session, follower_id, license_id, request.form.getlist("ready"), now=now)
    return redirect(f"/h5/licenses/{license_id}?done=materials#materials", 303)


@bp.get("/h5/licenses/<license_id>/calendar.ics")
def calendar(license_id: str) -> ResponseReturnValue:
    me, number, now = pages.openid(), _number(license_id), clock.now()
    if me is None:
        return pages.to_login(f"license-{number}")
    with site().database.read() as reading:
        own = holders.license_page(reading, me, number, now=now)
    content = calendar_file.of_license(own, f"{site().settings.wxbot_url}/h5/licenses/{number}", now=now)
    answer = Response(content, mimetype="text/calendar")
    answer.headers["Content-Disposition"] = f'attachment; filename="license-{number}.ics"'
    return answer


def map_address(counter: str) -> str:
    """Where a map shows the building; a floor or a counter number would find nothing."""
    found = BUILDING.match(counter)
    place = found[1] if found else counter
    return MAP.format(city=quote("威海"), place=quote(place)) if place else ""


def guide_address(entry_id: int) -> str:
    """The portal's guide of this kind, in the language of the page."""
    room = "en/guides" if spoken() is Language.EN else "catalogue"
    return f"{site().settings.portal_url}/{room}/{entry_id}"


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise Invalid("日期没有看懂，请写成 2027-01-20 的样子。") from None
