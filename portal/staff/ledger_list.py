"""The ledger desk: the stock as a list, and as the file of Annex 2."""

import io
from datetime import date

from flask import render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue

from portal.errors import go_back_to
from portal.installation import database, settings
from portal.session import actor, requires
from portal.staff.ledger import bp
from reminders import catalogue, clock, ledger, ledger_export
from reminders.errors import Invalid
from reminders.ledger import Filters, Line
from reminders.rules.permissions import Permission, department_scope
from reminders.rules.status import LicenseStatus, license_status
from reminders.rules.window import Window

EXPORT_MONTHS = ("3", "12")


@bp.get("/")
@requires(Permission.SEE_LEDGER)
def index() -> ResponseReturnValue:
    filters = _filters()
    scope = department_scope(actor())
    with database().read() as session:
        page = ledger.rows(session, filters, actor=actor())
        entries = [one for one in catalogue.entries(session) if scope in (None, one.department_id)]
    on = clock.civil_date(clock.now())
    lines = [(line, _status(line, on)) for line in page.lines]
    return render_template(
        "staff/ledger.html", lines=lines, after=page.after, entries=entries, filters=filters
    )


@bp.post("/export")
@requires(Permission.EXPORT_LEDGER)
def export() -> ResponseReturnValue:
    """The file holds phones in full: that it was taken is written to the audit."""
    go_back_to(url_for("staff.ledger.index"))
    within = request.form.get("within", "3")
    if within != "all" and within not in EXPORT_MONTHS:
        raise Invalid("请选择导出范围。")
    months = None if within == "all" else int(within)
    now = clock.now()
    target = io.BytesIO()
    with database().begin() as session:
        ledger_export.export(
            session, target, within_months=months, mark=settings().mark, actor=actor(), now=now
        )
    target.seek(0)
    name = f"证照到期提醒台账{settings().mark}-{clock.civil_date(now):%Y%m%d}.xlsx"
    return send_file(target, as_attachment=True, download_name=name)


def _filters() -> Filters:
    return Filters(
        entry_id=request.args.get("entry", type=int),
        expires_from=_day("from"),
        expires_to=_day("to"),
        search=request.args.get("search", "").strip()[:100],
        after=request.args.get("after", ""),
    )


def _day(name: str) -> date | None:
    text = request.args.get(name, "")
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise Invalid("日期要写成 2026-12-20 的样子，请重新填写。") from None


def _status(line: Line, on: date) -> LicenseStatus:
    window = Window(line.opens_on, line.apply_by, None, line.is_estimate) if line.apply_by else None
    return license_status(
        state=line.state, expiry=line.expiry, expires_on=line.expires_on, window=window, today=on
    )
