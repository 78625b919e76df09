"""Sends through China Mobile's 云MAS by HTTP (norsubmit): one text to one phone, with an MD5 mac."""

import base64
import hashlib
import json
from datetime import date
from typing import Any

from jobs.gateways.ports import NotAccepted, SmsMessage, refused
from jobs.gateways.transport import Transport, json_object
from reminders.errors import GatewayError
from reminders.rules.delivery_rules import SendOutcome

OK = "success"
SERIAL = ""  # addSerial: the extension behind the account's own number; ours has none

# From the operator's interface description; not confirmed on an account of ours.
MEANINGS: dict[str, SendOutcome] = {
    "InvalidMobile": SendOutcome.PERSON_REFUSED,
    "IllegalMac": SendOutcome.ACCOUNT_FAULT,
    "InvalidUsrOrPwd": SendOutcome.ACCOUNT_FAULT,
    "IllegalSignId": SendOutcome.CONFIG_FAULT,
    "NoSignId": SendOutcome.CONFIG_FAULT,
    "InvalidMessage": SendOutcome.CONFIG_FAULT,
    "TooManyMobiles": SendOutcome.CONFIG_FAULT,
}


class MasSms:
    """One enterprise account. Its platform cannot be asked about a message, and takes no id of ours."""

    def __init__(
        self, enterprise: str, account: str, secret: str, sign_id: str, base: str, transport: Transport
    ) -> None:
        self._enterprise = enterprise
        self._account = account
        self._secret = secret
        self._sign_id = sign_id
        self._base = base.rstrip("/")
        self._transport = transport

    def send(self, message: SmsMessage) -> str:
        """The platform's msgGroup. Raises NotAccepted."""
        wanted = {
            "ecName": self._enterprise,
            "apId": self._account,
            "mobiles": message.phone,
            "content": message.text,
            "sign": self._sign_id,
            "addSerial": SERIAL,
            "mac": mac(
                self._enterprise, self._account, self._secret, message.phone, message.text, self._sign_id
            ),
        }
        answer = self._call("/sms/norsubmit", wanted)
        word = str(answer.get("rspcod", ""))
        if word != OK or answer.get("success") is False:
            raise refused(MEANINGS.get(word), word)
        group = str(answer.get("msgGroup", ""))
        if not group:
            raise NotAccepted(SendOutcome.UNKNOWN, "no-group")
        return group

    def find(self, phone: str, out_id: str, sent_on: date) -> str | None:
        """Always raises: only a report can tell what became of a try."""
        raise NotAccepted(SendOutcome.NOT_SENT, "cannot-be-asked")

    def close(self) -> None:
        self._transport.close()

    def _call(self, path: str, wanted: dict[str, Any]) -> dict[str, Any]:
        body = base64.b64encode(json.dumps(wanted, ensure_ascii=False).encode())
        headers = {"Content-Type": "application/json; charset=utf-8"}
        try:
            return json_object(self._transport.request("POST", self._base + path, body=body, headers=headers))
        except GatewayError as error:
            outcome = SendOutcome.UNKNOWN if error.sent else SendOutcome.NOT_SENT
            raise NotAccepted(outcome, error.reason) from None


def mac(enterprise: str, account: str, secret: str, phone: str, text: str, sign_id: str) -> str:
    """The operator's own form of proof; MD5 is what its interface asks for."""
    told = f"{enterprise}{account}{secret}{phone}{text}{sign_id}{SERIAL}"
    return hashlib.md5(told.encode(), usedforsecurity=False).hexdigest()
