"""Tells a renewal decision to the regulators' platform and brings back its receipt (审管联动)."""

import json
from dataclasses import asdict, replace
from urllib.parse import quote, urlsplit

from jobs.gateways.signing import signed
from jobs.gateways.transport import Transport, json_object
from reminders.errors import GatewayError
from reminders.sharing import Decision

# Refused for good until a person mends something; everything else is asked again, which is harmless: one
# number is one decision there.
REFUSED = frozenset({400, 401, 403, 404, 405, 409, 413, 415, 422})


class RegulatorsGateway:
    """One platform by its base address and key; follows no redirect."""

    def __init__(self, base_url: str, key: str, transport: Transport) -> None:
        self._base = base_url.rstrip("/")
        self._key = key.encode()
        self._transport = transport

    def share(self, decision: Decision) -> str:
        """The number of the receipt. Raises GatewayError; a lost answer is asked for again."""
        url = f"{self._base}/decisions/{quote(decision.decision_no, safe='')}"
        content = json.dumps(asdict(decision), ensure_ascii=False, default=str).encode()
        stamp, signature = signed(self._key, "PUT", urlsplit(url).path, content)
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "X-Timestamp": stamp,
            "X-Signature": signature,
        }
        answer = self._transport.request("PUT", url, body=content, headers=headers)
        if answer.status in REFUSED or 300 <= answer.status < 400:
            raise GatewayError(f"http-{answer.status}", permanent=True)
        if answer.status == 202:
            raise GatewayError("no-receipt-yet", permanent=False)
        if answer.status == 201:
            answer = replace(answer, status=200)
        told = json_object(answer)
        receipt = told.get("receipt_no")
        if told.get("decision_no") != decision.decision_no:
            raise GatewayError("another-decision", permanent=False)
        if not isinstance(receipt, str) or not receipt:
            raise GatewayError("no-receipt", permanent=False)
        return receipt

    def close(self) -> None:
        self._transport.close()
