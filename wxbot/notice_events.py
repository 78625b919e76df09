"""Takes in what the platform tells about subscription notices: who agreed or refused, what was shown."""

import hashlib
from collections.abc import Mapping
from datetime import datetime

from sqlalchemy.orm import Session

from reminders import deliveries, holders
from reminders.rules.delivery_rules import ReceiptStatus
from reminders.rules.lifecycle import GrantState
from wxbot import envelope

# Where each event lists the templates it speaks of: one element or several.
ANSWERS = {
    "subscribe_msg_popup_event": "SubscribeMsgPopupEvent.List",
    "subscribe_msg_change_event": "SubscribeMsgChangeEvent.List",
}
SENT = "subscribe_msg_sent_event"
SENT_LIST = "SubscribeMsgSentEvent.List"
EVENTS = frozenset({*ANSWERS, SENT})

SAID = {"accept": GrantState.ACCEPTED, "reject": GrantState.REJECTED}
# The list of ErrorCode is not published: these are what the send itself answers when nobody wants it.
REFUSED_CODES = frozenset({"40003", "43004", "43019", "43101", "48002"})
REFUSED_WORDS = ("refuse", "reject", "block")


def take(
    session: Session, fields: Mapping[str, str], told: str, *, happened_at: datetime, now: datetime
) -> None:
    """`told` is the digest of the event's head; each element of its list is news of its own."""
    openid, event = fields["FromUserName"], fields["Event"].lower()
    if event == SENT:
        for one in envelope.listed(fields, SENT_LIST):
            _store(session, openid, one, told, now)
        return
    for one in envelope.listed(fields, ANSWERS[event]):
        said, template_id = SAID.get(one.get("SubscribeStatusString", "").lower()), one.get("TemplateId")
        if said and template_id:
            holders.record_grant(session, openid, template_id, said, now=happened_at)


def _store(session: Session, openid: str, one: Mapping[str, str], told: str, now: datetime) -> None:
    names = ("TemplateId", "MsgID", "ErrorStatus")
    template_id, msgid, word = (one.get(name, "") for name in names)
    deliveries.store_notice_receipt(
        session,
        openid=openid,
        template_id=template_id,
        msgid=msgid,
        status=_status(one.get("ErrorCode", ""), word),
        digest=hashlib.sha256("|".join((told, template_id, msgid, word)).encode()).hexdigest(),
        now=now,
    )


def _status(code: str, word: str) -> ReceiptStatus:
    if code in ("", "0") and word.lower() in ("", "success", "ok"):
        return ReceiptStatus.SUCCESS
    if code in REFUSED_CODES or any(refusal in word.lower() for refusal in REFUSED_WORDS):
        return ReceiptStatus.USER_BLOCK
    return ReceiptStatus.SYSTEM_FAILED
