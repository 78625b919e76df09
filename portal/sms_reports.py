"""Where SMS platforms send what became of a message and what people replied; each in its own form."""

import base64
import hmac
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, abort, jsonify, request

from portal.installation import database, settings
from reminders import clock, deliveries, sms_replies
from reminders.rules.delivery_rules import ReceiptStatus

LARGEST_BODY = 256 * 1024
MOST_ITEMS = 2000
CHINA = "86"
bp = Blueprint("sms_reports", __name__, url_prefix="/api/v1/sms")

# What the platforms' own words mean; one that is not here counts as a fault of the platform.
WRONG_NUMBER = frozenset(
    {
        "MOBILE_NOT_ON_SERVICE",
        "MOBILE_ACCOUNT_ABNORMAL",
        "MOBILE_TERMINAL_ERROR",
        "NOT_EXIST_MOBILE",
        "MK:0001",
        "MK:0000",
        "UNKNOWN_SUBSCRIBER",
    }
)
REFUSED = frozenset({"MOBILE_IN_BLACK", "IS_CLOSED", "BLACK", "DB:0141", "USER_REJECT"})


@dataclass(frozen=True)
class Report:
    phone: str
    msgid: str
    status: ReceiptStatus


@dataclass(frozen=True)
class Reply:
    phone: str
    text: str


def _tencent_reports(told: Any) -> Iterable[Report]:
    for item in told:
        is_shown = item.get("report_status") == "SUCCESS"
        yield Report(_phone(item, "mobile"), str(item.get("sid", "")), _status(is_shown, item.get("errmsg")))


def _aliyun_reports(told: Any) -> Iterable[Report]:
    for item in told:
        status = _status(item.get("success") is True, item.get("err_code"))
        yield Report(_phone(item, "phone_number"), str(item.get("out_id", "")), status)


def _mas_reports(told: Any) -> Iterable[Report]:
    for item in told if isinstance(told, list) else [told]:
        is_shown = item.get("errorCode") == "DELIVRD" or item.get("reportStatus") == "CM:0000"
        yield Report(
            _phone(item, "mobile"), str(item.get("msgGroup", "")), _status(is_shown, item.get("errorCode"))
        )


def _replies(phone: str, text: str) -> Callable[[Any], Iterable[Reply]]:
    def read(told: Any) -> Iterable[Reply]:
        for item in told if isinstance(told, list) else [told]:
            yield Reply(_phone(item, phone), str(item.get(text, ""))[:200])

    return read


REPORTS: dict[str, Callable[[Any], Iterable[Report]]] = {
    "tencent": _tencent_reports,
    "aliyun": _aliyun_reports,
    "mas": _mas_reports,
    "sandbox": _aliyun_reports,
}
REPLIES: dict[str, Callable[[Any], Iterable[Reply]]] = {
    "tencent": _replies("mobile", "text"),
    "aliyun": _replies("phone_number", "content"),
    "mas": _replies("mobile", "smsContent"),
    "sandbox": _replies("phone_number", "content"),
}
ANSWERS: dict[str, dict[str, Any]] = {
    "tencent": {"result": 0, "errmsg": "OK"},
    "aliyun": {"code": 0, "msg": "成功"},
    "mas": {"code": 0},
    "sandbox": {"code": 0, "msg": "成功"},
}


@bp.post("/<provider>/report/<token>")
def report(provider: str, token: str) -> Response:
    """Reports of one batch go into the inbox in one transaction; the same report again changes nothing."""
    _only_for_us(provider, token)
    with _understood():
        found = list(REPORTS[provider](_body(provider)))[:MOST_ITEMS]
    now = clock.now()
    with database().begin() as session:
        for item in found:
            deliveries.store_sms_report(
                session,
                phone=item.phone,
                msgid=item.msgid,
                status=item.status,
                provider=provider,
                now=now,
            )
    return jsonify(ANSWERS[provider])


@bp.post("/<provider>/reply/<token>")
def reply(provider: str, token: str) -> Response:
    """TD and its like end all SMS to the phone; anything else is kept for an officer to read."""
    _only_for_us(provider, token)
    with _understood():
        found = list(REPLIES[provider](_body(provider)))[:MOST_ITEMS]
    now = clock.now()
    with database().begin() as session:
        for item in found:
            sms_replies.take(session, item.phone, item.text, now=now)
    return jsonify(ANSWERS[provider])


class _understood:  # noqa: N801
    """A body of another form is the platform's mistake: 400, and nothing is kept of it."""

    def __enter__(self) -> None: ...

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _trace: object) -> None:
        if isinstance(error, ValueError | TypeError | AttributeError | KeyError):
            abort(400)


def _only_for_us(provider: str, token: str) -> None:
    told = settings()
    is_right = bool(told.sms_report_token) and hmac.compare_digest(
        token.encode(), told.sms_report_token.encode()
    )
    if not is_right or provider != told.sms_provider:
        abort(404)
    if (request.content_length or 0) > LARGEST_BODY:
        abort(413)


def _body(provider: str) -> Any:
    raw = request.get_data()
    if provider == "mas" and not raw.lstrip().startswith((b"{", b"[")):
        raw = base64.b64decode(raw, validate=False)
    return json.loads(raw.decode("utf-8"))


def _phone(item: Any, name: str) -> str:
    digits = str(item[name]).removeprefix("+")
    return digits.removeprefix(CHINA) if len(digits) > 11 else digits


def _status(is_shown: object, word: object) -> ReceiptStatus:
    if is_shown is True:
        return ReceiptStatus.SUCCESS
    if str(word) in WRONG_NUMBER:
        return ReceiptStatus.WRONG_NUMBER
    return ReceiptStatus.REFUSED if str(word) in REFUSED else ReceiptStatus.SYSTEM_FAILED
