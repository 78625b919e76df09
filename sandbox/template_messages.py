"""Template messages as the platform sends them: checked, shown once per client_msg_id, then receipted."""

import re
from collections import Counter, deque
from collections.abc import Mapping
from typing import Any

from sandbox import account, template_fields
from sandbox.callbacks import Courier
from sandbox.faults import Faults
from sandbox.log import SHOWN, Entry, Log, moment
from sandbox.people import People
from sandbox.template_fields import WrongValue

DEDUPE_S = 600
FIRST_MSGID = 3_500_000_000_000_000_001  # beyond 2**53, as the real ones are
RECEIPT_AFTER_S = 0.05
PLACEHOLDER = re.compile(r"\s*([^{}:：]*?)\s*[:：]?\s*\{\{\s*(\w+)\.DATA\s*\}\}")


class Refused(Exception):
    """The platform's errcode, and its errmsg as text."""

    def __init__(self, errcode: int, errmsg: str) -> None:
        super().__init__(errmsg)
        self.errcode = errcode


def shown_fields(template: Mapping[str, Any], data: Any) -> list[dict[str, str]]:
    """What stands in the message, with the template's labels. Raises Refused as 47003, naming the key."""
    if not isinstance(data, dict) or not data:
        raise Refused(47003, "argument invalid! data is empty")
    content = str(template.get("content", ""))
    labels = {key: text for text, key in PLACEHOLDER.findall(content)}
    shown = []
    for key, text in (labels or {key: template_fields.label(key) for key in data}).items():
        value = data.get(key)
        try:
            read = template_fields.shown_value(key, value.get("value") if isinstance(value, dict) else None)
        except WrongValue:
            raise Refused(47003, f"argument invalid! data.{key}.value invalid") from None
        shown.append({"key": key, "label": text, "value": read})
    return shown


class TemplateMessages:
    def __init__(self, log: Log, people: People, faults: Faults, courier: Courier) -> None:
        self._log = log
        self._people = people
        self._faults = faults
        self._courier = courier
        self._sent: dict[tuple[str, str], int] = {}  # (openid, client_msg_id) -> msgid, for ten minutes
        self._order: deque[tuple[float, tuple[str, str]]] = deque()
        self._msgid = FIRST_MSGID
        self.known: dict[str, dict[str, Any]] = {}  # empty: every template id is accepted
        self.counts: Counter[str] = Counter()
        log.add_reader(self._read)

    def send(self, wanted: Mapping[str, Any]) -> int:
        """The msgid, when the message stands in the log as shown; raises Refused and then shows nothing."""
        openid = str(wanted.get("touser", ""))
        fault = self._faults.strike("/cgi-bin/message/template/send", frozenset({"errcode"}), openid)
        if fault:
            raise Refused(int(fault.value), "sandbox fault")
        fields = self._check(openid, wanted)
        with self._log.lock:
            key = (openid, str(wanted.get("client_msg_id") or ""))
            self._forget_old()
            if key[1] and key in self._sent:
                self.counts["deduped"] += 1
                return self._sent[key]
            msgid = self._msgid
            content = {"title": self._title(str(wanted["template_id"])), "fields": fields}
            self._log.append(
                SHOWN,
                channel="template",
                openid=openid,
                client_msg_id=key[1],
                msgid=msgid,
                template_id=wanted["template_id"],
                url=str(wanted.get("url") or ""),
                content=content,
            )
        self._receipt(openid, msgid)
        return msgid

    def restrict(self, templates: list[dict[str, Any]]) -> None:
        """From now on only these ids are known (empty: all); `content` gives the labels of the keys."""
        self._log.append("templates", value=templates)

    def _check(self, openid: str, wanted: Mapping[str, Any]) -> list[dict[str, str]]:
        person = self._people.find(openid)
        if person is None:
            raise Refused(40003, "invalid openid")
        template_id = wanted.get("template_id")
        is_known = not self.known or template_id in self.known
        if not template_id or template_id in account.NOTICES or not is_known:
            raise Refused(40037, "invalid template_id")
        if not person.follows:
            raise Refused(43004, "require subscribe")
        return shown_fields(self._template(str(template_id)), wanted.get("data"))

    def _template(self, template_id: str) -> dict[str, Any]:
        return self.known.get(template_id) or account.TEMPLATES.get(template_id) or {}

    def _title(self, template_id: str) -> str:
        return str(self._template(template_id).get("title") or "服务提醒")

    def _receipt(self, openid: str, msgid: int) -> None:
        target = "callback:TEMPLATESENDJOBFINISH"
        status = self._faults.strike(target, frozenset({"receipt"}), openid)
        zero = self._faults.strike(target, frozenset({"zero_msgid"}), openid)
        event: dict[str, str | int] = {
            "MsgType": "event",
            "Event": "TEMPLATESENDJOBFINISH",
            "MsgID": 0 if zero else msgid,
            "Status": str(status.value) if status else "success",
        }
        self._courier.later(openid, event, RECEIPT_AFTER_S)

    def _forget_old(self) -> None:
        oldest = self._log.now() - DEDUPE_S
        while self._order and self._order[0][0] <= oldest:
            self._sent.pop(self._order.popleft()[1], None)

    def _read(self, entry: Entry) -> None:
        if entry["kind"] == SHOWN and entry["channel"] == "template":
            self._msgid = entry["msgid"] + 1
            self.counts["sends"] += 1
            if entry["client_msg_id"]:
                key = (entry["openid"], entry["client_msg_id"])
                self._sent[key] = entry["msgid"]
                self._order.append((moment(entry), key))
        elif entry["kind"] == "templates":
            self.known = {str(template["template_id"]): template for template in entry["value"]}
