"""Looks at a notice while it is written: what must be mended, what should be, and how outlets will cut it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from ipaddress import ip_address
from urllib.parse import urlsplit

from reminders.rules import account_text, notice_text
from reminders.rules.article import ACCOUNT_TITLE
from reminders.rules.masking_check import Found
from reminders.rules.rendition import Rendition


class Weight(StrEnum):
    """STOP keeps it from being submitted; LOOK asks a person; FINE only tells."""

    STOP = "stop"
    LOOK = "look"
    FINE = "fine"


@dataclass(frozen=True)
class Check:
    weight: Weight
    text: str


# Slips that offices make most; right-hand side is what is meant.
SLIPS = {
    "登陆": "登录", "帐号": "账号", "帐户": "账户", "截止到": "截至", "报消": "报销", "既使": "即使",
    "按步就班": "按部就班", "迫不急待": "迫不及待", "许可证证": "许可证", "办理理": "办理", "请请": "请",
}  # fmt: skip
_HREF = re.compile(r'<a\b[^>]*\bhref="([^"]*)"')
_DOTLESS = re.compile(r"\[[^\]]*\]\(\s*([^)\s]*)")
NOTICE_PATH = re.compile(r"^/notices/(\d{1,9})$")


def checks(
    shown: Rendition, personal: Sequence[Found], today: date, portal_url: str, dead: Sequence[str]
) -> tuple[Check, ...]:
    """In the order in which they should be mended; `dead` are links to our own portal that lead nowhere."""
    found = [Check(Weight.STOP, f"{one.where}：{one.what} {one.shown}，不能公开") for one in personal]
    found += _lengths(shown)
    days = notice_text.past_dates(f"{shown.title}\n{shown.body}", today)
    if days:
        listed = "、".join(day.isoformat() for day in days)
        found.append(Check(Weight.LOOK, f"文中有已经过去的日期：{listed}，请确认不是笔误"))
    found += [Check(Weight.LOOK, f"链接打不开：{url}") for url in dead]
    found += [Check(Weight.LOOK, text) for url in links(shown) if (text := _fault(url, portal_url))]
    for slip, meant in SLIPS.items():
        if slip in f"{shown.title}\n{shown.body}":
            found.append(Check(Weight.LOOK, f"“{slip}”是不是“{meant}”？"))
    return tuple(found)


def links(shown: Rendition) -> tuple[str, ...]:
    """Addresses of the finished page, and those written as links that did not become one."""
    written = [*_HREF.findall(shown.body_html), *_DOTLESS.findall(shown.body)]
    return tuple(dict.fromkeys(url.replace("&amp;", "&") for url in written))


def own_notices(shown: Rendition, portal_url: str) -> dict[int, str]:
    """Links to notices of our own portal, by notice id."""
    found: dict[int, str] = {}
    for url in links(shown):
        match = NOTICE_PATH.match(url.removeprefix(portal_url).partition("#")[0].partition("?")[0])
        if match:
            found[int(match[1])] = url
    return found


def _lengths(shown: Rendition) -> list[Check]:
    found = []
    if len(shown.title) > ACCOUNT_TITLE:
        found.append(
            Check(
                Weight.FINE,
                f"标题 {len(shown.title)} 个字，公众号最多 {ACCOUNT_TITLE} 个字，"
                f"那里显示为“{shown.account_title}”",
            )
        )
    if not account_text.fits(shown.body_html):
        found.append(Check(Weight.STOP, "正文太长，公众号放不下（不到 2 万字符）。请精简或分成两篇"))
    elif shown.rows:
        text = account_text.content(shown.body_html, shown.rows, "", has_files=True)
        listed = text.count("<tr>") - 1
        if listed < len(shown.rows):
            told = f"名单共 {len(shown.rows)} 家，公众号只放得下前 {max(listed, 0)} 家，其余引导到门户"
            found.append(Check(Weight.FINE, told))
    return found


def _fault(url: str, portal_url: str) -> str:
    """What is wrong with an address, as far as can be seen without opening it."""
    if url.startswith("/") and not url.startswith("//"):
        return f"链接 {url} 没有网址开头，在公众号和政务服务网上打不开。请写完整网址"
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return f"链接写法不对：{url}"
    if parts.scheme not in ("http", "https") or "." not in host:
        return f"链接写法不对：{url}。请写成 https://… 的样子"
    try:
        inside = not ip_address(host).is_global
    except ValueError:
        inside = host.endswith((".local", ".lan", ".internal"))
    if inside and not url.startswith(portal_url):
        return f"链接 {url} 是内网地址，公众打不开"
    return ""
