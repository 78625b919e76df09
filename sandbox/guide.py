"""The way a newcomer is led: seven steps, each ticked off by what really happened."""

from typing import Any

from sandbox import wording
from sandbox.log import Entry
from sandbox.people import Person
from sandbox.world import World

ASKING = ("查询", "到期", "我的证照", "证照")
REMINDERS = ("template", "notice")
BOUND = ("已绑定", "绑定成功", "绑定完成")
TITLES = {
    "follow": "关注公众号",
    "agree": "看隐私告知",
    "bind": "绑定证照",
    "code": "填短信验证码",
    "ask": "查询到期",
    "reminder": "收到提醒",
    "notice": "看温馨提示",
}
TEXTS = {
    "follow": "点一下手机里的“关注公众号”。",
    "agree": "发送“绑定”会看到隐私告知；回复“同意”再继续。",
    "code": "验证码发到登记手机，收件箱就在手机旁边；把六位数字发给公众号。",
    "ask": "发送“我的证照”，看看还剩多少天、最迟哪天申请。",
    "reminder": "什么也不用做：到了该提醒的那天，消息自己会来。点开卡片看怎样换证。",
    "notice": "打开政务门户，看公开发布的集中提醒。",
}


def steps(world: World, person: Person) -> list[dict[str, Any]]:
    """Key, title, what to do, whether it is done, and a button for it (kind: send, follow, open)."""
    hints = world.latest.get("hints") or {}
    chat = list(world.chats.get(person.openid, ()))
    inbox = [wording.sms_item(entry) for entry in list(world.sms) if entry["phone"] == person.phone]
    said = [entry for entry in chat if entry["kind"] == "did" and entry["action"] in ("text", "click")]
    bound_at = _bound_at(chat, said, inbox)
    asked = bound_at is not None and any(_asks(entry) and entry["seq"] > bound_at for entry in said)
    done = {
        "follow": bool(person.followed_at),
        "agree": bool(inbox) or any("同意" in entry["text"] for entry in said),
        "bind": bool(inbox) or bound_at is not None,
        "code": bound_at is not None,
        "ask": asked,
        "reminder": any(entry["kind"] == "shown" and entry["channel"] in REMINDERS for entry in chat),
        "notice": _saw_notice(world, person, hints),
    }
    texts = {**TEXTS, "bind": _bind_text(person), **(hints.get("steps") or {})}
    buttons = _buttons(person, hints, next((sms["code"] for sms in reversed(inbox) if sms["code"]), ""))
    return [
        {"key": key, "title": title, "text": texts[key], "done": done[key], "button": buttons.get(key)}
        for key, title in TITLES.items()
    ]


def _buttons(person: Person, hints: dict[str, Any], code: str) -> dict[str, dict[str, str]]:
    notices = str(hints.get("notices_url") or _join(hints.get("portal_url"), "/notices/"))
    wanted = {
        "follow": _do("follow", "关注", "yes"),
        "agree": _do("send", "发送“同意”", "同意"),
        "bind": _do("send", "替我发送", f"绑定 {person.license_no}" if person.license_no else ""),
        "code": _do("send", f"发送 {code}", code),
        "ask": _do("send", "发送“我的证照”", "我的证照"),
        "notice": _do("open", "打开门户", notices),
    }
    return {key: button for key, button in wanted.items() if button["value"]}


def _do(kind: str, label: str, value: str) -> dict[str, str]:
    return {"kind": kind, "label": label, "value": value}


def _bind_text(person: Person) -> str:
    if not person.license_no:
        return "发送“绑定”加上台账里的证照编号。"
    name = f"（{person.license_name}）" if person.license_name else ""
    return f"这位示例持证人的证照编号是 {person.license_no}{name}，发给公众号。"


def _bound_at(chat: list[Entry], said: list[Entry], inbox: list[dict[str, Any]]) -> int | None:
    """The sequence number from which the person is bound: the bot says so, or a code was sent back."""
    for entry in chat:
        told = str(entry["content"].get("Content", "")) if entry["kind"] == "shown" else ""
        if any(word in told for word in BOUND):
            return int(entry["seq"])
    came = {sms["code"]: sms["seq"] for sms in inbox}
    for entry in said:
        if came.get(entry["text"].strip(), entry["seq"]) < entry["seq"]:
            return int(entry["seq"])
    return None


def _asks(entry: Entry) -> bool:
    return any(word in entry["text"] for word in ASKING)


def _saw_notice(world: World, person: Person, hints: dict[str, Any]) -> bool:
    portal = str(hints.get("portal_url") or "")
    opened = world.opened.get(person.openid, ())
    return any("/cms" in url or (portal and url.startswith(portal)) for url in opened)


def _join(base: object, path: str) -> str:
    return f"{str(base).rstrip('/')}{path}" if base else ""
