"""The regulator's in-tray: takes shared renewal decisions, answers with a receipt, shows what came."""

from flask import Blueprint, Response, jsonify, render_template, request

from sandbox.world import world

bp = Blueprint("regulator", __name__)


@bp.post("/regulator/api/decisions")
def receive() -> tuple[Response, int]:
    """One decision number is one receipt, however often it comes."""
    wanted = request.get_json(silent=True)
    number = str(wanted.get("decision_no") or "") if isinstance(wanted, dict) else ""
    if not number:
        return jsonify(code="PARAMS_ILLEGAL", message="decision_no 缺少"), 400
    with world().log.lock:
        if number not in world().decisions:
            receipt = f"JG{len(world().decisions) + 1:06d}"
            world().log.append("decision", decision_no=number, receipt_no=receipt, value=wanted)
        entry = world().decisions[number]
    return jsonify(
        code="OK", decision_no=number, receipt_no=entry["receipt_no"], received_at=entry["at"]
    ), 200


@bp.get("/regulator")
def tray() -> str:
    return render_template("regulator.html", decisions=list(world().decisions.values())[::-1])
