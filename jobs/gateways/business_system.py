"""Puts prompts into a department's business system, which shows them when the holder signs in there."""

import json
from dataclasses import asdict
from typing import Any
from urllib.parse import quote, urlsplit

from jobs.gateways.ports import NotAccepted, Prompt
from jobs.gateways.signing import signed
from jobs.gateways.transport import Answer, Transport
from reminders.errors import GatewayError
from reminders.rules.delivery_rules import SendOutcome

DONE = frozenset({200, 201, 204})
# What each status means for the prompt. One that is not here counts as unknown, and the prompt is put there
# again: under the same id it shows nothing twice.
MEANINGS: dict[int, SendOutcome] = {
    400: SendOutcome.CONFIG_FAULT,  # it does not understand our fields
    401: SendOutcome.ACCOUNT_FAULT,  # key or clock
    403: SendOutcome.ACCOUNT_FAULT,
    404: SendOutcome.ACCOUNT_FAULT,  # the address is wrong
    405: SendOutcome.ACCOUNT_FAULT,
    413: SendOutcome.CONFIG_FAULT,
    415: SendOutcome.CONFIG_FAULT,
    422: SendOutcome.PERSON_REFUSED,  # it has no account for the holder of these licenses
    429: SendOutcome.NOT_SENT,
    503: SendOutcome.NOT_SENT,
}


class BusinessSystemGateway:
    """One system by its base address and key; follows no redirect and uses no proxy of the environment."""

    def __init__(self, base_url: str, key: str, transport: Transport) -> None:
        self._base = base_url.rstrip("/")
        self._key = key.encode()
        self._transport = transport

    def prompt(self, prompt: Prompt) -> str:
        """The system's reference, empty where it gives none. Raises NotAccepted."""
        url = f"{self._base}/prompts/{quote(prompt.prompt_id, safe='')}"
        content = json.dumps(asdict(prompt), ensure_ascii=False).encode()
        stamp, signature = signed(self._key, "PUT", urlsplit(url).path, content)
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "X-Timestamp": stamp,
            "X-Signature": signature,
        }
        try:
            answer = self._transport.request("PUT", url, body=content, headers=headers)
        except GatewayError as error:
            raise NotAccepted(
                SendOutcome.UNKNOWN if error.sent else SendOutcome.NOT_SENT, error.reason
            ) from None
        if answer.status not in DONE:
            raise NotAccepted(_meaning(answer.status), f"http-{answer.status}")
        return str(_told(answer).get("reference") or "")[:64]

    def close(self) -> None:
        self._transport.close()


def _meaning(status: int) -> SendOutcome:
    """A redirect is an address that moved; the prompt is not carried after it."""
    if 300 <= status < 400:
        return SendOutcome.ACCOUNT_FAULT
    return MEANINGS.get(status, SendOutcome.UNKNOWN)


def _told(answer: Answer) -> dict[str, Any]:
    """An answer that is no JSON object comes from something in between, which may not have passed it on."""
    if answer.status == 204 or not answer.body:
        return {}
    try:
        found = json.loads(answer.body)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise NotAccepted(SendOutcome.UNKNOWN, "not-json")
    return found
