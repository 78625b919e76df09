"""Visits to a counter by appointment: choose a time, move it, give it back, keep it in the calendar."""

from datetime import date

from flask import Blueprint, Response, redirect, render_template, request
from flask.typing import ResponseReturnValue

from reminders import appointments, clock, holders
from reminders.errors import Invalid, NotFound
from reminders.rules.counter_hours import MISSED_WITHIN, MISSES, RESTS_FOR
from wxbot import calendar_file, pages
from wxbot.site import site

bp = Blueprint("visits", __name__)
NOT_UNDERSTOOD = "没有看懂这个选择，请回到上一页重新点一次。"


@bp.get("/h5/visits")
def index() -> ResponseReturnValue:
    openid, now = pages.openid(), clock.now()
    if openid is None:
        return pages.to_login(pages.VISITS)
    with site().database.read() as session:
        mine = appointments.own(session, holders.follower_id(session, openid), now=now)
    return render_template("visits.html", mine=mine, done=request.args.get("done", ""))


@bp.get("/h5/licenses/<int:license_id>/visit")
def choose(license_id: int) -> ResponseReturnValue:
    openid, now = pages.openid(), clock.now()
    if openid is None:
        return pages.to_login(f"license-{license_id}")
    with site().database.read() as session:
        own = holders.license_page(session, openid, license_id, now=now)
        days = appointments.offered(session, license_id, now=now)
        follower_id = holders.follower_id(session, openid)
        mine = appointments.own(session, follower_id, now=now)
        again_on = appointments.rests_until(session, follower_id, license_id, now=now)
    return render_template(
        "visit.html",
        own=own,
        days=days,
        mine=[one for one in mine if one.license_id == license_id],
        again_on=again_on,
        months=MISSED_WITHIN.days // 30,
        misses=MISSES,
        rests=RESTS_FOR.days,
    )


@bp.post("/h5/licenses/<int:license_id>/visit")
def hold(license_id: int) -> ResponseReturnValue:
    """The seat is kept for them while they look at it once more."""
    openid, now = pages.somebody(), clock.now()
    hour, _, day = request.form.get("slot", "").partition("@")
    try:
        hour_id, on = int(hour), date.fromisoformat(day)
    except ValueError:
        raise Invalid(NOT_UNDERSTOOD) from None
    with site().database.begin() as session:
        follower_id = holders.follower_id(session, openid)
        held = appointments.hold(session, follower_id, license_id, on, hour_id, now=now)
    if held.until is None:
        return redirect("/h5/visits?done=booked", 303)
    return redirect(f"/h5/visits/{held.appointment_id}/confirm", 303)


@bp.get("/h5/visits/<int:appointment_id>/confirm")
def look_again(appointment_id: int) -> ResponseReturnValue:
    openid, now = pages.openid(), clock.now()
    if openid is None:
        return pages.to_login(pages.VISITS)
    with site().database.read() as session:
        held = appointments.held(session, holders.follower_id(session, openid), appointment_id)
        own = holders.license_page(session, openid, held.license_id, now=now)
        mine = appointments.own(session, holders.follower_id(session, openid), now=now)
    until = f"{held.until.astimezone(clock.SHANGHAI):%H:%M}" if held.until else ""
    before = [one for one in mine if one.license_id == held.license_id]
    return render_template("visit_confirm.html", held=held, own=own, before=before, until=until)


@bp.post("/h5/visits/<int:appointment_id>/confirm")
def confirm(appointment_id: int) -> ResponseReturnValue:
    openid, now = pages.somebody(), clock.now()
    with site().database.begin() as session:
        appointments.confirm(session, holders.follower_id(session, openid), appointment_id, now=now)
    return redirect("/h5/visits?done=booked", 303)


@bp.post("/h5/visits/<int:appointment_id>/cancel")
def cancel(appointment_id: int) -> ResponseReturnValue:
    openid, now = pages.somebody(), clock.now()
    with site().database.begin() as session:
        appointments.cancel(session, holders.follower_id(session, openid), appointment_id, now=now)
    return redirect("/h5/visits?done=cancelled", 303)


@bp.get("/h5/visits/<int:appointment_id>/calendar.ics")
def calendar(appointment_id: int) -> ResponseReturnValue:
    openid, now = pages.openid(), clock.now()
    if openid is None:
        return pages.to_login(pages.VISITS)
    with site().database.read() as session:
        mine = appointments.own(session, holders.follower_id(session, openid), now=now)
    found = next((one for one in mine if one.appointment_id == appointment_id), None)
    if found is None:
        raise NotFound(appointments.booking.GONE)
    content = calendar_file.of_visit(found, f"{site().settings.wxbot_url}/h5/visits", now=now)
    answer = Response(content, mimetype="text/calendar")
    answer.headers["Content-Disposition"] = f'attachment; filename="visit-{appointment_id}.ics"'
    return answer
