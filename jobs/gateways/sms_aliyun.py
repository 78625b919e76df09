"""Sends through Alibaba Cloud SMS (dysmsapi, 2017-05-25), signed with ACS3-HMAC-SHA256."""

import hashlib
import hmac
import json
import secrets
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import urlencode, urlsplit

from jobs.gateways.ports import NotAccepted, SmsMessage, refused
from jobs.gateways.transport import Transport, json_object
from reminders import clock
from reminders.errors import GatewayError
from reminders.rules.delivery_rules import SendOutcome

BASE = "https://dysmsapi.aliyuncs.com"
VERSION = "2017-05-25"
OK = "OK"
PAGE = 50
FORM = "application/x-www-form-urlencoded"

MEANINGS: dict[str, SendOutcome] = {
    "isv.MOBILE_NUMBER_ILLEGAL": SendOutcome.PERSON_REFUSED,
    "isv.MOBILE_COUNT_OVER_LIMIT": SendOutcome.CONFIG_FAULT,
    "isv.BLACK_KEY_CONTROL_LIMIT": SendOutcome.CONFIG_FAULT,  # a forbidden word in a parameter
    "isv.BUSINESS_LIMIT_CONTROL": SendOutcome.NOT_TODAY,  # too many to this phone
    "isv.DAY_LIMIT_CONTROL": SendOutcome.QUOTA,
    "isv.AMOUNT_NOT_ENOUGH": SendOutcome.ACCOUNT_FAULT,
    "isv.OUT_OF_SERVICE": SendOutcome.ACCOUNT_FAULT,
    "isv.ACCOUNT_NOT_EXISTS": SendOutcome.ACCOUNT_FAULT,
    "isv.ACCOUNT_ABNORMAL": SendOutcome.ACCOUNT_FAULT,
    "isv.SMS_TEMPLATE_ILLEGAL": SendOutcome.CONFIG_FAULT,
    "isv.SMS_SIGNATURE_ILLEGAL": SendOutcome.CONFIG_FAULT,
    "isv.SMS_SIGN_ILLEGAL": SendOutcome.CONFIG_FAULT,
    "isv.INVALID_PARAMETERS": SendOutcome.CONFIG_FAULT,
    "isv.INVALID_JSON_PARAM": SendOutcome.CONFIG_FAULT,
    "isv.PARAM_LENGTH_LIMIT": SendOutcome.UNSAYABLE,
    "isv.PARAM_NOT_SUPPORT_URL": SendOutcome.CONFIG_FAULT,
    "isv.TEMPLATE_MISSING_PARAMETERS": SendOutcome.CONFIG_FAULT,
    "isv.TEMPLATE_PARAMS_ILLEGAL": SendOutcome.UNSAYABLE,
    "isp.SYSTEM_ERROR": SendOutcome.UNKNOWN,
    "isp.RAM_PERMISSION_DENY": SendOutcome.ACCOUNT_FAULT,
    "SignatureDoesNotMatch": SendOutcome.ACCOUNT_FAULT,
    "InvalidAccessKeyId.NotFound": SendOutcome.ACCOUNT_FAULT,
    "InvalidTimeStamp.Expired": SendOutcome.ACCOUNT_FAULT,
    "Throttling.User": SendOutcome.NOT_SENT,
    "Throttling": SendOutcome.NOT_SENT,
}


class AliyunSms:
    """One account; the phone stands in the body, never in an address."""

    def __init__(
        self,
        key_id: str,
        secret: str,
        signature: str,
        transport: Transport,
        *,
        base: str = BASE,
    ) -> None:
        self._key_id = key_id
        self._secret = secret
        self._signature = signature
        self._transport = transport
        self._base = base.rstrip("/")

    def send(self, message: SmsMessage) -> str:
        """Our own id (OutId), which the platform repeats in its reports. Raises NotAccepted."""
        self._call(
            "SendSms",
            {
                "PhoneNumbers": message.phone,
                "SignName": self._signature,
                "TemplateCode": message.template_id,
                "TemplateParam": json.dumps(message.params, ensure_ascii=False),
                "OutId": message.out_id,
            },
        )
        return message.out_id

    def find(self, phone: str, out_id: str, sent_on: date) -> str | None:
        """Reads what was sent to this phone on that day, a page at a time."""
        page = 1
        while True:
            wanted = {
                "PhoneNumber": phone,
                "SendDate": sent_on.strftime("%Y%m%d"),
                "PageSize": str(PAGE),
                "CurrentPage": str(page),
            }
            try:
                found = self._call("QuerySendDetails", wanted)
            except NotAccepted as error:
                raise NotAccepted(SendOutcome.NOT_SENT, error.reason, error.rid) from None
            details = (found.get("SmsSendDetailDTOs") or {}).get("SmsSendDetailDTO") or []
            if any(detail.get("OutId") == out_id for detail in details):
                return out_id
            if len(details) < PAGE:
                return None
            page += 1

    def close(self) -> None:
        self._transport.close()

    def _call(self, action: str, wanted: dict[str, str]) -> dict[str, Any]:
        body = urlencode(wanted).encode()
        headers = signed_headers(
            action, urlsplit(self._base).netloc, body, self._key_id, self._secret, clock.now()
        )
        try:
            answer = self._transport.request("POST", f"{self._base}/", body=body, headers=headers)
            # A refusal comes with status 400 or 403 and the code in its JSON.
            told = json_object(answer if answer.status >= 500 else replace(answer, status=200))
        except GatewayError as error:
            outcome = SendOutcome.UNKNOWN if error.sent else SendOutcome.NOT_SENT
            raise NotAccepted(outcome, error.reason) from None
        code = str(told.get("Code", ""))
        if code != OK:
            raise refused(MEANINGS.get(code), code, str(told.get("RequestId", "")))
        return told


def signed_headers(
    action: str,
    host: str,
    body: bytes,
    key_id: str,
    secret: str,
    now: datetime,
    nonce: str | None = None,
) -> dict[str, str]:
    """The headers of one call; the signature covers all of them and the digest of the body (ACS3)."""
    headers = {
        "content-type": FORM,
        "host": host,
        "x-acs-action": action,
        "x-acs-content-sha256": hashlib.sha256(body).hexdigest(),
        "x-acs-date": now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "x-acs-signature-nonce": nonce or secrets.token_hex(16),
        "x-acs-version": VERSION,
    }
    names = ";".join(sorted(headers))
    lines = "".join(f"{name}:{headers[name]}\n" for name in sorted(headers))
    canonical = f"POST\n/\n\n{lines}\n{names}\n{headers['x-acs-content-sha256']}"
    text = f"ACS3-HMAC-SHA256\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    signature = hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()
    del headers["host"]  # the transport writes it
    return headers | {
        "Authorization": f"ACS3-HMAC-SHA256 Credential={key_id},SignedHeaders={names},Signature={signature}"
    }
