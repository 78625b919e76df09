"""督查: the figures of a period, each defined and opening its rows, and its report as a file."""

from dataclasses import replace
from datetime import date
from urllib.parse import quote

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.errors import go_back_to
from portal.installation import database, settings
from portal.session import actor, requires
from reminders import clock, report_files
from reminders import supervision as use_case
from reminders.errors import Invalid
from reminders.rules.dates import minus_days
from reminders.rules.lifecycle import Channel
from reminders.rules.permissions import Permission
from reminders.rules.supervision import (
    CHANNEL_DEFINITION,
    DEFINITIONS,
    Figure,
    Period,
    month_of,
    percent,
    quarter_of,
)
from reminders.supervision import Wanted

bp = Blueprint("supervision", __name__, url_prefix="/supervision")

WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
TYPES = {"pdf": "application/pdf", "docx": WORD, "xlsx": SHEET}
COUNTED = {"yes": True, "no": False}


@bp.get("/")
@requires(Permission.SEE_SUPERVISION)
def show() -> ResponseReturnValue:
    now = clock.now()
    period = period_asked(clock.civil_date(now))
    with database().read() as session:
        found = use_case.overview(session, period, actor=actor(), now=now)
    return render_template(
        "staff/supervision.html",
        found=found,
        period=period,
        quick=_quick(clock.civil_date(now)),
        figures=Figure,
        definitions=DEFINITIONS,
        channel_definition=CHANNEL_DEFINITION,
        percent=percent,
    )


@bp.get("/rows")
@requires(Permission.SEE_SUPERVISION)
def rows() -> ResponseReturnValue:
    now = clock.now()
    asked = request.args.get("figure", "")
    if not asked:
        return redirect(url_for("staff.supervision.show"))
    if asked not in set(Figure):
        raise Invalid("没有这个指标，请从督查页重新打开。")
    wanted = Wanted(
        figure=Figure(asked),
        period=period_asked(clock.civil_date(now)),
        counted=COUNTED.get(request.args.get("counted", "")),
        department_id=request.args.get("department", type=int),
        entry_id=request.args.get("kind", type=int),
        after=request.args.get("after", 0, type=int),
    )
    with database().read() as session:
        page = use_case.rows(session, wanted, actor=actor(), now=now)
    return render_template(
        "staff/supervision_rows.html", page=page, wanted=wanted, definitions=DEFINITIONS, again=_again()
    )


@bp.get("/messages")
@requires(Permission.SEE_SUPERVISION)
def messages() -> ResponseReturnValue:
    channel = request.args.get("channel", "")
    if not channel:
        return redirect(url_for("staff.supervision.show"))
    if channel not in set(Channel):
        raise Invalid("没有这个渠道，请从督查页重新打开。")
    period = period_asked(clock.civil_date(clock.now()))
    with database().read() as session:
        page = use_case.messages(
            session,
            period,
            Channel(channel),
            has_arrived=COUNTED.get(request.args.get("counted", "")),
            after=request.args.get("after", 0, type=int),
            actor=actor(),
        )
    return render_template(
        "staff/supervision_messages.html",
        page=page,
        period=period,
        channel=Channel(channel),
        definition=CHANNEL_DEFINITION,
        again=_again(),
    )


@bp.post("/report")
@requires(Permission.SEE_SUPERVISION)
def report() -> ResponseReturnValue:
    """Sent by a form, because who wrote which report is put on record."""
    go_back_to(url_for("staff.supervision.show"))
    now = clock.now()
    period, kind = period_asked(clock.civil_date(now)), request.form.get("kind", "")
    if kind not in TYPES:
        raise Invalid("请选择 PDF、Word 或 Excel。")
    with database().begin() as session:
        written = use_case.report(session, period, actor=actor(), now=now)
    written = replace(written, title=written.title + settings().mark)
    if kind == "pdf":
        content = report_files.pdf(written, clock.civil_date(now))
    else:
        content = (report_files.docx if kind == "docx" else report_files.xlsx)(written)
    response = Response(content, content_type=TYPES[kind])
    response.headers["Content-Disposition"] = (
        f"attachment; filename*=UTF-8''{quote(f'{written.title}.{kind}')}"
    )
    response.headers["Cache-Control"] = "no-store"
    return response


def period_asked(today: date) -> Period:
    """The days of the address or form; this month when none are given. Raises Invalid."""
    since, until = request.values.get("since", ""), request.values.get("until", "")
    if not since and not until:
        return month_of(today)
    try:
        period = Period(date.fromisoformat(since), date.fromisoformat(until))
    except ValueError:
        raise Invalid("请填写起止日期，例如 2026-11-01 到 2026-11-30。") from None
    if not period.is_sensible:
        raise Invalid("结束日期早于开始日期，或超过了 12 个月：请改一改，再按“查看”。")
    return period


def _quick(today: date) -> list[Period]:
    """This month and quarter and those before."""
    month, quarter = month_of(today), quarter_of(today)
    return [month, month_of(minus_days(month.since, 1)), quarter, quarter_of(minus_days(quarter.since, 1))]


def _again() -> dict[str, str]:
    return {name: value for name, value in request.args.items() if name != "after"}
