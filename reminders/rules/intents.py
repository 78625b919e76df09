"""Recognises what a holder wants from one short text or one tap on the menu."""

import re
from dataclasses import dataclass
from enum import StrEnum

from reminders.rules.check_code import tidy
from reminders.rules.identity import clean

LONGEST_TEXT = 120
QUOTES = "\"'“”‘’「」『』【】<>《》"
PUNCTUATION = "。.!?？！,，;；:：~～、 "


class Intent(StrEnum):
    HELP = "help"
    BIND = "bind"
    BIND_WITH = "bind_with"
    CODE = "code"
    MY_LICENSES = "my_licenses"
    CHOICE = "choice"
    IDENTIFIER = "identifier"
    HOW_TO_RENEW = "how_to_renew"
    MATERIALS = "materials"
    ADDRESS = "address"
    HUMAN = "human"
    UNBIND = "unbind"
    UNBIND_ONE = "unbind_one"
    UNBIND_SURE = "unbind_sure"
    CANCEL = "cancel"
    CHECK = "check"
    UNKNOWN = "unknown"


# Keys of the menu's click buttons (config/wechat_menu.json) are these words in capitals.
MENU = frozenset(
    {
        Intent.HELP,
        Intent.BIND,
        Intent.MY_LICENSES,
        Intent.HOW_TO_RENEW,
        Intent.MATERIALS,
        Intent.ADDRESS,
        Intent.HUMAN,
        Intent.UNBIND,
    }
)

WHOLE = {
    "取消": Intent.CANCEL,
    "算了": Intent.CANCEL,
    "取消绑定": Intent.UNBIND,
    "核验": Intent.CHECK,
    "校验码": Intent.CHECK,
    "真伪": Intent.CHECK,
    "进度": Intent.MY_LICENSES,
    "提醒": Intent.MY_LICENSES,
    "menu": Intent.HELP,
    "help": Intent.HELP,
    "?": Intent.HELP,
    "h": Intent.HELP,
}
# In this order: the first word found in the text decides ("怎么绑定" binds, "怎么续" renews).
CONTAINED = (
    ("解绑", Intent.UNBIND),
    ("解除绑定", Intent.UNBIND),
    ("退订", Intent.UNBIND),
    ("绑定", Intent.BIND),
    ("材料", Intent.MATERIALS),
    ("怎么续", Intent.HOW_TO_RENEW),
    ("如何续", Intent.HOW_TO_RENEW),
    ("续证", Intent.HOW_TO_RENEW),
    ("续办", Intent.HOW_TO_RENEW),
    ("换证", Intent.HOW_TO_RENEW),
    ("延续", Intent.HOW_TO_RENEW),
    ("地址", Intent.ADDRESS),
    ("地点", Intent.ADDRESS),
    ("在哪", Intent.ADDRESS),
    ("人工", Intent.HUMAN),
    ("电话", Intent.HUMAN),
    ("客服", Intent.HUMAN),
    ("我的证照", Intent.MY_LICENSES),
    ("到期", Intent.MY_LICENSES),
    ("期满", Intent.MY_LICENSES),
    ("查询", Intent.MY_LICENSES),
    ("查证", Intent.MY_LICENSES),
    ("过期", Intent.MY_LICENSES),
    ("帮助", Intent.HELP),
    ("你好", Intent.HELP),
    ("您好", Intent.HELP),
)
CODE = re.compile(r"(?:验证码[是为]?[:： ]*)?(\d{6})")
CHOICE = re.compile(r"(?:第 ?)?([1-9])(?: ?[个本号])?")
# A name stands apart ("绑定 某某药房"); a number may follow at once.
BIND_WITH = re.compile(r"绑定(?: ?[:： ] ?|(?=(?:\D*\d){4}))(?!证照$)(.{2,})")
UNBIND_ONE = re.compile(r"解绑 ?第? ?([1-9]|全部)(?: ?本)?")
UNBIND_SURE = re.compile(r"确认解绑[ :：]*(\d{6})")
ABOUT = re.compile(r"(?P<word>材料|怎么续|如何续|续证)[ :：]*(?P<rest>.{1,40})")
# 校验 alone is also a date of medical institutions: there only a whole code counts.
CHECK = re.compile(r"(?:核验|校验码|真伪)[是为]?[:： ]*([A-Za-z0-9\- ]{4,30})")
CHECK_ANY = re.compile(r"(?:核验|校验|真伪)码?[是为]?[:： ]*(.{10,24})")
NUMBER_SIGNS = re.compile(r"[A-Z0-9一-鿿()\-_/. ]{5,64}")


PRINTED_CODE = re.compile(r"[A-Za-z0-9]{5} ?- ?[A-Za-z0-9]{5}")


@dataclass(frozen=True)
class Heard:
    """An intent and the words that go with it: a number, a code, an identifier, a license name."""

    intent: Intent
    words: str = ""


def from_text(text: str) -> Heard:
    """What a typed text means. Nothing is looked up, so the same text always means the same."""
    plain = clean(text)[:LONGEST_TEXT].strip(QUOTES + PUNCTUATION) or clean(text)[:1]
    return (
        _exact(plain)
        or _check(plain)
        or _contained(plain)
        or _identifier(plain)
        or _bare_code(plain)
        or Heard(Intent.UNKNOWN)
    )


def from_menu(key: str) -> Heard:
    """What a tap on a menu button means."""
    word = key.lower()
    return Heard(Intent(word)) if word in MENU else Heard(Intent.UNKNOWN)


def _exact(plain: str) -> Heard | None:
    if plain.lower() in WHOLE:
        return Heard(WHOLE[plain.lower()])
    for pattern, intent in (
        (CODE, Intent.CODE),
        (CHOICE, Intent.CHOICE),
        (UNBIND_SURE, Intent.UNBIND_SURE),
        (UNBIND_ONE, Intent.UNBIND_ONE),
        (BIND_WITH, Intent.BIND_WITH),
    ):
        if found := pattern.fullmatch(plain):
            return Heard(intent, found[1].strip(QUOTES + PUNCTUATION))
    if found := ABOUT.fullmatch(plain):
        return Heard(
            Intent.MATERIALS if found["word"] == "材料" else Intent.HOW_TO_RENEW,
            found["rest"].strip(PUNCTUATION),
        )
    return None


def _check(plain: str) -> Heard | None:
    """A check code that is called one, or is written the way we print it."""
    named = CHECK.fullmatch(plain) or CHECK_ANY.fullmatch(plain)
    if named and (named.re is CHECK or tidy(named[1])):
        return Heard(Intent.CHECK, named[1])
    return Heard(Intent.CHECK, plain) if PRINTED_CODE.fullmatch(plain) and tidy(plain) else None


def _bare_code(plain: str) -> Heard | None:
    """Ten signs that are no license number; those with many digits may be one, which takes a look to know."""
    return Heard(Intent.CHECK, plain) if tidy(plain) else None


def _contained(plain: str) -> Heard | None:
    return next((Heard(intent) for word, intent in CONTAINED if word in plain), None)


def _identifier(plain: str) -> Heard | None:
    """A license number or credit code: at least four digits, no sign that numbers never carry."""
    upper = plain.upper()
    if sum(sign.isdigit() for sign in upper) >= 4 and NUMBER_SIGNS.fullmatch(upper):
        return Heard(Intent.IDENTIFIER, upper)
    return None
