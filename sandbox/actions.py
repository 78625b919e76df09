"""What a person can do on the phone: follow, write, scan, tap; each returns what the bot answered."""

import threading
import time
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sandbox import account
from sandbox.callbacks import Answer, Outcome
from sandbox.log import SHOWN
from sandbox.world import World

BANNER = "该公众号提供的服务出现故障，请稍后再试"
MEDIA = {
    "image": {"PicUrl": "http://mmbiz.qpic.cn/sandbox/0", "MediaId": "sandbox-image"},
    "voice": {"MediaId": "sandbox-voice", "Format": "amr"},
    "location": {"Location_X": "37.513068", "Location_Y": "122.120419", "Scale": "16", "Label": "威海市"},
}

_message_ids = iter(range(int(time.time() * 1000) << 12, 1 << 63))
_message_ids_lock = threading.Lock()


class NotFollowing(Exception):
    """Somebody who does not follow cannot write to the account."""


def follow(world: World, openid: str, scene: str = "") -> Answer:
    """Follows, from a QR code when a scene is given; somebody who follows already only scans."""
    if world.people.get(openid).follows:
        return scan(world, openid, scene) if scene else Answer(Outcome.SILENT)
    world.people.follow(openid, scene)
    event = {"Event": "subscribe", "EventKey": f"qrscene_{scene}" if scene else ""}
    return _say(world, openid, "follow", "", {**event, **_ticket(world, scene)})


def unfollow(world: World, openid: str) -> Answer:
    if not world.people.get(openid).follows:
        return Answer(Outcome.SILENT)
    world.people.unfollow(openid)
    return _say(world, openid, "unfollow", "", {"Event": "unsubscribe", "EventKey": ""})


def scan(world: World, openid: str, scene: str) -> Answer:
    """Scans a QR code by its scene or its ticket; of one that ran out the bot hears nothing."""
    if scene in world.tickets and _is_over(world, scene):
        return Answer(Outcome.SILENT, reason="二维码已过期")
    scene = world.tickets[scene]["scene"] if scene in world.tickets else scene
    if not world.people.get(openid).follows:
        return follow(world, openid, scene)
    return _say(world, openid, "scan", scene, {"Event": "SCAN", "EventKey": scene, **_ticket(world, scene)})


def text(world: World, openid: str, content: str) -> Answer:
    _must_follow(world, openid)
    return _say(
        world, openid, "text", content, {"MsgType": "text", "Content": content, "MsgId": _message_id()}
    )


def click(world: World, openid: str, key: str) -> Answer:
    _must_follow(world, openid)
    label = next((b["name"] for b in buttons(world) if b.get("key") == key), key)
    return _say(world, openid, "click", label, {"Event": "CLICK", "EventKey": key}, key=key)


def view(world: World, openid: str, url: str) -> None:
    """A menu button that opens a page; the bot is told, nobody waits for it."""
    world.log.append("did", openid=openid, action="view", text=url)
    world.courier.later(openid, {"MsgType": "event", "Event": "VIEW", "EventKey": url})


def media(world: World, openid: str, kind: str) -> Answer:
    """Sends an image, a voice message or a location; raises KeyError for anything else."""
    _must_follow(world, openid)
    fields: dict[str, str | int] = {"MsgType": kind, **MEDIA[kind], "MsgId": _message_id()}
    return _say(world, openid, kind, "", fields)


def subscribe(world: World, openid: str, said: str, given: Mapping[str, Any]) -> Answer:
    """Agrees to subscription notices or refuses them, following or not: in a window, or in its settings."""
    event = f"subscribe_msg_{given.get('where') or 'popup'}_event"
    world.notices.answer(openid, said, event, given.get("template_ids") or ())
    return Answer(Outcome.SILENT)


def raw(world: World, openid: str, fields: Mapping[str, str | int]) -> Answer:
    """Any message at all, for tests."""
    return _say(world, openid, "raw", "", fields)


def menu(world: World) -> list[dict[str, Any]]:
    stored = world.latest.get("menu")
    return list(stored["button"]) if stored else account.MENU


def buttons(world: World) -> list[dict[str, Any]]:
    """The buttons that do something, whatever their depth."""
    return [b for top in menu(world) for b in (top.get("sub_button") or [top])]


def _say(
    world: World, openid: str, action: str, words: str, fields: Mapping[str, str | int], **more: str
) -> Answer:
    world.log.append("did", openid=openid, action=action, text=words, **more)
    answer = world.courier.deliver(openid, {"MsgType": "event", **fields})
    if world.people.get(openid).follows:
        _show(world, openid, answer)
    return answer


def _show(world: World, openid: str, answer: Answer) -> None:
    if answer.outcome is Outcome.REPLY:
        content = {
            k: v for k, v in answer.reply.items() if k not in ("ToUserName", "FromUserName", "CreateTime")
        }
        world.log.append(SHOWN, channel="reply", openid=openid, client_msg_id="", msgid=0, content=content)
    elif answer.outcome in (Outcome.ABNORMAL, Outcome.NO_ANSWER):
        world.log.append(
            SHOWN,
            channel="banner",
            openid=openid,
            client_msg_id="",
            msgid=0,
            content={"Content": BANNER},
            reason=answer.reason,
        )


def _must_follow(world: World, openid: str) -> None:
    if not world.people.get(openid).follows:
        raise NotFollowing(openid)


def _is_over(world: World, ticket: str) -> bool:
    return datetime.fromisoformat(world.tickets[ticket]["ends"]).timestamp() <= world.log.now()


def _ticket(world: World, scene: str) -> dict[str, str]:
    found = [ticket for ticket, entry in world.tickets.items() if entry["scene"] == scene]
    return {"Ticket": found[-1] if found else f"gQ-sandbox-{scene}"} if scene else {}


def _message_id() -> int:
    with _message_ids_lock:
        return next(_message_ids)
