"""Printed publicity: a poster for the hall and a card for the counter, with the account's own QR code."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from portal.installation import settings
from portal.public.codes import drawn
from portal.session import requires
from reminders.rules.permissions import Permission

bp = Blueprint("publicity", __name__, url_prefix="/publicity")


@bp.get("/")
@requires(Permission.SEE_CATALOGUE)
def index() -> ResponseReturnValue:
    return render_template("staff/publicity.html")


@bp.get("/poster")
@requires(Permission.SEE_CATALOGUE)
def poster() -> ResponseReturnValue:
    return render_template("staff/poster.html", qr=_qr())


@bp.get("/card")
@requires(Permission.SEE_CATALOGUE)
def card() -> ResponseReturnValue:
    """Two cards on one sheet, folded in the middle to stand."""
    return render_template("staff/counter_card.html", qr=_qr())


def _qr() -> str:
    """Empty until the settings tell what the account's code says: a wrong one would be worse than none."""
    return drawn(settings().wechat_qr_text) if settings().wechat_qr_text else ""
