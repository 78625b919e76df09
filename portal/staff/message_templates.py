"""The desk of templates: what every channel says, changed by one person and let out by another."""

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.errors import go_back_to
from portal.installation import database, settings
from portal.session import actor, requires
from portal.staff.own_account import refuse_while_stopped
from portal.staff.wording_forms import FIELD_ROWS, marked, rows_of, typed_wording
from portal.staff.wording_names import spoken
from reminders import clock, message_templates
from reminders.message_templates import PAGE, Overview
from reminders.rules import trial_message, wording_checks, wording_diff
from reminders.rules.permissions import Permission
from reminders.rules.wording_kinds import KINDS, VALUE_WORDS, KindRules
from reminders.rules.wordings import Medium, TemplateKind, TemplateState, Wording

bp = Blueprint("message_templates", __name__, url_prefix="/templates")
bp.add_app_template_filter(marked)
bp.add_app_template_filter(spoken)
OTHER_PARTS = {"template_id": "平台上的模板编号", "allowed": "预设的词"}


@bp.context_processor
def words() -> dict[str, object]:
    return {"part_name": part_name, "value_words": VALUE_WORDS}


def part_name(rules: KindRules, part: str) -> str:
    """A field of WeChat is called by its key."""
    return rules.parts.get(part) or OTHER_PARTS.get(part, part)


@bp.get("/")
@requires(Permission.SEE_TEMPLATES)
def index() -> ResponseReturnValue:
    with database().read() as session:
        found = message_templates.overview(session)
    faults = {one.kind: _faults(one.wording) for one in found if one.wording is not None}
    return render_template("staff/templates.html", found=found, faults=faults)


@bp.get("/<kind>")
@requires(Permission.SEE_TEMPLATES)
def show(kind: str) -> ResponseReturnValue:
    one = _one(kind)
    return _page(one, one.wording or Wording(one.kind, dict.fromkeys(one.rules.parts, "")))


@bp.post("/<kind>/look")
@requires(Permission.WRITE_TEMPLATE)
def look(kind: str) -> ResponseReturnValue:
    """What was typed, with its preview and its effect; nothing is saved."""
    one = _one(kind)
    return _page(one, typed_wording(one), is_tried=True)


@bp.post("/<kind>/check")
@requires(Permission.WRITE_TEMPLATE)
def check(kind: str) -> ResponseReturnValue:
    """The findings alone, while somebody writes."""
    one = _one(kind)
    wording = typed_wording(one)
    return render_template("staff/template_check.html", one=one, wording=wording, **_findings(wording))


@bp.post("/<kind>")
@requires(Permission.WRITE_TEMPLATE)
def propose(kind: str) -> ResponseReturnValue:
    one = _one(kind)
    wording, now = typed_wording(one), clock.now()
    faults = _faults(wording)
    with database().read() as session:
        tried = message_templates.rehearse(
            session, wording, signature=settings().sms_signature, actor=actor(), now=now
        )
    if faults or (tried is not None and tried.is_breaking and request.form.get("sure") != "yes"):
        return _page(one, wording, is_tried=True, must_agree=not faults)
    go_back_to(url_for("staff.message_templates.show", kind=kind))
    with database().begin() as session:
        version_id = message_templates.propose(
            session,
            wording,
            request.form.get("reason", ""),
            signature=settings().sms_signature,
            actor=actor(),
            now=now,
        )
    flash("已保存为新的一版，等另一位负责人批准。批准前照旧发送。", "success")
    return redirect(url_for("staff.message_templates.version", version_id=version_id), 303)


@bp.get("/<kind>/history")
@requires(Permission.SEE_TEMPLATES)
def history(kind: str) -> ResponseReturnValue:
    one = _one(kind)
    with database().read() as session:
        found = message_templates.history(
            session, one.kind, before=request.args.get("before", type=int), limit=PAGE + 1
        )
    return render_template(
        "staff/template_history.html", one=one, versions=found[:PAGE], more=len(found) > PAGE
    )


@bp.get("/versions/<int:version_id>")
@requires(Permission.SEE_TEMPLATES)
def version(version_id: int) -> ResponseReturnValue:
    now = clock.now()
    with database().read() as session:
        shown = message_templates.version(session, version_id)
        before = message_templates.before(session, shown)
        tried = (
            message_templates.rehearse(
                session, shown.wording, signature=settings().sms_signature, actor=actor(), now=now
            )
            if shown.state is TemplateState.PROPOSED
            else None
        )
    return render_template(
        "staff/template_version.html",
        shown=shown,
        rules=KINDS[shown.kind],
        before=before,
        changes=wording_diff.compare(before.wording, shown.wording) if before else (),
        tried=tried,
        me=actor().ref,
        can_try=trial_message.channel_of(shown.kind) is not None,
        **_findings(shown.wording),
    )


@bp.post("/versions/<int:version_id>/approve")
@requires(Permission.APPROVE_TEMPLATE)
def approve(version_id: int) -> ResponseReturnValue:
    go_back_to(url_for("staff.message_templates.version", version_id=version_id))
    with database().begin() as session:
        message_templates.approve(session, version_id, actor=actor(), now=clock.now())
    flash("已批准。从现在起照这一版发送、通话和打印。", "success")
    return redirect(url_for("staff.message_templates.version", version_id=version_id), 303)


@bp.post("/versions/<int:version_id>/turn-down")
@requires(Permission.APPROVE_TEMPLATE)
def turn_down(version_id: int) -> ResponseReturnValue:
    go_back_to(url_for("staff.message_templates.version", version_id=version_id))
    with database().begin() as session:
        message_templates.turn_down(
            session, version_id, request.form.get("note", ""), actor=actor(), now=clock.now()
        )
    flash("已退回，写的人会看到原因。", "success")
    return redirect(url_for("staff.message_templates.version", version_id=version_id), 303)


@bp.post("/versions/<int:version_id>/take-back")
@requires(Permission.WRITE_TEMPLATE)
def take_back(version_id: int) -> ResponseReturnValue:
    go_back_to(url_for("staff.message_templates.version", version_id=version_id))
    with database().begin() as session:
        message_templates.take_back(session, version_id, actor=actor(), now=clock.now())
    flash("已撤回。", "success")
    return redirect(url_for("staff.message_templates.version", version_id=version_id), 303)


@bp.post("/versions/<int:version_id>/restore")
@requires(Permission.WRITE_TEMPLATE)
def restore(version_id: int) -> ResponseReturnValue:
    go_back_to(url_for("staff.message_templates.version", version_id=version_id))
    with database().begin() as session:
        new_id = message_templates.restore(
            session,
            version_id,
            request.form.get("reason", ""),
            signature=settings().sms_signature,
            actor=actor(),
            now=clock.now(),
        )
    flash("旧的一版已成为新的一版，等另一位负责人批准。", "success")
    return redirect(url_for("staff.message_templates.version", version_id=new_id), 303)


@bp.post("/<kind>/try")
@requires(Permission.WRITE_TEMPLATE)
def try_typed(kind: str) -> ResponseReturnValue:
    """What was typed, to the writer's own phone; nothing of it is saved as a version."""
    one = _one(kind)
    go_back_to(url_for("staff.message_templates.show", kind=kind))
    return _try_out(typed_wording(one), None)


@bp.post("/versions/<int:version_id>/try")
@requires(Permission.WRITE_TEMPLATE)
def try_version(version_id: int) -> ResponseReturnValue:
    go_back_to(url_for("staff.message_templates.version", version_id=version_id))
    with database().read() as session:
        shown = message_templates.version(session, version_id)
    return _try_out(shown.wording, shown.number)


@bp.get("/trials/<int:message_id>")
@requires(Permission.WRITE_TEMPLATE)
def trial(message_id: int) -> ResponseReturnValue:
    """Waits, by asking again, until the provider answered."""
    now = clock.now()
    with database().read() as session:
        shown = message_templates.trial(session, message_id, actor=actor(), now=now)
    said = trial_message.said(shown.wording, settings().sms_signature, clock.civil_date(shown.asked_at))
    return render_template("staff/template_trial.html", shown=shown, rules=KINDS[shown.kind], said=said)


def _try_out(wording: Wording, number: int | None) -> ResponseReturnValue:
    refuse_while_stopped()
    with database().begin() as session:
        message_id = message_templates.try_out(
            session,
            wording,
            version_number=number,
            signature=settings().sms_signature,
            actor=actor(),
            now=clock.now(),
        )
    return redirect(url_for("staff.message_templates.trial", message_id=message_id), 303)


def _page(
    one: Overview, wording: Wording, *, is_tried: bool = False, must_agree: bool = False
) -> ResponseReturnValue:
    now, told = clock.now(), settings()
    with database().read() as session:
        seen = message_templates.preview(
            session,
            wording,
            request.values.get("license", type=int),
            signature=told.sms_signature,
            portal_url=told.portal_url,
            actor=actor(),
            now=now,
        )
        tried = (
            message_templates.rehearse(session, wording, signature=told.sms_signature, actor=actor(), now=now)
            if is_tried
            else None
        )
    return render_template(
        "staff/template.html",
        one=one,
        wording=wording,
        rows=rows_of(wording) if one.rules.medium is Medium.FIELDS else (),
        field_rows=FIELD_ROWS,
        seen=seen,
        tried=tried,
        is_tried=is_tried,
        must_agree=must_agree,
        reason=request.form.get("reason", ""),
        can_try=trial_message.channel_of(one.kind) is not None,
        **_findings(wording),
    )


def _findings(wording: Wording) -> dict[str, object]:
    signature = settings().sms_signature
    return {
        "faults": _faults(wording),
        "facts": wording_checks.stated(wording),
        "meters": {part: wording_checks.meter(wording, part, signature) for part in wording.parts},
    }


def _faults(wording: Wording) -> tuple[wording_checks.Fault, ...]:
    return wording_checks.faults(wording, settings().sms_signature)


def _one(kind: str) -> Overview:
    if kind not in set(TemplateKind):
        abort(404)
    with database().read() as session:
        return next(one for one in message_templates.overview(session) if one.kind == kind)
