"""The e-license library: what changed, page by page, under /e-license-api; a list at /e-license."""

from datetime import date, timedelta
from typing import Any

from flask import Blueprint, Response, jsonify, render_template, request

from sandbox import signatures
from sandbox.world import world

bp = Blueprint("e_license", __name__)
PAGE = 50
LARGEST_PAGE = 500
SAMPLES = 12
FIRST_EXPIRY = date(2029, 6, 1)


@bp.get("/e-license-api/changes")
def changes() -> tuple[Response, int]:
    """Everything after a cursor, oldest first; a record that changes again comes again."""
    problem = signatures.problem(world().settings.e_license_key)
    if problem:
        return jsonify(code=problem), 401
    after, size = request.args.get("after", ""), request.args.get("size", PAGE, type=int)
    if (after and not after.isdigit()) or not 1 <= size <= LARGEST_PAGE:
        return jsonify(code="PARAMS_ILLEGAL"), 400
    start, known = int(after or 0), _changes()
    page = known[start : start + size]
    end = start + len(page)
    world().counts["library_pages"] += 1
    return jsonify(code="OK", items=page, cursor=str(end), has_more=end < len(known)), 200


@bp.post("/e-license/api/licenses")
def change() -> tuple[Response, int]:
    """Adds or replaces records by license_no, so that a renewal can be played."""
    wanted = request.get_json(silent=True)
    if not isinstance(wanted, list) or not all(isinstance(r, dict) and r.get("license_no") for r in wanted):
        return jsonify(code="PARAMS_ILLEGAL", message="要一个记录列表，每条有 license_no"), 400
    for record in wanted:
        world().log.append("license", license_no=str(record["license_no"]), value=record)
    return jsonify(code="OK", changed=len(wanted)), 200


@bp.get("/e-license")
def library() -> str:
    newest = {record["license_no"]: record for record in _changes()}
    return render_template("e_license.html", records=list(newest.values())[:200])


def _changes() -> list[dict[str, Any]]:
    return [*map(_sample, range(1, SAMPLES + 1)), *world().licenses]


def _sample(number: int) -> dict[str, Any]:
    expires_on = FIRST_EXPIRY + timedelta(days=number * 7)
    return {
        "license_no": f"SC1063710{number:05d}",
        "license_name": "食品生产许可证",
        "holder_name": f"示例证照库{number}号食品有限公司",
        "contact_name": "库示例",
        "phone": f"1380000{9000 + number}",
        "issued_on": expires_on.replace(year=expires_on.year - 5).isoformat(),
        "expires_on": expires_on.isoformat(),
        "state": "有效",
    }
