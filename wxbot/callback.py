"""Receives what WeChat sends, and answers within its five seconds."""

import hashlib
import re
from datetime import UTC, datetime, timedelta
from time import perf_counter

import structlog
from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue

from reminders import clock, deliveries, holders, publication
from reminders.errors import ReminderError
from reminders.rules.intents import Heard, from_menu, from_text, scanned
from reminders.rules.lifecycle import Language
from reminders.rules.pass_code import is_scene
from wxbot import (
    bind_wording,
    conversation,
    envelope,
    greeting,
    notice_events,
    replies,
    small_talk,
    voice,
    wording,
)
from wxbot.envelope import Query, Refused
from wxbot.site import Site, site
from wxbot.talk import MOST_LISTED, Talk

bp = Blueprint("callback", __name__)
log = structlog.get_logger()

NOTHING_TO_SAY = "success"  # the word that stops WeChat's retries and shows the user nothing
SCENE_PREFIX = "qrscene_"  # before the scene of somebody who follows by a QR code
OPENID = re.compile(r"[A-Za-z0-9_-]{1,64}")
DAY = timedelta(days=1)
# Nobody waits for an answer to these: a failure asks WeChat to send the event again.
UNHEARD = frozenset(
    {
        "templatesendjobfinish",
        "unsubscribe",
        "publishjobfinish",
        "masssendjobfinish",
        *notice_events.EVENTS,
    }
)


@bp.get("/wechat/callback", strict_slashes=False)
def verify() -> ResponseReturnValue:
    """URL verification: the echo goes back only when the signature is right."""
    query = _query("signature")
    envelope.check_echo(site().keys, query, clock.now())
    return _plain(request.args.get("echostr", ""))


@bp.post("/wechat/callback", strict_slashes=False)
def receive() -> ResponseReturnValue:
    here, now, started = site(), clock.now(), perf_counter()
    voice.speak(Language.ZH)  # until it is known who writes
    query = _query("msg_signature")
    if request.mimetype == "application/json":
        raise Refused("JSON: the console must be set to XML", 415)
    if request.args.get("encrypt_type") != "aes":
        raise Refused("not in safe mode")
    fields = envelope.open_message(here.keys, query, request.get_data(), now)
    if not OPENID.fullmatch(fields["FromUserName"]):
        raise Refused("no sender")
    text = _answer_or_apologise(here, fields, now)
    kind = fields.get("Event", "").lower() or fields["MsgType"].lower()
    here.measures.callback.labels(kind if kind in KINDS else "other").observe(perf_counter() - started)
    if not text:
        return _plain(NOTHING_TO_SAY)
    reply = replies.text_reply(fields, text, int(now.timestamp()))
    return Response(envelope.close_reply(here.keys, reply, query), mimetype="application/xml")


@bp.errorhandler(Refused)
def refuse(error: Refused) -> ResponseReturnValue:
    site().measures.refused.labels(str(error.status)).inc()
    log.warning("callback refused", reason=str(error), status=error.status)
    return _plain("refused", error.status)


def _answer_or_apologise(here: Site, fields: dict[str, str], now: datetime) -> str:
    """An apology beats silence: without a proper answer WeChat shows the user an error banner."""
    try:
        return _answer(here, fields, now)
    except ReminderError as error:
        return voice.retell(error.message)
    except Exception:
        here.measures.failed.inc()
        log.exception("callback failed", kind=fields["MsgType"][:32])
        if fields.get("Event", "").lower() in UNHEARD:
            raise Refused("try again", 503) from None
        return voice.retell(wording.BUSY)


def _answer(here: Site, fields: dict[str, str], now: datetime) -> str:
    kind = fields["MsgType"].lower()
    if kind == "text":
        return _talk(here, fields, from_text(fields.get("Content", "")), now)
    if kind == "event":
        return _event(here, fields, now)
    if kind == "voice" and fields.get("Recognition", "").strip():
        return _talk(here, fields, from_text(fields["Recognition"]), now)
    if kind in SPOKEN:
        _speak_to(here, fields["FromUserName"])
        with here.database.read() as session:
            mine = holders.my_licenses(session, fields["FromUserName"], most=MOST_LISTED, now=now)
        return small_talk.unread(here.settings, kind, mine)
    return ""


def _event(here: Site, fields: dict[str, str], now: datetime) -> str:
    openid, event, at = fields["FromUserName"], fields.get("Event", "").lower(), _happened_at(fields, now)
    if event == "templatesendjobfinish":
        with here.database.begin() as session:
            deliveries.store_receipt(
                session,
                openid=openid,
                msgid=fields.get("MsgID", ""),
                status=fields.get("Status", ""),
                digest=digest(fields),
                now=now,
            )
        return ""
    if event in notice_events.EVENTS:
        with here.database.begin() as session:
            notice_events.take(session, fields, digest(fields), happened_at=at, now=now)
        return ""
    if event in JOBS:
        number, status = (fields.get(name, "") for name in JOBS[event])
        told = hashlib.sha256(f"{digest(fields)}|{number}".encode()).hexdigest()
        with here.database.begin() as session:
            publication.heard(session, event, number, status, told, now=now)
        return ""
    if event in CAME_BY:
        if event == "subscribe":
            with here.database.begin() as session:
                holders.follow(session, openid, now=at)
        return _came(here, fields, now)
    if event == "unsubscribe":
        with here.database.begin() as session:
            holders.unfollow(session, openid, now=at)
        return ""
    if event == "click":
        return _talk(here, fields, from_menu(fields.get("EventKey", "")), now)
    return ""


def _speak_to(here: Site, openid: str) -> None:
    with here.database.read() as session:
        voice.speak(holders.language(session, openid))


def _came(here: Site, fields: dict[str, str], now: datetime) -> str:
    """Somebody followed, or scanned a QR code of the account: one of ours binds, others only greet."""
    openid, follows = fields["FromUserName"], fields["Event"].lower() == "subscribe"
    _speak_to(here, openid)
    scene = fields.get("EventKey", "").removeprefix(SCENE_PREFIX)
    if is_scene(scene):
        before = bind_wording.welcome_scanned(here.settings) if follows else ""
        return before + _talk(here, fields, scanned(scene), now)
    if not follows:
        return wording.help_text(here.settings)
    with here.database.read() as session:
        return greeting.came(session, openid, here.settings)


def _talk(here: Site, fields: dict[str, str], heard: Heard, now: datetime) -> str:
    talk = Talk(
        openid=fields["FromUserName"],
        heard=heard,
        digest=digest(fields),
        happened_at=_happened_at(fields, now),
        now=now,
        settings=here.settings,
        is_typed=fields["MsgType"].lower() in ("text", "voice"),
    )
    return conversation.answer(here.database, talk)


def digest(fields: dict[str, str]) -> str:
    """Tells copies of one message from different ones. MsgId alone collides, and receipts carry MsgID."""
    names = ("ToUserName", "FromUserName", "CreateTime", "MsgType", "Event", "EventKey")
    parts = [fields.get(name, "") for name in names]
    parts += [fields.get("MsgId") or fields.get("MsgID", ""), fields.get("Status", "")]
    return hashlib.sha256("|".join(parts).encode()).hexdigest()


def _happened_at(fields: dict[str, str], now: datetime) -> datetime:
    """The event's own moment, by which a late copy is told from news; now when it makes no sense."""
    stamp = fields.get("CreateTime", "")
    if not stamp.isdigit() or abs(int(stamp) - now.timestamp()) > DAY.total_seconds():
        return now
    return datetime.fromtimestamp(int(stamp), UTC)


def _query(signature: str) -> Query:
    given = request.args
    return Query(given.get(signature, ""), given.get("timestamp", ""), given.get("nonce", ""))


def _plain(text: str, status: int = 200) -> Response:
    return Response(text, status, mimetype="text/plain")


# Jobs of the account that end by themselves: where their number and their result stand.
JOBS = {
    "publishjobfinish": ("PublishEventInfo.publish_id", "PublishEventInfo.publish_status"),
    "masssendjobfinish": ("MsgID", "Status"),
}
CAME_BY = frozenset({"subscribe", "scan"})
SPOKEN = frozenset({"voice", "image", "video", "shortvideo", "location", "link", "file"})
KINDS = frozenset(
    {
        "text",
        "subscribe",
        "unsubscribe",
        "scan",
        "click",
        "view",
        "templatesendjobfinish",
        *notice_events.EVENTS,
        *SPOKEN,
    }
)
