"""The ledger desk: the stock as a list whose address holds every filter, and as the file of Annex 2."""

import io
from collections.abc import Mapping
from datetime import date
from typing import Any

from flask import Blueprint, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

from portal.errors import go_back_to
from portal.installation import database, settings
from portal.session import actor, requires
from reminders import catalogue, clock, ledger, ledger_export
from reminders.errors import Invalid
from reminders.ledger import Line
from reminders.ledger_filters import NEVER_TOLD, Filters
from reminders.rules.lifecycle import Channel
from reminders.rules.permissions import Permission, department_scope
from reminders.rules.status import LicenseStatus, StatusKey, license_status
from reminders.rules.window import Window

bp = Blueprint("ledger", __name__, url_prefix="/ledger")
MONTHS = (1, 3, 6, 12)
BOUND = {"yes": True, "no": False}
STATE_NAMES = {
    StatusKey.VALID: "有效，未到申请期",
    StatusKey.OPEN: "可申请",
    StatusKey.CLOSING: "30 天内截止",
    StatusKey.CLOSED: "已过申请期，未期满",
    StatusKey.EXPIRES_TODAY: "今天到期",
    StatusKey.EXPIRED: "已过期",
    StatusKey.RENEWING: "已申请延续",
    StatusKey.NO_EXPIRY: "无固定期限",
    StatusKey.UNKNOWN: "期满日期缺失，待核对",
    StatusKey.CANCELLED: "已注销",
}


@bp.get("/")
@requires(Permission.SEE_LEDGER)
def index() -> ResponseReturnValue:
    filters, scope = _filters(request.args), department_scope(actor())
    on = clock.civil_date(clock.now())
    with database().read() as session:
        page = ledger.rows(session, filters, actor=actor(), today=on)
        entries = [one for one in catalogue.entries(session) if scope in (None, one.department_id)]
    return render_template(
        "staff/ledger.html",
        lines=[(line, _status(line, on)) for line in page.lines],
        after=page.after,
        entries=entries,
        departments=sorted({(one.department_id, one.department) for one in entries}) if scope is None else [],
        filters=filters,
        asked=_asked(filters),
        states=STATE_NAMES,
        channels=Channel,
        never=NEVER_TOLD,
        months=MONTHS,
    )


@bp.post("/export")
@requires(Permission.EXPORT_LEDGER)
def export() -> ResponseReturnValue:
    """The rows of the list as it stands on the screen. The file holds phones in full: the audit keeps it."""
    filters = _filters(request.form)
    go_back_to(url_for("staff.ledger.index", **_asked(filters)))
    now = clock.now()
    target = io.BytesIO()
    with database().begin() as session:
        ledger_export.export(session, target, filters=filters, mark=settings().mark, actor=actor(), now=now)
    target.seek(0)
    name = f"证照到期提醒台账{settings().mark}-{clock.civil_date(now):%Y%m%d}.xlsx"
    return send_file(target, as_attachment=True, download_name=name)


def _filters(told: MultiDict[str, str]) -> Filters:
    status, channel = told.get("state", ""), told.get("channel", "")
    return Filters(
        entry_id=told.get("entry", type=int),
        department_id=told.get("department", type=int),
        status=next((one for one in STATE_NAMES if one == status), None),
        channel=channel if channel in {*Channel, NEVER_TOLD} else "",
        is_bound=BOUND.get(told.get("bound", "")),
        within_months=next((one for one in MONTHS if told.get("within") == f"{one}"), None),
        expires_from=_day(told, "from"),
        expires_to=_day(told, "to"),
        search=told.get("search", "").strip()[:100],
        after=told.get("after", ""),
    )


def _asked(filters: Filters) -> Mapping[str, Any]:
    """The filters as the address of the page holds them, without those left out."""
    bound = next((word for word, is_bound in BOUND.items() if is_bound is filters.is_bound), None)
    asked = {
        "entry": filters.entry_id,
        "department": filters.department_id,
        "state": filters.status and filters.status.value,
        "channel": filters.channel,
        "bound": bound,
        "within": filters.within_months,
        "from": filters.expires_from,
        "to": filters.expires_to,
        "search": filters.search,
    }
    return {name: value for name, value in asked.items() if value}


def _day(told: MultiDict[str, str], name: str) -> date | None:
    text = told.get(name, "")
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise Invalid("日期要写成 2026-12-20 的样子，请重新填写。") from None


def _status(line: Line, on: date) -> LicenseStatus:
    window = Window(line.opens_on, line.apply_by, None, line.is_estimate) if line.apply_by else None
    return license_status(
        state=line.state, expiry=line.expiry, expires_on=line.expires_on, window=window, today=on
    )
