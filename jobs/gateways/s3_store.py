"""Keeps files in an S3-compatible bucket, with a signer of our own (AWS Signature Version 4)."""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import quote, urlsplit

from jobs.gateways.addresses import Guard
from jobs.gateways.government_site import refuse_status
from jobs.gateways.stores import LARGEST_FILE
from jobs.gateways.transport import Answer, Transport
from reminders import clock

SERVICE = "s3"
ALGORITHM = "AWS4-HMAC-SHA256"
ABSENT = frozenset({404, 410})


@dataclass(frozen=True)
class Signer:
    """docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html"""

    key_id: str
    secret: str
    region: str

    def headers(
        self, method: str, url: str, content: bytes, extra: Mapping[str, str], at: datetime
    ) -> dict[str, str]:
        """All headers of the request, `Host` left to the transport, with the signature over every one."""
        parts = urlsplit(url)
        stamp, summary = f"{at.astimezone(UTC):%Y%m%dT%H%M%SZ}", hashlib.sha256(content).hexdigest()
        told = {**extra, "x-amz-content-sha256": summary, "x-amz-date": stamp}
        signed = {"host": parts.netloc, **{name.lower(): value.strip() for name, value in told.items()}}
        names = ";".join(sorted(signed))
        lines = "".join(f"{name}:{signed[name]}\n" for name in sorted(signed))
        request = "\n".join((method, parts.path or "/", parts.query, lines, names, summary))
        scope = f"{stamp[:8]}/{self.region}/{SERVICE}/aws4_request"
        hashed = hashlib.sha256(request.encode()).hexdigest()
        signature = self._sign(stamp[:8], "\n".join((ALGORITHM, stamp, scope, hashed)))
        told["Authorization"] = (
            f"{ALGORITHM} Credential={self.key_id}/{scope},SignedHeaders={names},Signature={signature}"
        )
        return told

    def _sign(self, day: str, text: str) -> str:
        key = f"AWS4{self.secret}".encode()
        for part in (day, self.region, SERVICE, "aws4_request"):
            key = hmac.new(key, part.encode(), hashlib.sha256).digest()
        return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()


class S3Store:
    """`base_url` is address, bucket and an optional folder; a PUT replaces a whole object at once."""

    def __init__(self, base_url: str, signer: Signer, transport: Transport, guard: Guard) -> None:
        self._base = base_url.rstrip("/")
        self._signer = signer
        self._transport = transport
        self._guard = guard

    def put(self, path: str, content: bytes, media_type: str) -> None:
        refuse_status(self._call("PUT", path, content, {"Content-Type": media_type}).status)

    def get(self, path: str) -> bytes | None:
        answer = self._call("GET", path)
        if answer.status in ABSENT:
            return None
        refuse_status(answer.status)
        return answer.body

    def remove(self, path: str) -> None:
        answer = self._call("DELETE", path)
        if answer.status not in ABSENT:
            refuse_status(answer.status)

    def check(self) -> str:
        self.get("doctor-asks-for-nothing")
        return "the bucket knows us"

    def close(self) -> None:
        self._transport.close()

    def _call(
        self, method: str, path: str, content: bytes = b"", extra: Mapping[str, str] | None = None
    ) -> Answer:
        url = f"{self._base}/{quote(path, safe='/-._~')}"
        self._guard.refuse_inside(url)
        headers = self._signer.headers(method, url, content, extra or {}, clock.now())
        return self._transport.request(method, url, body=content, headers=headers, largest=LARGEST_FILE)
