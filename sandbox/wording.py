"""Turns log entries into what the phone draws: bubbles, cards, lines between them, text with its links."""

import html
import re
from datetime import datetime
from typing import Any

from sandbox.log import Entry
from sandbox.tokens import CHINA

LINK = re.compile(
    r"""<a\s+[^>]*?href\s*=\s*["']([^"']*)["'][^>]*>(.*?)</a>|(https?://[^\s<>"'，。；、（）()]+)""",
    re.S | re.I,
)
MENU_MESSAGE = re.compile(r"^weixin://bizmsgmenu\?(.*)$")
CODE = re.compile(r"(?<!\d)\d{4,8}(?!\d)")
LINES = {
    "follow": "你关注了公众号",
    "unfollow": "你取消了关注",
    "scan": "你扫描了二维码",
    "accept": "你同意了接收订阅通知",
    "reject": "你拒绝了订阅通知",
}
SENT = {"image": "[图片]", "voice": "[语音]", "location": "[位置] 威海市", "raw": "[自定义消息]"}
UNSHOWN = {"image": "[图片]", "voice": "[语音]", "video": "[视频]", "music": "[音乐]"}


def chat_item(entry: Entry) -> dict[str, Any] | None:
    """One thing in the chat, or None where a phone shows nothing."""
    if entry["kind"] == "shown":
        return {**_base(entry), **_theirs(entry)}
    if entry["kind"] == "did":
        mine = _mine(entry)
        return {**_base(entry), **mine} if mine else None
    return None


def sms_item(entry: Entry) -> dict[str, Any]:
    """A text message, with the code in it ready to be typed."""
    params = entry.get("params") or {}
    found = CODE.search(str(params.get("code") or "")) or CODE.search(entry["content"])
    return {**_base(entry), "text": entry["content"], "code": found.group() if found else ""}


def parts(text: str) -> list[dict[str, str]]:
    """The pieces of a text as WeChat draws them: plain, a link, or a tap that sends words."""
    pieces: list[dict[str, str]] = []
    end = 0
    for found in LINK.finditer(text):
        if found.start() > end:
            pieces.append({"kind": "plain", "text": text[end : found.start()]})
        href, words, bare = found.groups()
        pieces.append(_link(html.unescape(href or bare or ""), words or bare or ""))
        end = found.end()
    if end < len(text):
        pieces.append({"kind": "plain", "text": text[end:]})
    return pieces


def _link(href: str, words: str) -> dict[str, str]:
    menu = MENU_MESSAGE.match(href)
    if menu:
        said = re.search(r"(?:^|&)msgmenucontent=([^&]*)", menu.group(1))
        return {"kind": "say", "text": words, "say": said.group(1) if said else words}
    if href.startswith(("http://", "https://")):
        return {"kind": "link", "text": words, "href": href}
    return {"kind": "plain", "text": words}


def _base(entry: Entry) -> dict[str, Any]:
    at = datetime.fromisoformat(entry["at"]).astimezone(CHINA)
    return {"seq": entry["seq"], "day": at.strftime("%Y-%m-%d"), "time": at.strftime("%H:%M")}


def _mine(entry: Entry) -> dict[str, Any] | None:
    action = entry["action"]
    if action in LINES:
        return {"side": "note", "kind": "note", "text": LINES[action]}
    if action == "click":
        return {"side": "note", "kind": "note", "text": f"你点了菜单“{entry['text']}”"}
    if action == "text":
        return {"side": "me", "kind": "text", "parts": [{"kind": "plain", "text": entry["text"]}]}
    if action in SENT:
        return {"side": "me", "kind": "text", "parts": [{"kind": "plain", "text": SENT[action]}]}
    return None


def _theirs(entry: Entry) -> dict[str, Any]:
    content = entry["content"]
    if entry["channel"] == "template":
        return _card(content["title"], content["fields"], entry["url"])
    if entry["channel"] == "notice":
        card = _card(content["title"], content["fields"], entry["url"])
        return {**card, "source": "服务通知"}
    if entry["channel"] == "banner":
        return {
            "side": "note",
            "kind": "error",
            "text": content["Content"],
            "reason": entry.get("reason", ""),
        }
    if content.get("MsgType") == "news":
        first = content["Articles"][0]
        description = {"label": "", "value": str(first.get("Description", ""))}
        return _card(str(first.get("Title", "")), [description], str(first.get("Url", "")))
    text = content.get("Content") or UNSHOWN.get(content.get("MsgType"), "[消息]")
    return {"side": "them", "kind": "text", "parts": parts(str(text))}


def _card(title: str, fields: list[dict[str, str]], href: str) -> dict[str, Any]:
    return {"side": "them", "kind": "card", "title": title, "fields": fields, "href": href}
