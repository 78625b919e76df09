"""Sends through an SMS platform of the plainest form; out_id tells what became of a try without an answer."""

import json
from datetime import date
from typing import Any
from urllib.parse import quote

from jobs.gateways.ports import NotAccepted, SmsMessage, refused
from jobs.gateways.transport import Transport, json_object
from reminders.errors import GatewayError
from reminders.rules.delivery_rules import SendOutcome

OK = "OK"

MEANINGS: dict[str, SendOutcome] = {
    "FORBIDDEN": SendOutcome.ACCOUNT_FAULT,
    "AMOUNT_NOT_ENOUGH": SendOutcome.ACCOUNT_FAULT,
    "MOBILE_NUMBER_ILLEGAL": SendOutcome.PERSON_REFUSED,
    "BLACK_KEY_CONTROL_LIMIT": SendOutcome.PERSON_REFUSED,
    "PARAMS_ILLEGAL": SendOutcome.CONFIG_FAULT,
    "TEMPLATE_ILLEGAL": SendOutcome.CONFIG_FAULT,
    "SIGNATURE_ILLEGAL": SendOutcome.CONFIG_FAULT,
    "BUSINESS_LIMIT_CONTROL": SendOutcome.NOT_SENT,
}


class PlainSmsGateway:
    """The platform by its base address and key, in the form the sandbox speaks."""

    def __init__(self, base_url: str, key: str, signature: str, transport: Transport) -> None:
        self._base = base_url.rstrip("/")
        self._key = key
        self._signature = signature
        self._transport = transport

    def send(self, message: SmsMessage) -> str:
        """The platform's id of the message. Raises NotAccepted."""
        answer = self._call(
            "POST",
            "/send",
            {
                "phone": message.phone,
                "sign": self._signature,
                "template": message.template,
                "params": {**message.params, "text": message.text},
                "out_id": message.out_id,
            },
        )
        word = str(answer.get("code", ""))
        if word != OK:
            raise refused(MEANINGS.get(word), word)
        return str(answer.get("biz_id", ""))

    def speak(self, phone: str, code: str, out_id: str) -> str:
        answer = self._call("POST", "/speak", {"phone": phone, "code": code, "out_id": out_id})
        word = str(answer.get("code", ""))
        if word != OK:
            raise refused(MEANINGS.get(word), word)
        return str(answer.get("call_id", ""))

    def find(self, phone: str, out_id: str, sent_on: date) -> str | None:
        try:
            answer = self._call("GET", f"/query?out_id={quote(out_id, safe='')}", None)
        except NotAccepted as error:
            raise NotAccepted(SendOutcome.NOT_SENT, error.reason) from None
        if answer.get("code") != OK:
            raise NotAccepted(SendOutcome.NOT_SENT, "query-refused")
        return str(answer.get("biz_id", "")) if answer.get("found") else None

    def close(self) -> None:
        self._transport.close()

    def _call(self, method: str, path: str, body: dict[str, Any] | None) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {self._key}", "Content-Type": "application/json; charset=utf-8"}
        content = None if body is None else json.dumps(body, ensure_ascii=False).encode()
        try:
            return json_object(
                self._transport.request(method, self._base + path, body=content, headers=headers)
            )
        except GatewayError as error:
            outcome = SendOutcome.UNKNOWN if error.sent else SendOutcome.NOT_SENT
            raise NotAccepted(outcome, error.reason) from None
