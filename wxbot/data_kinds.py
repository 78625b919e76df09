"""Every kind of what is kept of a person as the page shows it: folded, the newest first, phones masked."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from reminders.rules.identity import mask_phone
from reminders.rules.lifecycle import Colours, ContactSign, FontSize, QuietUntil

FEW, MOST = 6, 40
PHONES = frozenset({"另留的电话", "您写的电话"})
SIGNS = {
    ContactSign.OPENED_PAGE: "打开了证照页",
    ContactSign.ASKED: "在公众号里问过",
    ContactSign.TOLD_BY_PHONE: "电话里听过",
    ContactSign.RECEIVED_LETTER: "签收了函告",
    ContactSign.ANSWERED: "回答了提醒",
}
LOOKS: dict[str, dict[Any, str]] = {
    "字号": {FontSize.NORMAL: "标准", FontSize.LARGE: "大", FontSize.LARGEST: "最大"},
    "颜色": {Colours.AUTO: "跟随手机", Colours.LIGHT: "浅色", Colours.DARK: "深色"},
    "不打扰到": {
        QuietUntil.OPENING: "上班时间就可以",
        QuietUntil.NOON: "中午 12 点以后",
        QuietUntil.AFTERNOON: "下午 2 点以后",
        QuietUntil.EVENING: "下午 5 点半以后",
    },
}


@dataclass(frozen=True)
class Kind:
    """`slug` stands in the address, `key` in the export; `empty` is said where there is none."""

    slug: str
    key: str
    title: str
    empty: str


KINDS = (
    Kind("bindings", "绑定", "绑定", "没有绑定过证照。"),
    Kind("ways", "提醒方式", "提醒方式", "没有单独设过提醒方式。"),
    Kind("messages", "提醒", "发给您的提醒", "还没有发过提醒。"),
    Kind("answers", "回答", "您的回答", "还没有回答过提醒。"),
    Kind("signs", "看过或问过的证照", "看过或问过的证照", "提醒开始以后，还没有看过或问过。"),
    Kind("ticks", "备好的材料", "备好的材料", "没有勾过材料。"),
    Kind("progress", "办理进度", "办理进度", "没有填过受理号。"),
    Kind("visits", "预约", "窗口预约", "没有预约过。"),
    Kind("feedback", "意见", "您的意见", "没有提过意见。"),
    Kind("appeals", "申诉", "申诉", "没有申诉过。"),
    Kind("consents", "同意", "同意的记录", "还没有同意过。"),
    Kind("subscriptions", "长期订阅", "长期订阅", "没有选过长期订阅。"),
)


def newest(kept: Mapping[str, Any], kind: Kind) -> list[dict[str, Any]]:
    """What the export has of it, as it is shown."""
    rows: list[dict[str, Any]] = list(kept[kind.key])
    if kind.key != "提醒":  # these come newest first
        rows.reverse()
    return [{name: _shown(kind, name, value) for name, value in row.items() if value} for row in rows]


def settings(kept: Mapping[str, Any]) -> dict[str, str]:
    """How they read and are reminded, and by what the account knows them, in words."""
    openid = str(kept["openid"])
    looks = {name: words.get(kept[name], "") for name, words in LOOKS.items()}
    return {
        "微信标识": f"{openid[:4]}＊＊＊＊{openid[-4:]}",
        "语言": "English" if kept["语言"] == "en" else "中文",
        "长辈模式": kept["长辈模式"],
        **looks,
    }


def _shown(kind: Kind, name: str, value: Any) -> Any:
    if name in PHONES:
        return mask_phone(str(value))
    if kind.key == "看过或问过的证照" and name == "方式":
        return SIGNS[ContactSign(value)]
    return str(value) if isinstance(value, int) else value
