"""One license typed in or changed at a desk, shown as an import of one row before it is written."""

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.errors import go_back_to
from portal.installation import database
from portal.session import actor, requires
from reminders import catalogue, clock, ledger, spreadsheet
from reminders.rules.permissions import Permission, department_scope
from reminders.rules.sheet_shape import Field

bp = Blueprint("ledger_rows", __name__, url_prefix="/ledger/rows")


@bp.get("/new")
@requires(Permission.IMPORT_LEDGER)
def new() -> ResponseReturnValue:
    return _form({})


@bp.get("/<int:license_id>")
@requires(Permission.IMPORT_LEDGER)
def change(license_id: int) -> ResponseReturnValue:
    with database().read() as session:
        texts = ledger.known(session, license_id, actor=actor())
    return _form(texts, is_known=True)


@bp.post("/")
@requires(Permission.IMPORT_LEDGER)
def save() -> ResponseReturnValue:
    """Nothing is written yet: the page of the import shows what would change, and is accepted there."""
    go_back_to(url_for("staff.ledger.index"))
    texts = {one: request.form.get(one.name.lower(), "") for one in ledger.TYPED}
    now, data = clock.now(), ledger.sheet(texts)
    name = f"登记一本-{clock.civil_date(now):%Y%m%d}.xlsx"
    workbook = spreadsheet.read(data, name)
    with database().begin() as session:
        import_id = ledger.preview(session, name, data, workbook, actor=actor(), now=now, is_typed=True)
    return redirect(url_for("staff.imports.show", import_id=import_id), 303)


def _form(texts: dict[Field, str], *, is_known: bool = False) -> str:
    scope = department_scope(actor())
    with database().read() as session:
        entries = catalogue.entries(session)
    kinds = [one.license_name for one in entries if scope in (None, one.department_id)]
    return render_template("staff/ledger_row.html", texts=texts, is_known=is_known, kinds=kinds, field=Field)
