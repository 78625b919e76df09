"""Subscription notices as the platform sends them: to whoever agreed, following or not, without dedupe."""

from collections.abc import Mapping, Sequence
from typing import Any

from sandbox import account
from sandbox.callbacks import Courier
from sandbox.faults import Faults
from sandbox.log import SHOWN, Entry, Log
from sandbox.people import People
from sandbox.template_messages import RECEIPT_AFTER_S, Refused, shown_fields

PATH = "/cgi-bin/message/subscribe/bizsend"
FIRST_MSGID = 1_700_000_000_000_000_001  # beyond 2**53
# By which window the person answered: the one a page opens, or the settings of the chat called 服务通知.
PARTS = {
    "subscribe_msg_popup_event": "SubscribeMsgPopupEvent",
    "subscribe_msg_change_event": "SubscribeMsgChangeEvent",
}
SENT = "subscribe_msg_sent_event"


class SubscriptionNotices:
    def __init__(self, log: Log, people: People, faults: Faults, courier: Courier) -> None:
        self._log = log
        self._people = people
        self._faults = faults
        self._courier = courier
        self._said: dict[tuple[str, str], str] = {}  # (openid, template id) -> accept or reject
        self._msgid = FIRST_MSGID
        log.add_reader(self._read)

    def said(self, openid: str) -> str:
        """What the person last said to the account's own template: accept, reject, or nothing."""
        return self._said.get((openid, next(iter(account.NOTICES))), "")

    def answer(self, openid: str, said: str, event: str, template_ids: Sequence[str] = ()) -> None:
        """The person agrees (accept) or not (reject), and the bot hears of it; KeyError for other events."""
        self._people.get(openid)
        told = list(template_ids) or list(account.NOTICES)
        for template_id in told:
            self._log.append("grant", openid=openid, template_id=template_id, said=said)
        self._log.append("did", openid=openid, action=said, text="")
        scene = {"PopupScene": "1"} if event == "subscribe_msg_popup_event" else {}
        answers = [{"TemplateId": one, "SubscribeStatusString": said, **scene} for one in told]
        self._courier.later(openid, {"MsgType": "event", "Event": event, PARTS[event]: {"List": answers}})

    def take_away(self, openid: str) -> None:
        """The grant is gone, and nobody is told: the next send finds out (43101)."""
        for template_id in account.NOTICES:
            self._log.append("grant", openid=openid, template_id=template_id, said="gone")

    def send(self, wanted: Mapping[str, Any]) -> None:
        """Shown when this returns; the answer names no msgid, the event does. Raises Refused."""
        openid, template_id = str(wanted.get("touser", "")), str(wanted.get("template_id", ""))
        fault = self._faults.strike(PATH, frozenset({"errcode"}), openid)
        if fault:
            raise Refused(int(fault.value), "sandbox fault")
        if self._people.find(openid) is None:
            raise Refused(40003, "invalid openid")
        if not template_id or template_id in account.TEMPLATES:
            raise Refused(40037, "invalid template_id")
        template = account.NOTICES.get(template_id, {})
        fields = shown_fields(template, wanted.get("data"))
        if self._said.get((openid, template_id)) != "accept":
            raise Refused(43101, "user refuse to accept the msg")
        with self._log.lock:
            msgid = self._msgid
            self._log.append(
                SHOWN,
                channel="notice",
                openid=openid,
                client_msg_id="",
                msgid=msgid,
                template_id=template_id,
                url=str(wanted.get("page") or ""),
                content={"title": str(template.get("title") or "订阅通知"), "fields": fields},
            )
        self._receipt(openid, template_id, msgid)

    def _receipt(self, openid: str, template_id: str, msgid: int) -> None:
        """A fault `receipt` says how it ended instead, as `CODE words`."""
        fault = self._faults.strike(f"callback:{SENT}", frozenset({"receipt"}), openid)
        code, _, words = str(fault.value if fault else "0 success").partition(" ")
        told = {"TemplateId": template_id, "MsgID": str(msgid), "ErrorCode": code, "ErrorStatus": words}
        event = {"MsgType": "event", "Event": SENT, "SubscribeMsgSentEvent": {"List": [told]}}
        self._courier.later(openid, event, RECEIPT_AFTER_S)

    def _read(self, entry: Entry) -> None:
        if entry["kind"] == "grant":
            self._said[entry["openid"], entry["template_id"]] = entry["said"]
        elif entry["kind"] == SHOWN and entry["channel"] == "notice":
            self._msgid = entry["msgid"] + 1
