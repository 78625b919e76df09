"""The e-license library: pages of made-up license records under /e-license/api, a list at /e-license."""

from datetime import date, timedelta
from typing import Any

from flask import Blueprint, Response, jsonify, render_template, request

from sandbox.world import world

bp = Blueprint("e_license", __name__)
PAGE = 50
LARGEST_PAGE = 500
SAMPLES = 120
FIRST_EXPIRY = date(2027, 1, 1)


@bp.get("/e-license/api/licenses")
@bp.get("/e-license-api/licenses")
def licenses() -> tuple[Response, int]:
    key = world().settings.e_license_key
    if key and request.headers.get("Authorization") != f"Bearer {key}":
        return jsonify(code="FORBIDDEN", message="Authorization 不对"), 401
    page = max(request.args.get("page", 1, type=int), 1)
    size = min(max(request.args.get("size", PAGE, type=int), 1), LARGEST_PAGE)
    records = _records()
    items = records[(page - 1) * size : page * size]
    return jsonify(code="OK", total=len(records), page=page, size=size, items=items), 200


@bp.post("/e-license/api/licenses")
@bp.post("/e-license-api/licenses")
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
    return render_template("e_license.html", records=_records()[:200])


def _records() -> list[dict[str, Any]]:
    known = {record["license_no"]: record for record in map(_sample, range(1, SAMPLES + 1))}
    return list({**known, **world().licenses}.values())


def _sample(number: int) -> dict[str, Any]:
    expires_on = FIRST_EXPIRY + timedelta(days=number * 7)
    return {
        "license_no": f"SL{number:08d}",
        "license_name": "食品经营许可证",
        "holder_name": f"示例{number}号食品有限公司",
        "issued_on": expires_on.replace(year=expires_on.year - 5, day=min(expires_on.day, 28)).isoformat(),
        "expires_on": expires_on.isoformat(),
        "state": "有效",
    }
