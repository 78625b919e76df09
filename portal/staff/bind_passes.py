"""The desk at the counter: lets a holder bind by a QR code on the receipt, or by a code on paper."""

import segno
from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.errors import go_back_to
from portal.installation import database
from portal.session import actor, requires
from reminders import binding, clock
from reminders.binding.desk import CODE_DAYS
from reminders.passes import Qr
from reminders.rules.pass_code import printed
from reminders.rules.permissions import Permission

bp = Blueprint("bind_passes", __name__, url_prefix="/binding")


@bp.get("/licenses/<int:license_id>")
@requires(Permission.LET_BIND)
def show(license_id: int) -> ResponseReturnValue:
    with database().read() as session:
        counter = binding.counter(session, license_id, actor=actor(), now=clock.now())
    return render_template("staff/bind_passes.html", counter=counter, days=CODE_DAYS)


@bp.post("/licenses/<int:license_id>/receipt")
@requires(Permission.LET_BIND)
def issue_receipt(license_id: int) -> ResponseReturnValue:
    go_back_to(url_for("staff.bind_passes.show", license_id=license_id))
    with database().begin() as session:
        pass_id = binding.issue_receipt(session, _chosen(), actor=actor(), now=clock.now())
    return redirect(url_for("staff.bind_passes.receipt", pass_id=pass_id), 303)


@bp.get("/passes/<int:pass_id>")
@requires(Permission.LET_BIND)
def receipt(pass_id: int) -> ResponseReturnValue:
    """Waits, by asking again, while the platform draws the code."""
    with database().read() as session:
        qr, holder_name, licenses = binding.receipt(session, pass_id, actor=actor(), now=clock.now())
    return render_template(
        "staff/bind_receipt.html", qr=qr, picture=picture(qr), holder_name=holder_name, licenses=licenses
    )


@bp.post("/licenses/<int:license_id>/code")
@requires(Permission.LET_BIND)
def issue_code(license_id: int) -> ResponseReturnValue:
    """Answered with the slip itself, because nobody can ever read the code again."""
    go_back_to(url_for("staff.bind_passes.show", license_id=license_id))
    days, chosen = request.form.get("days", 0, type=int), _chosen()
    now = clock.now()
    with database().begin() as session:
        code = binding.issue_paper_code(session, chosen, days, actor=actor(), now=now)
        counter = binding.counter(session, license_id, actor=actor(), now=now)
    licenses = [one for one in counter.licenses if one.license_id in chosen]
    return render_template(
        "staff/bind_slip.html",
        code=printed(code),
        days=days,
        on=clock.civil_date(now),
        counter=counter,
        licenses=licenses,
    )


@bp.post("/passes/<int:pass_id>/withdraw")
@requires(Permission.LET_BIND)
def withdraw(pass_id: int) -> ResponseReturnValue:
    go_back_to(url_for("staff.ledger.index"))
    with database().begin() as session:
        license_id = binding.withdraw(session, pass_id, actor=actor(), now=clock.now())
    flash("已作废，拿着它的人不能再绑定。", "success")
    return redirect(url_for("staff.bind_passes.show", license_id=license_id), 303)


def picture(qr: Qr) -> str:
    """The code as an image in the page, so that no secret of it is ever an address; "" while it is drawn."""
    return str(segno.make(qr.says, error="m").svg_data_uri(scale=4, border=2)) if qr.says else ""


def _chosen() -> set[int]:
    return set(request.form.getlist("license", type=int))
