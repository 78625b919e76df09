"""A department's business system: takes signed prompts, shows what its users would see after signing in."""

import hashlib
import hmac
import time

from flask import Blueprint, Response, jsonify, render_template, request

from sandbox.log import SHOWN
from sandbox.world import world

bp = Blueprint("business_system", __name__)
CLOCKS_APART_S = 300
STRANGER = "无账号"  # in a holder's name: somebody this system does not know


@bp.put("/business-system-api/prompts/<prompt_id>")
def take(prompt_id: str) -> tuple[Response, int]:
    """One id is one prompt, however often it comes."""
    problem = _problem()
    if problem:
        return jsonify(code=problem), 401
    wanted = request.get_json(silent=True)
    told = wanted if isinstance(wanted, dict) else {}
    licenses, correction = told.get("licenses"), str(told.get("correction") or "")
    if not licenses or not isinstance(licenses, list) or not all(isinstance(one, dict) for one in licenses):
        return jsonify(code="PARAMS_ILLEGAL"), 400
    if any(STRANGER in str(one.get("holder_name")) for one in licenses):
        return jsonify(code="UNKNOWN_HOLDER"), 422
    with world().log.lock:
        is_new = prompt_id not in world().prompts
        if is_new:
            reference = f"TS{len(world().prompts) + 1:06d}"
            world().log.append("prompt", prompt_id=prompt_id, reference=reference, value=wanted)
            world().log.append(
                SHOWN,
                channel="prompt",
                client_msg_id=prompt_id,
                msgid=reference,
                content={
                    "title": "证照提示更正" if correction else "证照到期提示",
                    "licenses": licenses,
                    "correction": correction,
                    "text": str(told.get("text") or ""),
                },
            )
        entry = world().prompts[prompt_id]
    world().counts["prompt_puts"] += 1
    return jsonify(code="OK", reference=entry["reference"]), 201 if is_new else 200


@bp.get("/business-system")
def prompts() -> str:
    return render_template("business_system.html", prompts=list(world().prompts.values())[::-1])


def _problem() -> str:
    """Why the signature cannot be trusted; empty when it can."""
    stamp = request.headers.get("X-Timestamp", "")
    if not stamp.isdigit() or abs(time.time() - int(stamp)) > CLOCKS_APART_S:
        return "TIMESTAMP"
    body = hashlib.sha256(request.get_data()).hexdigest()
    path = str(request.environ.get("RAW_URI") or request.path).partition("?")[0]
    text = "\n".join((request.method, path, stamp, body))
    key = world().settings.business_key
    wanted = hmac.new(key.encode(), text.encode(), hashlib.sha256).hexdigest()
    is_right = bool(key) and hmac.compare_digest(wanted, request.headers.get("X-Signature", "").lower())
    return "" if is_right else "SIGNATURE"
