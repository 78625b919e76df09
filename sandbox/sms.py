"""The SMS platform: takes messages for phones under /sms-api; the phones' inboxes are shown at /sms."""

import hmac
import re
import secrets
from typing import Any

from flask import Blueprint, Response, jsonify, render_template, request

from sandbox.log import SHOWN, Entry
from sandbox.world import World, world

bp = Blueprint("sms", __name__)
PHONE = re.compile(r"1\d{10}")
PLACEHOLDER = re.compile(r"\$?\{(\w+)\}")
CODE_TEXT = "您的验证码是 {code}，请勿告诉他人。"


@bp.post("/sms-api/send")
def send() -> Response:
    if not _authorised():
        return jsonify(code="FORBIDDEN", message="Authorization 不对")
    wanted = request.get_json(silent=True) or {}
    phone, template = str(wanted.get("phone", "")), str(wanted.get("template", ""))
    params = wanted.get("params") or {}
    if not PHONE.fullmatch(phone):
        return jsonify(code="MOBILE_NUMBER_ILLEGAL", message="手机号码格式不对")
    if not wanted.get("sign") or not template or not isinstance(params, dict):
        return jsonify(code="PARAMS_ILLEGAL", message="sign、template、params 缺少或格式不对")
    biz_id = secrets.token_hex(10)
    content = f"【{wanted['sign']}】{text_of(world(), template, params)}"
    world().log.append(
        SHOWN,
        channel="sms",
        phone=phone,
        client_msg_id=str(wanted.get("out_id") or ""),
        msgid=biz_id,
        template=template,
        params=params,
        content=content,
    )
    world().counts["sms"] += 1
    return jsonify(code="OK", biz_id=biz_id)


@bp.post("/sms-api/speak")
def speak() -> Response:
    if not _authorised():
        return jsonify(code="FORBIDDEN", message="Authorization 不对")
    wanted = request.get_json(silent=True) or {}
    phone, code = str(wanted.get("phone", "")), str(wanted.get("code", ""))
    if not PHONE.fullmatch(phone):
        return jsonify(code="MOBILE_NUMBER_ILLEGAL", message="手机号码格式不对")
    if not code.isdigit():
        return jsonify(code="PARAMS_ILLEGAL", message="code 只能是数字")
    return jsonify(code="OK", call_id=ring(phone, code, str(wanted.get("out_id") or "")))


def ring(phone: str, code: str, out_id: str) -> str:
    """A call in which the code is said; it stands among the messages of the phone."""
    call_id = secrets.token_hex(10)
    content = f"（语音来电）您的验证码是 {' '.join(code)}"
    world().counts["voice"] += 1
    world().log.append(
        SHOWN,
        channel="voice",
        phone=phone,
        client_msg_id=out_id,
        msgid=call_id,
        template="voice",
        params={"code": code},
        content=content,
    )
    return call_id


@bp.get("/sms-api/query")
def query() -> Response:
    if not _authorised():
        return jsonify(code="FORBIDDEN", message="Authorization 不对")
    out_id = request.args.get("out_id", "")
    found = [_record(entry) for entry in world().sms if out_id and entry["client_msg_id"] == out_id]
    last = found[-1] if found else {}
    return jsonify(code="OK", found=bool(found), messages=found, **last)


@bp.get("/sms")
def inboxes() -> str:
    phone = request.args.get("phone", "")
    entries = [entry for entry in reversed(world().sms) if phone in ("", entry["phone"])][:200]
    return render_template("sms.html", entries=entries, names=names(world()), phone=phone)


def names(known: World) -> dict[str, str]:
    return {person.phone: person.name for person in known.people.all() if person.phone}


def text_of(known: World, template: str, params: dict[str, Any]) -> str:
    """The wording the platform has on file for a template, or a plain one when it was never told."""
    wording = str((known.latest.get("hints") or {}).get("sms_templates", {}).get(template, ""))
    if not wording and PLACEHOLDER.search(template):
        wording = template
    if not wording and "text" in params:
        wording = "{text}"
    if not wording and "code" in params:
        wording = CODE_TEXT
    if not wording:
        return "，".join(f"{name}：{value}" for name, value in params.items()) or template
    return PLACEHOLDER.sub(lambda found: str(params.get(found.group(1), "")), wording)


def _record(entry: Entry) -> dict[str, Any]:
    return {
        "biz_id": entry["msgid"],
        "out_id": entry["client_msg_id"],
        "phone": entry["phone"],
        "status": "DELIVERED",
        "received_at": entry["at"],
    }


def _authorised() -> bool:
    given = request.headers.get("Authorization", "")
    return hmac.compare_digest(given.encode(), f"Bearer {world().settings.sms_key}".encode())
