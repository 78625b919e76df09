"""Puts the desks together and lets nobody past without the permission the route declares."""

from flask import Blueprint, Request, abort, current_app, flash, g, redirect, request, url_for
from flask.typing import ResponseReturnValue

from portal import session
from portal.installation import database, settings
from portal.security import client_address, may_enter
from portal.staff import (
    absences,
    accounts,
    answers,
    appeals,
    appointments,
    auditing,
    bind_passes,
    books,
    catalogue,
    corrections,
    duties,
    feedback,
    handbook,
    holders,
    home,
    imports,
    inspections,
    ledger_list,
    ledger_rows,
    letter_batches,
    letters,
    library,
    message_templates,
    notice_outlets,
    notices,
    own_account,
    page_reports,
    plan,
    practice,
    publicity,
    replies,
    sending,
    shares,
    sign_in,
    single_sign_on,
    sms_check,
    supervision,
    worklist,
)
from reminders import clock
from reminders.rules.permissions import may

DESKS = (
    sign_in,
    single_sign_on,
    home,
    own_account,
    auditing,
    holders,
    absences,
    accounts,
    ledger_list,
    ledger_rows,
    worklist,
    letters,
    letter_batches,
    answers,
    appointments,
    feedback,
    bind_passes,
    appeals,
    notices,
    notice_outlets,
    page_reports,
    books,
    supervision,
    imports,
    inspections,
    corrections,
    duties,
    shares,
    library,
    plan,
    publicity,
    replies,
    sms_check,
    sending,
    catalogue,
    message_templates,
    handbook,
    practice,
)


def console() -> Blueprint:
    staff = Blueprint("staff", __name__, url_prefix="/staff")
    for desk in DESKS:
        staff.register_blueprint(desk.bp)
    staff.before_request(admit)
    staff.app_context_processor(lambda: {"guide": practice.guide, "place_of": practice.place_of})
    return staff


def admit() -> ResponseReturnValue | None:
    """Network, session, permission, in this order; an undeclared route raises and serves nobody."""
    if not may_enter(client_address(), settings().staff_networks):
        abort(403)
    permission = session.permission_of(current_app.view_functions[endpoint_of(request)])
    with database().read() as opened:
        actor = session.who(opened, now=clock.now())
    if permission is None:
        return None
    if actor is None:
        flash(f"请先登录。闲置 {settings().staff_idle_minutes} 分钟后需要重新登录。", "info")
        return redirect(url_for("staff.sign_in.show"), 303)
    g.actor = actor
    if not may(actor, permission):
        abort(403)
    return None


def endpoint_of(sent: Request) -> str:
    if sent.endpoint is None:
        abort(404)
    return sent.endpoint
