"""The catalogue desk: entries with their versions, what a change would do, and who answers for what."""

from datetime import date
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from portal.errors import go_back_to
from portal.installation import database
from portal.session import actor, requires
from portal.staff.catalogue_forms import typed_department, typed_fields
from reminders import catalogue, catalogue_desk, clock
from reminders.catalogue_desk import EntryDesk
from reminders.catalogue_desk.departments import METHODS
from reminders.errors import Invalid
from reminders.rules.catalogue_entry import NAMES, as_confirmed_as, changed, faults
from reminders.rules.permissions import Permission, department_scope, may
from reminders.rules.window import Unit

bp = Blueprint("catalogue", __name__, url_prefix="/catalogue")
bp.add_app_template_filter(NAMES.__getitem__, "field_word")


@bp.get("/")
@requires(Permission.SEE_CATALOGUE)
def show() -> ResponseReturnValue:
    with database().read() as session:
        entries = catalogue.entries(session)
        resting = catalogue_desk.resting(session)
    return render_template("staff/catalogue.html", entries=entries, resting=resting)


@bp.get("/unconfirmed")
@requires(Permission.SEE_CATALOGUE)
def unconfirmed() -> ResponseReturnValue:
    with database().read() as session:
        found = catalogue_desk.unconfirmed(session)
    return render_template("staff/catalogue_unconfirmed.html", found=found)


@bp.get("/duties")
@requires(Permission.SEE_CATALOGUE)
def duties() -> ResponseReturnValue:
    with database().read() as session:
        found = catalogue_desk.duties(session)
    scope = department_scope(actor()) if may(actor(), Permission.EDIT_CATALOGUE) else 0
    return render_template("staff/catalogue_duties.html", duties=found, scope=scope)


@bp.get("/departments/<int:department_id>")
@requires(Permission.EDIT_CATALOGUE)
def department(department_id: int) -> ResponseReturnValue:
    with database().read() as session:
        found = catalogue_desk.department(session, department_id, actor=actor())
    return render_template("staff/department.html", found=found, methods=METHODS)


@bp.post("/departments/<int:department_id>")
@requires(Permission.EDIT_CATALOGUE)
def save_department(department_id: int) -> ResponseReturnValue:
    go_back_to(url_for("staff.catalogue.department", department_id=department_id))
    with database().begin() as session:
        catalogue_desk.save_department(
            session, department_id, typed_department(), actor=actor(), now=clock.now()
        )
    flash("已保存，立即生效。以后装入目录文件不会改动这个科室。", "success")
    return redirect(url_for("staff.catalogue.duties"), 303)


@bp.get("/<int:entry_id>")
@requires(Permission.SEE_CATALOGUE)
def entry(entry_id: int) -> ResponseReturnValue:
    with database().read() as session:
        return _page(session, catalogue_desk.entry(session, entry_id))


@bp.post("/<int:entry_id>/look")
@requires(Permission.EDIT_CATALOGUE)
def look(entry_id: int) -> ResponseReturnValue:
    """What the typed version would do; nothing is saved."""
    with database().read() as session:
        found = catalogue_desk.entry(session, entry_id)
        fields = as_confirmed_as(found.fields, typed_fields(found.fields))
        problems = faults(fields, has_companion=bool(found.companion_name))
        effect = None
        if not problems:
            effect = catalogue_desk.effect(session, entry_id, fields, _day(), actor=actor(), now=clock.now())
        names = [NAMES[name] for name in changed(found.fields, fields)]
        return _page(session, found, fields=fields, problems=problems, effect=effect, changes=names)


@bp.post("/<int:entry_id>")
@requires(Permission.EDIT_CATALOGUE)
def save(entry_id: int) -> ResponseReturnValue:
    """From the page that showed the effect."""
    go_back_to(url_for("staff.catalogue.entry", entry_id=entry_id))
    effective_on, reason = _day(), request.form.get("reason", "")
    with database().begin() as session:
        fields = typed_fields(catalogue_desk.entry(session, entry_id).fields)
        catalogue_desk.save(session, entry_id, fields, effective_on, reason, actor=actor(), now=clock.now())
    coming = effective_on > clock.civil_date(clock.now())
    flash(f"已保存，{effective_on} 起生效。" if coming else "已保存，从今天起生效。", "success")
    return redirect(url_for("staff.catalogue.entry", entry_id=entry_id), 303)


@bp.post("/<int:entry_id>/confirm")
@requires(Permission.CONFIRM_WINDOW)
def confirm(entry_id: int) -> ResponseReturnValue:
    go_back_to(url_for("staff.catalogue.entry", entry_id=entry_id))
    typed = (request.form.get(name, "") for name in ("basis", "basis_article", "reason"))
    with database().begin() as session:
        catalogue_desk.confirm(session, entry_id, *typed, actor=actor(), now=clock.now())
    flash("已记下核实人、依据和条款，时限按已核实对外说明。", "success")
    return redirect(url_for("staff.catalogue.entry", entry_id=entry_id), 303)


@bp.post("/versions/<int:version_id>/call-off")
@requires(Permission.EDIT_CATALOGUE)
def call_off(version_id: int) -> ResponseReturnValue:
    go_back_to(url_for("staff.catalogue.show"))
    with database().begin() as session:
        entry_id = catalogue_desk.call_off(session, version_id, actor=actor(), now=clock.now())
    flash("已取消，现行的一版不变。", "success")
    return redirect(url_for("staff.catalogue.entry", entry_id=entry_id), 303)


@bp.post("/<int:entry_id>/pause")
@requires(Permission.EDIT_CATALOGUE)
def pause(entry_id: int) -> ResponseReturnValue:
    go_back_to(url_for("staff.catalogue.entry", entry_id=entry_id))
    with database().begin() as session:
        count = catalogue_desk.pause(
            session, entry_id, request.form.get("reason", ""), actor=actor(), now=clock.now()
        )
    flash(f"已暂停，撤下 {count} 条还没有告诉任何人的提醒。恢复后补上该提醒的。", "success")
    return redirect(url_for("staff.catalogue.entry", entry_id=entry_id), 303)


@bp.post("/<int:entry_id>/retire")
@requires(Permission.EDIT_CATALOGUE)
def retire(entry_id: int) -> ResponseReturnValue:
    go_back_to(url_for("staff.catalogue.entry", entry_id=entry_id))
    with database().begin() as session:
        count = catalogue_desk.retire(
            session, entry_id, request.form.get("reason", ""), actor=actor(), now=clock.now()
        )
    flash(f"已停用，撤下 {count} 条还没有告诉任何人的提醒，公众目录里不再列出。", "success")
    return redirect(url_for("staff.catalogue.entry", entry_id=entry_id), 303)


@bp.post("/<int:entry_id>/resume")
@requires(Permission.EDIT_CATALOGUE)
def resume(entry_id: int) -> ResponseReturnValue:
    go_back_to(url_for("staff.catalogue.entry", entry_id=entry_id))
    with database().begin() as session:
        catalogue_desk.resume(session, entry_id, actor=actor(), now=clock.now())
    flash("已恢复。下一次计划补上该提醒的，每本证照只发现在这一步。", "success")
    return redirect(url_for("staff.catalogue.entry", entry_id=entry_id), 303)


@bp.post("/<int:entry_id>/take-up")
@requires(Permission.EDIT_CATALOGUE)
def take_up(entry_id: int) -> ResponseReturnValue:
    go_back_to(url_for("staff.catalogue.entry", entry_id=entry_id))
    with database().begin() as session:
        catalogue_desk.take_up_again(session, entry_id, actor=actor(), now=clock.now())
    flash("已重新启用，公众目录里重新列出。", "success")
    return redirect(url_for("staff.catalogue.entry", entry_id=entry_id), 303)


def _page(session: Session, found: EntryDesk, **tried: Any) -> str:
    who = actor()
    is_mine = department_scope(who) in (None, found.fields.department_id)
    may_edit = is_mine and may(who, Permission.EDIT_CATALOGUE)
    return render_template(
        "staff/catalogue_entry.html",
        found=found,
        fields=tried.get("fields") or found.fields,
        tried=tried,
        may_edit=may_edit,
        may_move=may_edit and department_scope(who) is None,
        rest=catalogue_desk.rest_effect(session, found.id, actor=who) if may_edit else None,
        departments=catalogue_desk.duties(session) if may_edit else (),
        names=NAMES,
        units=list(Unit),
        today=clock.civil_date(clock.now()),
        effective_on=request.form.get("effective_on", ""),
        reason=request.form.get("reason", ""),
    )


def _day() -> date:
    try:
        return date.fromisoformat(request.form.get("effective_on", ""))
    except ValueError:
        raise Invalid("请选择从哪天起生效。") from None
