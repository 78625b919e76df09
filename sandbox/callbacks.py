"""Posts what people do to the bot, signed and encrypted in safe mode, and opens the bot's passive replies."""

import heapq
import itertools
import random
import secrets
import threading
import time
from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any
from urllib.parse import urlencode

import urllib3

from sandbox import wechat_crypto
from sandbox.faults import Faults
from sandbox.settings import Settings
from sandbox.wechat_crypto import BadMessage

TRIES = 3
TIMEOUT_S = 5.0
LARGEST_TEXT = 2048  # bytes of a text reply
REPLY_TYPES = frozenset({"text", "image", "voice", "video", "music", "news", "transfer_customer_service"})
WORKERS = 16
TRACES = 30
LATE_S = 5.0


class Outcome(StrEnum):
    REPLY = "reply"
    SILENT = "silent"  # `success` or nothing: the person sees nothing
    ABNORMAL = "abnormal"  # the person sees the platform's error line
    NO_ANSWER = "no_answer"


@dataclass(frozen=True)
class Answer:
    """What came back for one message, and what it took."""

    outcome: Outcome
    reply: Mapping[str, Any] = field(default_factory=dict)
    reason: str = ""
    tries: int = 1
    ms: int = 0
    sent_xml: str = ""
    got_xml: str = ""


@dataclass(frozen=True)
class Envelope:
    """One message, ready to be posted as often as needed: the bytes never change."""

    openid: str
    name: str
    url: str
    body: bytes
    xml: str
    person_waits: bool


class Courier:
    """Delivers at once (`deliver`, the person waits) or later from background threads (`later`)."""

    def __init__(self, settings: Settings, faults: Faults) -> None:
        self._settings = settings
        self._faults = faults
        self._http = urllib3.PoolManager(maxsize=64, retries=False)
        self._waiting: list[tuple[float, int, Envelope]] = []
        self._order = itertools.count()
        self._ready = threading.Condition()
        self._threads = 0
        self.counts: Counter[str] = Counter()
        self.traces: dict[str, deque[dict[str, Any]]] = {}

    def deliver(self, openid: str, fields: Mapping[str, str | int]) -> Answer:
        envelope = self._seal(openid, fields, person_waits=True)
        if self._faults.strike(f"callback:{envelope.name}", frozenset({"double_event"}), openid):
            self._post(envelope)
        return self._post(envelope)

    def later(self, openid: str, fields: Mapping[str, Any], after_s: float = 0.0) -> None:
        """Posts in the background; the faults of events apply here."""
        envelope = self._seal(openid, fields, person_waits=False)
        target = f"callback:{envelope.name}"
        if self._faults.strike(target, frozenset({"drop_event"}), openid):
            self.counts["events_dropped"] += 1
            return
        late = self._faults.strike(target, frozenset({"late_event"}), openid)
        mixed = self._faults.strike(target, frozenset({"shuffle"}), openid)
        if late:
            after_s += float(late.value or LATE_S)
        if mixed:
            after_s += random.uniform(0, float(mixed.value or 1))
        self._queue(envelope, after_s)
        if self._faults.strike(target, frozenset({"double_event"}), openid):
            self._queue(envelope, after_s)

    def waiting(self) -> int:
        return len(self._waiting)

    def verify_url(self) -> str:
        """The console's check of a new callback address: an empty text when it passed, else what is wrong."""
        echo = secrets.token_hex(10)
        url = f"{self._callback}?{urlencode({**self._signature(), 'echostr': echo})}"
        try:
            answer = self._http.request("GET", url, timeout=TIMEOUT_S, redirect=False)
        except urllib3.exceptions.HTTPError as error:
            return f"没有应答（{type(error).__name__}）"
        if answer.status != 200 or answer.data != echo.encode():
            return f"状态 {answer.status}，内容不是 echostr"
        return ""

    @property
    def _callback(self) -> str:
        return f"{self._settings.wxbot_url}/wechat/callback"

    def _signature(self) -> dict[str, str]:
        timestamp, nonce = str(int(time.time())), str(secrets.randbelow(10**10))
        signed = wechat_crypto.sign(self._settings.token, timestamp, nonce)
        return {"signature": signed, "timestamp": timestamp, "nonce": nonce}

    def _seal(self, openid: str, fields: Mapping[str, Any], *, person_waits: bool) -> Envelope:
        settings = self._settings
        head: dict[str, Any] = {"ToUserName": settings.original_id, "FromUserName": openid}
        xml = wechat_crypto.to_xml({**head, "CreateTime": int(time.time()), **fields})
        sealed = wechat_crypto.encrypt(xml, settings.aes_key, settings.app_id)
        query = {**self._signature(), "openid": openid, "encrypt_type": "aes"}
        query["msg_signature"] = wechat_crypto.sign(
            settings.token, query["timestamp"], query["nonce"], sealed
        )
        body = wechat_crypto.to_xml({"ToUserName": settings.original_id, "Encrypt": sealed}).encode()
        name = str(fields.get("Event") or fields["MsgType"])
        return Envelope(openid, name, f"{self._callback}?{urlencode(query)}", body, xml, person_waits)

    def _post(self, envelope: Envelope) -> Answer:
        started = time.monotonic()
        outcome, reply, reason, got, tries = Outcome.NO_ANSWER, dict[str, Any](), "", "", 0
        for tries in range(1, TRIES + 1):
            self.counts["callbacks"] += 1
            try:
                answer = self._http.request(
                    "POST",
                    envelope.url,
                    body=envelope.body,
                    headers={"Content-Type": "text/xml", "User-Agent": "Mozilla/4.0"},
                    timeout=urllib3.Timeout(total=TIMEOUT_S),
                    redirect=False,
                )
            except urllib3.exceptions.HTTPError as error:
                reason = f"{TIMEOUT_S:g} 秒内没有应答（{type(error).__name__}）"
                self.counts["callbacks_unanswered"] += 1
                if tries < TRIES:
                    time.sleep(0.2)
                continue
            outcome, reply, reason, got = self._understand(envelope, answer.status, answer.data)
            break
        ms = int((time.monotonic() - started) * 1000)
        result = Answer(outcome, reply, reason, tries, ms, envelope.xml, got)
        self.counts[f"answers_{outcome}"] += 1
        self._trace(envelope, result)
        return result

    def _understand(
        self, envelope: Envelope, status: int, data: bytes
    ) -> tuple[Outcome, dict[str, Any], str, str]:
        if status != 200:
            return Outcome.ABNORMAL, {}, f"HTTP 状态 {status}", data[:2000].decode(errors="replace")
        if data in (b"", b"success"):
            return Outcome.SILENT, {}, "", data.decode()
        try:
            xml = self._open(data)
            reply = wechat_crypto.from_xml(xml)
            check_reply(reply, envelope.openid, self._settings.original_id, to_event=envelope.name != "text")
        except BadMessage as error:
            return Outcome.ABNORMAL, {}, str(error), data[:2000].decode(errors="replace")
        return Outcome.REPLY, reply, "", xml

    def _open(self, data: bytes) -> str:
        try:
            outer = wechat_crypto.from_xml(data.decode())
        except UnicodeDecodeError:
            raise BadMessage("回复不是 UTF-8") from None
        names = ("TimeStamp", "Nonce", "Encrypt", "MsgSignature")
        timestamp, nonce, sealed, signature = (str(outer.get(name, "")) for name in names)
        if not sealed:
            raise BadMessage("回复没有加密")
        if wechat_crypto.sign(self._settings.token, timestamp, nonce, sealed) != signature:
            raise BadMessage("MsgSignature 不对")
        return wechat_crypto.decrypt(sealed, self._settings.aes_key, self._settings.app_id)

    def _trace(self, envelope: Envelope, answer: Answer) -> None:
        trace = {
            "at": time.time(),
            "name": envelope.name,
            "outcome": answer.outcome,
            "reason": answer.reason,
            "tries": answer.tries,
            "ms": answer.ms,
            "url": envelope.url,
            "sent": envelope.xml,
            "sealed": envelope.body.decode(),
            "got": answer.got_xml,
        }
        self.traces.setdefault(envelope.openid, deque(maxlen=TRACES)).append(trace)

    def _queue(self, envelope: Envelope, after_s: float) -> None:
        with self._ready:
            heapq.heappush(self._waiting, (time.monotonic() + after_s, next(self._order), envelope))
            if self._threads < WORKERS:
                self._threads += 1
                threading.Thread(target=self._work, daemon=True, name="sandbox-courier").start()
            self._ready.notify()

    def _work(self) -> None:
        while True:
            with self._ready:
                while not self._waiting or self._waiting[0][0] > time.monotonic():
                    pause = self._waiting[0][0] - time.monotonic() if self._waiting else None
                    self._ready.wait(pause)
                _, _, envelope = heapq.heappop(self._waiting)
            self._post(envelope)


def check_reply(reply: Mapping[str, Any], openid: str, original_id: str, *, to_event: bool) -> None:
    """Raises BadMessage where the platform would show its error line."""
    if reply.get("ToUserName") != openid or reply.get("FromUserName") != original_id:
        raise BadMessage("回复的 ToUserName、FromUserName 与来信不对应")
    if not str(reply.get("CreateTime", "")).isdigit():
        raise BadMessage("回复的 CreateTime 不是数字")
    kind = reply.get("MsgType")
    if kind not in REPLY_TYPES:
        raise BadMessage(f"回复的 MsgType 不认识：{kind!r}")
    if kind == "text":
        text = reply.get("Content")
        if not isinstance(text, str) or not text.strip() or len(text.encode()) > LARGEST_TEXT:
            raise BadMessage(f"回复的 Content 为空或超过 {LARGEST_TEXT} 字节")
    if kind == "news":
        articles = reply.get("Articles")
        count = len(articles) if isinstance(articles, list) else 0
        if not 1 <= count <= (8 if to_event else 1):
            raise BadMessage(f"回复里有 {count} 篇图文")
