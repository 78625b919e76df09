"""Three SMS platforms by their documented forms, each checking signatures with code of its own."""

import base64
import hashlib
import hmac
import json
import re
import secrets
from typing import Any
from urllib.parse import parse_qs

from flask import Blueprint, Response, jsonify, request

from sandbox.log import SHOWN, Entry
from sandbox.sms import ring, text_of
from sandbox.world import world

bp = Blueprint("sms_platforms", __name__)
PHONE = re.compile(r"1\d{10}")
CHINA = "+86"
TC3 = re.compile(r"TC3-HMAC-SHA256 Credential=([^/]+)/(\S+), SignedHeaders=(\S+), Signature=(\w+)")
ACS3 = re.compile(r"ACS3-HMAC-SHA256 Credential=([^,]+),SignedHeaders=([^,]+),Signature=(\w+)")


@bp.post("/sms-tencent/")
def tencent() -> Response:
    action, wanted = request.headers.get("X-TC-Action", ""), request.get_json(silent=True) or {}
    if not _tc3_is_right():
        return _tencent_error("AuthFailure.SignatureFailure")
    if action == "PullSmsSendStatusByPhoneNumber":
        phone = str(wanted.get("PhoneNumber", "")).removeprefix(CHINA)
        found = [
            {
                "SerialNo": e["msgid"],
                "SessionContext": e["client_msg_id"],
                "ReportStatus": "SUCCESS",
                "PhoneNumber": CHINA + phone,
            }
            for e in world().sms
            if e["phone"] == phone
        ]
        start, most = int(wanted.get("Offset", 0)), int(wanted.get("Limit", 10))
        return jsonify(Response={"PullSmsSendStatusSet": found[start : start + most], "RequestId": _rid()})
    if action != "SendSms":
        return _tencent_error("InvalidAction")
    statuses = []
    for number in wanted.get("PhoneNumberSet", []):
        phone, code, serial = str(number).removeprefix(CHINA), "Ok", ""
        if not PHONE.fullmatch(phone):
            code = "InvalidParameterValue.IncorrectPhoneNumber"
        else:
            params = dict(enumerate(wanted.get("TemplateParamSet", []), 1))
            shown = _show(phone, wanted, "SignName", "TemplateId", "SessionContext", params)
            serial = shown["msgid"]
        statuses.append({"Code": code, "SerialNo": serial, "SessionContext": wanted.get("SessionContext")})
    return jsonify(Response={"SendStatusSet": statuses, "RequestId": _rid()})


@bp.post("/voice-tencent/")
def tencent_voice() -> Response:
    wanted = request.get_json(silent=True) or {}
    if not _tc3_is_right():
        return _tencent_error("AuthFailure.SignatureFailure")
    if (request.headers.get("X-TC-Action"), request.headers.get("X-TC-Version")) != (
        "SendCodeVoice",
        "2020-09-02",
    ):
        return _tencent_error("InvalidAction")
    phone, code = str(wanted.get("CalledNumber", "")).removeprefix(CHINA), str(wanted.get("CodeMessage", ""))
    if not PHONE.fullmatch(phone):
        return _tencent_error("InvalidParameterValue.IncorrectPhoneNumber")
    if not code.isdigit() or not wanted.get("VoiceSdkAppid"):
        return _tencent_error("InvalidParameterValue")
    out_id = str(wanted.get("SessionContext", ""))
    status = {"CallId": ring(phone, code, out_id), "SessionContext": out_id}
    return jsonify(Response={"SendStatus": status, "RequestId": _rid()})


@bp.post("/sms-aliyun/")
def aliyun() -> tuple[Response, int]:
    form = {name: values[0] for name, values in parse_qs(request.get_data(as_text=True)).items()}
    action = request.headers.get("x-acs-action", "")
    if not _acs3_is_right():
        return jsonify(Code="SignatureDoesNotMatch", RequestId=_rid()), 400
    if action == "QuerySendDetails":
        found = [
            {"OutId": e["client_msg_id"], "SendStatus": 3, "PhoneNum": e["phone"]}
            for e in world().sms
            if e["phone"] == form.get("PhoneNumber")
        ]
        size, page = int(form.get("PageSize", 10)), int(form.get("CurrentPage", 1))
        shown = found[(page - 1) * size : page * size]
        return jsonify(Code="OK", TotalCount=len(found), SmsSendDetailDTOs={"SmsSendDetailDTO": shown}), 200
    if action != "SendSms":
        return jsonify(Code="InvalidAction.NotFound", RequestId=_rid()), 404
    phone = form.get("PhoneNumbers", "")
    if not PHONE.fullmatch(phone):
        return jsonify(Code="isv.MOBILE_NUMBER_ILLEGAL", RequestId=_rid()), 200
    _show(phone, form, "SignName", "TemplateCode", "OutId", json.loads(form.get("TemplateParam") or "{}"))
    return jsonify(Code="OK", Message="OK", BizId=_rid(), RequestId=_rid()), 200


@bp.post("/sms-mas/sms/norsubmit")
def mas() -> Response:
    wanted = json.loads(base64.b64decode(request.get_data()))
    told = "".join(str(wanted.get(name, "")) for name in ("ecName", "apId"))
    told += world().settings.sms_key
    told += "".join(str(wanted.get(name, "")) for name in ("mobiles", "content", "sign", "addSerial"))
    right = hashlib.md5(told.encode(), usedforsecurity=False).hexdigest()
    if not hmac.compare_digest(right, str(wanted.get("mac", ""))):
        return jsonify(msgGroup="", rspcod="IllegalMac", success=False)
    phone = str(wanted.get("mobiles", ""))
    if not PHONE.fullmatch(phone):
        return jsonify(msgGroup="", rspcod="InvalidMobile", success=False)
    entry = _log(phone, f"【威海审批】{wanted['content']}", "", "", {})
    return jsonify(msgGroup=entry["msgid"], rspcod="success", success=True)


def _show(
    phone: str, wanted: dict[str, Any], sign: str, template: str, out_id: str, params: dict[Any, Any]
) -> Entry:
    name = str(wanted.get(template, ""))
    content = text_of(world(), name, {str(key): value for key, value in params.items()})
    return _log(phone, f"【{wanted.get(sign, '')}】{content}", str(wanted.get(out_id) or ""), name, params)


def _log(phone: str, content: str, out_id: str, template: str, params: dict[Any, Any]) -> Entry:
    world().counts["sms"] += 1
    return world().log.append(
        SHOWN,
        channel="sms",
        phone=phone,
        client_msg_id=out_id,
        msgid=_rid(),
        template=template,
        params={str(key): value for key, value in params.items()},
        content=content,
    )


def _tc3_is_right() -> bool:
    """The server's side of TC3: everything is made again from what arrived."""
    told = TC3.fullmatch(request.headers.get("Authorization", ""))
    if told is None:
        return False
    _, scope, names, signature = told.groups()
    day, service, end = scope.split("/")
    told_of = {name: request.headers.get(name, "") for name in names.split(";")}
    told_of["x-tc-action"] = told_of["x-tc-action"].lower()
    lines = "".join(f"{name}:{value}\n" for name, value in told_of.items())
    body = hashlib.sha256(request.get_data()).hexdigest()
    canonical = "\n".join(["POST", "/", "", lines, names, body])
    key = ("TC3" + world().settings.sms_key).encode()
    for part in (day, service, end):
        key = hmac.digest(key, part.encode(), "sha256")
    summary = hashlib.sha256(canonical.encode()).hexdigest()
    text = "\n".join(["TC3-HMAC-SHA256", request.headers.get("X-TC-Timestamp", ""), scope, summary])
    return hmac.compare_digest(hmac.digest(key, text.encode(), "sha256").hex(), signature)


def _acs3_is_right() -> bool:
    told = ACS3.fullmatch(request.headers.get("Authorization", ""))
    body = hashlib.sha256(request.get_data()).hexdigest()
    if told is None or request.headers.get("x-acs-content-sha256") != body:
        return False
    _, names, signature = told.groups()
    lines = "".join(f"{name}:{request.headers.get(name, '')}\n" for name in names.split(";"))
    canonical = "\n".join(["POST", "/", "", lines, names, body])
    text = "ACS3-HMAC-SHA256\n" + hashlib.sha256(canonical.encode()).hexdigest()
    right = hmac.digest(world().settings.sms_key.encode(), text.encode(), "sha256").hex()
    return hmac.compare_digest(right, signature)


def _tencent_error(code: str) -> Response:
    return jsonify(Response={"Error": {"Code": code, "Message": code}, "RequestId": _rid()})


def _rid() -> str:
    return secrets.token_hex(10)
