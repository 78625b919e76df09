"""The regulators' platform: takes signed renewal decisions, answers each with a receipt, shows what came."""

from flask import Blueprint, Response, jsonify, render_template, request

from sandbox import signatures
from sandbox.world import world

bp = Blueprint("regulator", __name__)
NEEDED = ("regulator", "license_name", "holder_name", "expires_on")
STRANGER = "未登记"  # in a regulator's name: nobody here is called so


@bp.put("/regulator-api/decisions/<decision_no>")
def receive(decision_no: str) -> tuple[Response, int]:
    """One decision number is one receipt, however often it comes."""
    problem = signatures.problem(world().settings.regulator_key)
    if problem:
        return jsonify(code=problem), 401
    told = request.get_json(silent=True)
    wanted = told if isinstance(told, dict) else {}
    if wanted.get("decision_no") != decision_no or not all(wanted.get(name) for name in NEEDED):
        return jsonify(code="PARAMS_ILLEGAL", message="缺少决定编号、监管部门、证照、持有单位或期满日期"), 400
    if STRANGER in str(wanted["regulator"]):
        return jsonify(code="UNKNOWN_REGULATOR", message="没有这个监管部门"), 422
    with world().log.lock:
        is_new = decision_no not in world().decisions
        if is_new:
            receipt = f"JG{len(world().decisions) + 1:06d}"
            world().log.append("decision", decision_no=decision_no, receipt_no=receipt, value=wanted)
        entry = world().decisions[decision_no]
    world().counts["decision_puts"] += 1
    return jsonify(
        code="OK", decision_no=decision_no, receipt_no=entry["receipt_no"], received_at=entry["at"]
    ), 201 if is_new else 200


@bp.get("/regulator")
def tray() -> str:
    return render_template("regulator.html", decisions=list(world().decisions.values())[::-1])
