"""Sends through Tencent Cloud SMS (API 2021-01-11), signed with TC3-HMAC-SHA256."""

import hashlib
import hmac
import json
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from jobs.gateways.ports import NotAccepted, SmsMessage, refused
from jobs.gateways.transport import Transport, json_object
from reminders import clock
from reminders.errors import GatewayError
from reminders.rules.delivery_rules import SendOutcome, day_start

BASE = "https://sms.tencentcloudapi.com"
VERSION, REGION, SERVICE = "2021-01-11", "ap-guangzhou", "sms"
CHINA = "+86"
OK = "Ok"
PAGE = 100

# The longest beginning that fits decides; a code that is not here counts as unknown.
MEANINGS: dict[str, SendOutcome] = {
    "FailedOperation.PhoneNumberInBlacklist": SendOutcome.PERSON_REFUSED,
    "InvalidParameterValue.IncorrectPhoneNumber": SendOutcome.PERSON_REFUSED,
    "FailedOperation.PhoneNumberParseFail": SendOutcome.PERSON_REFUSED,
    "UnsupportedOperation.UnsupportedRegion": SendOutcome.PERSON_REFUSED,
    "LimitExceeded.PhoneNumberDailyLimit": SendOutcome.NOT_TODAY,
    "LimitExceeded.PhoneNumberSameContentDailyLimit": SendOutcome.NOT_TODAY,
    "LimitExceeded.PhoneNumber": SendOutcome.NOT_SENT,
    "LimitExceeded.DeliveryFrequencyLimit": SendOutcome.NOT_SENT,
    "LimitExceeded.GlobalSmsSendingRateLimit": SendOutcome.NOT_SENT,
    "LimitExceeded": SendOutcome.QUOTA,
    "RequestLimitExceeded": SendOutcome.NOT_SENT,
    "FailedOperation.InsufficientBalance": SendOutcome.ACCOUNT_FAULT,
    "FailedOperation.SignatureIncorrectOrUnapproved": SendOutcome.CONFIG_FAULT,
    "FailedOperation.Template": SendOutcome.CONFIG_FAULT,
    "FailedOperation.ContainSensitiveWord": SendOutcome.CONFIG_FAULT,
    "InvalidParameterValue.TemplateParameterLengthLimit": SendOutcome.UNSAYABLE,
    "InvalidParameterValue.TemplateParameterFormatError": SendOutcome.UNSAYABLE,
    "InvalidParameterValue.ContentLengthLimit": SendOutcome.UNSAYABLE,
    "InvalidParameterValue.SdkAppIdNotExist": SendOutcome.ACCOUNT_FAULT,
    "InvalidParameterValue.ProhibitSubAccountUse": SendOutcome.ACCOUNT_FAULT,
    "InvalidParameterValue.Template": SendOutcome.CONFIG_FAULT,
    "InvalidParameterValue.Sign": SendOutcome.CONFIG_FAULT,
    "InvalidParameter": SendOutcome.CONFIG_FAULT,
    "MissingParameter": SendOutcome.CONFIG_FAULT,
    "InternalError": SendOutcome.UNKNOWN,
    "InternalError.SigVerificationFail": SendOutcome.ACCOUNT_FAULT,
    "UnauthorizedOperation": SendOutcome.ACCOUNT_FAULT,
    "AuthFailure": SendOutcome.ACCOUNT_FAULT,
}


class TencentSms:
    """One application of one account; the phone stands in the body, never in an address."""

    def __init__(
        self,
        secret_id: str,
        secret_key: str,
        app_id: str,
        signature: str,
        transport: Transport,
        *,
        base: str = BASE,
    ) -> None:
        self._secret_id = secret_id
        self._secret_key = secret_key
        self._app_id = app_id
        self._signature = signature
        self._transport = transport
        self._base = base.rstrip("/")

    def send(self, message: SmsMessage) -> str:
        """The platform's SerialNo, which stands in its reports as `sid`. Raises NotAccepted."""
        answer = self._call(
            "SendSms",
            {
                "PhoneNumberSet": [CHINA + message.phone],
                "SmsSdkAppId": self._app_id,
                "SignName": self._signature,
                "TemplateId": message.template_id,
                "TemplateParamSet": list(message.ordered),
                "SessionContext": message.out_id,
            },
        )
        status = (answer.get("SendStatusSet") or [{}])[0]
        code = str(status.get("Code", ""))
        if code != OK:
            raise refused(meaning(code), code, str(answer.get("RequestId", "")))
        return str(status.get("SerialNo") or message.out_id)

    def find(self, phone: str, out_id: str, sent_on: date) -> str | None:
        """Reads the statuses of this phone from that day on, a page at a time.

        The account must have SessionContext in its statuses, which Tencent switches on when asked; a status
        without it might be the message meant, so then nobody can tell, and nothing is repeated.
        """
        begin = int(day_start(sent_on).timestamp())
        offset = 0
        while True:
            wanted = {
                "BeginTime": begin,
                "EndTime": int((clock.now() + timedelta(minutes=1)).timestamp()),
                "Offset": offset,
                "Limit": PAGE,
                "PhoneNumber": CHINA + phone,
                "SmsSdkAppId": self._app_id,
            }
            try:
                found = self._call("PullSmsSendStatusByPhoneNumber", wanted)
            except NotAccepted as error:
                raise NotAccepted(SendOutcome.NOT_SENT, error.reason, error.rid) from None
            statuses = found.get("PullSmsSendStatusSet") or []
            for status in statuses:
                if status.get("SessionContext") == out_id:
                    return str(status.get("SerialNo") or out_id)
            if not all(status.get("SessionContext") for status in statuses):
                raise NotAccepted(SendOutcome.NOT_SENT, "no-session-context")
            if len(statuses) < PAGE:
                return None
            offset += PAGE

    def close(self) -> None:
        self._transport.close()

    def _call(self, action: str, wanted: dict[str, Any]) -> dict[str, Any]:
        body = json.dumps(wanted, ensure_ascii=False).encode()
        headers = signed_headers(
            action, urlsplit(self._base).netloc, body, self._secret_id, self._secret_key, clock.now()
        )
        try:
            answer = json_object(
                self._transport.request("POST", f"{self._base}/", body=body, headers=headers)
            )
        except GatewayError as error:
            outcome = SendOutcome.UNKNOWN if error.sent else SendOutcome.NOT_SENT
            raise NotAccepted(outcome, error.reason) from None
        told = answer.get("Response")
        if not isinstance(told, dict):
            raise NotAccepted(SendOutcome.UNKNOWN, "not-understood")
        if "Error" in told:
            code = str((told["Error"] or {}).get("Code", ""))
            raise refused(meaning(code), code, str(told.get("RequestId", "")))
        return told


def signed_headers(
    action: str,
    host: str,
    body: bytes,
    secret_id: str,
    secret_key: str,
    now: datetime,
    *,
    service: str = SERVICE,
    version: str = VERSION,
) -> dict[str, str]:
    """The headers of one call beside Host; the signature covers content type, host, action and body (TC3)."""
    content_type = "application/json; charset=utf-8"
    stamp, day = str(int(now.timestamp())), now.astimezone(UTC).strftime("%Y-%m-%d")
    names = "content-type;host;x-tc-action"
    lines = f"content-type:{content_type}\nhost:{host}\nx-tc-action:{action.lower()}\n"
    canonical = f"POST\n/\n\n{lines}\n{names}\n{hashlib.sha256(body).hexdigest()}"
    scope = f"{day}/{service}/tc3_request"
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    key = f"TC3{secret_key}".encode()
    for part in (day, service, "tc3_request"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    text = f"TC3-HMAC-SHA256\n{stamp}\n{scope}\n{digest}"
    signature = hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
    return {
        "Authorization": f"TC3-HMAC-SHA256 Credential={secret_id}/{scope}, "
        f"SignedHeaders={names}, Signature={signature}",
        "Content-Type": content_type,
        "X-TC-Action": action,
        "X-TC-Timestamp": stamp,
        "X-TC-Version": version,
        "X-TC-Region": REGION,
    }


def meaning(code: str) -> SendOutcome | None:
    fitting = [beginning for beginning in MEANINGS if code.startswith(beginning)]
    return MEANINGS[max(fitting, key=len)] if fitting else None
