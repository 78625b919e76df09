"""Has Tencent Cloud (VMS, API 2020-09-02) call a phone and say a one-time code."""

import json
from urllib.parse import urlsplit

from jobs.gateways.ports import NotAccepted, refused
from jobs.gateways.sms_tencent import CHINA, meaning, signed_headers
from jobs.gateways.transport import Transport, json_object
from reminders import clock
from reminders.errors import GatewayError
from reminders.rules.delivery_rules import SendOutcome

BASE = "https://vms.tencentcloudapi.com"
VERSION, SERVICE, ACTION = "2020-09-02", "vms", "SendCodeVoice"
TIMES = 3  # said in one call; the most the platform allows


class TencentVoice:
    """One voice application of the account that sends the SMS; mobile phones of the mainland only."""

    def __init__(
        self, secret_id: str, secret_key: str, app_id: str, transport: Transport, *, base: str = BASE
    ) -> None:
        self._secret_id = secret_id
        self._secret_key = secret_key
        self._app_id = app_id
        self._transport = transport
        self._base = base.rstrip("/")

    def speak(self, phone: str, code: str, out_id: str) -> str:
        """The platform's CallId. It says 您的验证码是 before the digits by itself. Raises NotAccepted."""
        wanted = {
            "CodeMessage": code,
            "CalledNumber": CHINA + phone,
            "VoiceSdkAppid": self._app_id,
            "PlayTimes": TIMES,
            "SessionContext": out_id,
        }
        body = json.dumps(wanted).encode()
        host, now = urlsplit(self._base).netloc, clock.now()
        headers = signed_headers(
            ACTION, host, body, self._secret_id, self._secret_key, now, service=SERVICE, version=VERSION
        )
        try:
            answer = json_object(
                self._transport.request("POST", f"{self._base}/", body=body, headers=headers)
            ).get("Response")
        except GatewayError as error:
            outcome = SendOutcome.UNKNOWN if error.sent else SendOutcome.NOT_SENT
            raise NotAccepted(outcome, error.reason) from None
        if not isinstance(answer, dict):
            raise NotAccepted(SendOutcome.UNKNOWN, "not-understood")
        if "Error" in answer:
            told = str((answer["Error"] or {}).get("Code", ""))
            raise refused(meaning(told), told, str(answer.get("RequestId", "")))
        call_id = str((answer.get("SendStatus") or {}).get("CallId", ""))
        return call_id or out_id

    def close(self) -> None:
        self._transport.close()
