"""Recognises what a holder wants from one short text or one tap on the menu."""

import re
from dataclasses import dataclass, field, replace

from reminders.rules import pass_code, phrases
from reminders.rules.check_code import tidy
from reminders.rules.identity import clean
from reminders.rules.keywords import (
    ANSWERS,
    CONTAINED,
    ENGLISH,
    LANGUAGES,
    MENU,
    ROLES,
    SOUNDS,
    TYPOS,
    WHOLE,
    Intent,
)
from reminders.rules.lifecycle import AnswerKind

LONGEST_TEXT = 120
QUOTES = "\"'“”‘’「」『』【】<>《》"
PUNCTUATION = "。.!?？！,，;；:：~～、 "


CODE = re.compile(r"(?:验证码[是为]?[:： ]*)?(\d{6})")
# A code from paper is called one, or written the way it is printed: 7K3M-2QXP-9TRD.
BIND_CODE = re.compile(r"(?:绑定码|邀请码)[是为]?[:： ]*([A-Za-z0-9\-–— ]{10,24})")
PRINTED_BIND_CODE = re.compile(
    r"(?:绑定 ?)?([A-Za-z0-9]{4}(?: ?[-–—] ?| )[A-Za-z0-9]{4}(?: ?[-–—] ?| )[A-Za-z0-9]{4})"
)
CHOICE = re.compile(r"(?:第 ?)?([1-9])(?: ?[个本号])?")
# A name stands apart ("绑定 某某药房"); a number may follow at once.
BIND_WITH = re.compile(r"(?:绑定(?: ?[:： ] ?|(?=(?:\D*\d){4}))(?!证照$)|(?i:bind) ?[: ] ?)(.{2,})")
FIND = re.compile(r"(?:查找|找一?下?|查一?下?|搜索?|(?i:find|search))(?: ?[:：] ?| )(.{1,40})")
UNBIND_ONE = re.compile(r"(?:解绑|(?i:unbind)) ?第? ?([1-9]|全部|(?i:all))(?: ?本)?")
UNBIND_SURE = re.compile(r"(?:确认解绑|(?i:confirm unbind))[ :：]*(\d{6})")
ABOUT = re.compile(r"(?P<word>材料|怎么续|如何续|续证|(?i:materials|renew)(?= ))[ :：]*(?P<rest>.{1,40})")
# 校验 alone is also a date of medical institutions: there only a whole code counts.
CHECK = re.compile(r"(?:(?:核验|校验码|真伪)[是为]?|(?i:check)(?=[: ]))[:： ]*([A-Za-z0-9\- ]{4,30})")
CHECK_ANY = re.compile(r"(?:核验|校验|真伪)码?[是为]?[:： ]*(.{10,24})")
LATIN_WORD = re.compile("[A-Za-z]{2,}")
EASILY_WRONG = frozenset({"licen", "expir", "renew", "permit"})  # of ENGLISH
HAS_DIGIT = re.compile(r"\d")
NUMBER_SIGNS = re.compile(r"[A-Z0-9一-鿿()\-_/. ]{5,64}")


LONGEST_NOTE = 60
ALL = "全部"
ASKED = "asked"  # with HUMAN: a question that only a person can answer
# What people ask for in words of their own, so that one can tell in which language they speak.
ASKED_IN_WORDS = frozenset(
    {
        *(Intent.GREETING, Intent.THANKS, Intent.HELP, Intent.BIND, Intent.MY_LICENSES, Intent.HOW_TO_RENEW),
        *(Intent.MATERIALS, Intent.ADDRESS, Intent.HUMAN, Intent.SUGGEST, Intent.STOP, Intent.UNKNOWN),
        Intent.FEEDBACK,
    }
)
# Words long enough that one wrong sign cannot turn them into another word; by sound, five letters.
LONG_WORDS = ("撤回同意", "解绑全部", *(word for word, _ in (*CONTAINED, *ANSWERS) if len(word) >= 3))
NEAR_FROM = {True: 5, False: 3}
PRINTED_CODE = re.compile(r"[A-Za-z0-9]{5} ?- ?[A-Za-z0-9]{5}")


@dataclass(frozen=True)
class Heard:
    """An intent and the words that go with it: a number, a code, an identifier, a license name.

    `kind` goes with ANSWER and SUGGEST; the words of an answer are the number of a license, a day, or what
    should be passed on.
    """

    intent: Intent
    words: str = ""
    kind: AnswerKind | None = None
    is_english: bool = field(default=False, compare=False)


def from_text(text: str) -> Heard:
    """What a typed text means. Nothing is looked up, so the same text always means the same."""
    plain = clean(text)[:LONGEST_TEXT].strip(QUOTES + PUNCTUATION) or clean(text)[:1]
    heard = _heard(plain)
    return replace(heard, is_english=heard.intent in ASKED_IN_WORDS and _is_english(plain))


def _heard(plain: str) -> Heard:
    return (
        _bind_code(plain)
        or _word(plain)
        or _bind_with(plain)
        or _pattern(plain)
        or _asked_number(plain)
        or _check(plain)
        or _answer(plain)
        or _said(plain)
        or _about(plain)
        or _contained(plain)
        or _identifier(plain)
        or _bare_code(plain)
        or _bare_bind_code(plain)
        or _nearly(plain)
        or Heard(Intent.UNKNOWN)
    )


def from_menu(key: str) -> Heard:
    """What a tap on a menu button means."""
    word = key.lower()
    return Heard(Intent(word)) if word in MENU else Heard(Intent.UNKNOWN)


def scanned(scene: str) -> Heard:
    """What a scan of one of our QR codes means."""
    return Heard(Intent.BIND_CODE, scene)


def _is_english(plain: str) -> bool:
    """Latin words that are no Chinese ones written by sound."""
    folded = "".join(plain.lower().split())
    return bool(LATIN_WORD.search(plain)) and plain.isascii() and _nearly_known(folded) is None


def _exact(plain: str) -> Heard | None:
    return _word(plain) or _bind_with(plain) or _pattern(plain) or _about(plain)


def _word(plain: str) -> Heard | None:
    if plain.lower() in LANGUAGES:
        return Heard(Intent.LANGUAGE, LANGUAGES[plain.lower()])
    role = plain.lower().removeprefix("我是").removeprefix("i am the ").strip()
    if role in ROLES:
        return Heard(Intent.ROLE, ROLES[role])
    if plain.lower() in WHOLE:
        return Heard(WHOLE[plain.lower()])
    return None


def _bind_with(plain: str) -> Heard | None:
    found = BIND_WITH.fullmatch(plain)
    return Heard(Intent.BIND_WITH, found[1].strip(QUOTES + PUNCTUATION)) if found else None


def _pattern(plain: str) -> Heard | None:
    for pattern, intent in (
        (CODE, Intent.CODE),
        (CHOICE, Intent.CHOICE),
        (FIND, Intent.FIND),
        (UNBIND_SURE, Intent.UNBIND_SURE),
        (UNBIND_ONE, Intent.UNBIND_ONE),
    ):
        if found := pattern.fullmatch(plain):
            words = found[1].strip(QUOTES + PUNCTUATION)
            return Heard(intent, ALL if words.lower() == "all" else words)
    return None


def _about(plain: str) -> Heard | None:
    """材料 食品生产许可证 · 怎么续 2."""
    if found := ABOUT.fullmatch(plain):
        return Heard(
            Intent.MATERIALS if found["word"].lower() in ("材料", "materials") else Intent.HOW_TO_RENEW,
            found["rest"].strip(PUNCTUATION),
        )
    return None


def _said(plain: str) -> Heard | None:
    """A sentence about something known; of what would have an effect only the word is offered."""
    meant = phrases.meaning(plain)
    if meant is None:
        return Heard(Intent.SUGGEST_BIND, plain) if phrases.COMPANY.fullmatch(plain) else None
    if meant.intent in (Intent.HOW_TO_RENEW, Intent.MATERIALS):
        return Heard(meant.intent, phrases.subject(plain, meant))
    words = {Intent.CHOICE: "1", Intent.LANGUAGE: "en", Intent.HUMAN: ASKED}.get(meant.intent, "")
    return Heard(meant.intent, words, meant.kind)


def _check(plain: str) -> Heard | None:
    """A check code that is called one, or is written the way we print it."""
    named = CHECK.fullmatch(plain) or CHECK_ANY.fullmatch(plain)
    if named and (named.re is CHECK or tidy(named[1])):
        return Heard(Intent.CHECK, named[1])
    return Heard(Intent.CHECK, plain) if PRINTED_CODE.fullmatch(plain) and tidy(plain) else None


def _bind_code(plain: str) -> Heard | None:
    found = BIND_CODE.fullmatch(plain) or PRINTED_BIND_CODE.fullmatch(plain)
    code = pass_code.tidy(found[1]) if found else None
    return Heard(Intent.BIND_CODE, code) if code else None


def _bare_bind_code(plain: str) -> Heard | None:
    """Twelve signs; those with many digits may be a license number, which takes a look to know.

    A text of letters alone is a word or a sentence.
    """
    code = pass_code.tidy(plain) if HAS_DIGIT.search(plain) else None
    return Heard(Intent.BIND_CODE, code) if code else None


def _bare_code(plain: str) -> Heard | None:
    """Ten signs that are no license number; those with many digits may be one, which takes a look to know."""
    return Heard(Intent.CHECK, plain) if HAS_DIGIT.search(plain) and tidy(plain) else None


def _answer(plain: str) -> Heard | None:
    """已提交, 已提交 2, 暂不提醒 2026-12-20, 预约 周三上午."""
    for word, kind in ANSWERS:
        if plain.lower().startswith(word) and len(plain) - len(word) <= LONGEST_NOTE:
            return Heard(Intent.ANSWER, plain[len(word) :].strip(PUNCTUATION), kind)
    return None


def _nearly(plain: str) -> Heard | None:
    """What people type when they miss a key, or write by sound."""
    word = _nearly_known("".join(plain.lower().split()))
    return (_exact(word) or _answer(word) or _contained(word)) if word else None


def _nearly_known(folded: str) -> str | None:
    word = TYPOS.get(folded) or SOUNDS.get(folded) or _sound_in(folded)
    if word is None:
        known = SOUNDS if folded.isascii() else dict.fromkeys(word for word in LONG_WORDS)
        near = [key for key in known if len(key) >= NEAR_FROM[folded.isascii()] and is_near(key, folded)]
        word = (known[near[0]] or near[0]) if near else None
    return word


def _sound_in(folded: str) -> str | None:
    """wozheng daoqi: what is written by sound, with more around it."""
    found = [key for key in SOUNDS if len(key) >= NEAR_FROM[True] and key in folded]
    return SOUNDS[found[0]] if folded.isascii() and found else None


def is_near(one: str, other: str) -> bool:
    """One sign more, less or different, or two neighbours swapped."""
    if abs(len(one) - len(other)) > 1 or one == other:
        return one == other
    start = next(
        (n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other))
    )
    if one[start + 1 :] == other[start:] or one[start:] == other[start + 1 :]:
        return True
    swapped = (
        one[start : start + 2] == other[start : start + 2][::-1] and one[start + 2 :] == other[start + 2 :]
    )
    return one[start + 1 :] == other[start + 1 :] or (len(one) == len(other) and swapped)


def _contained(plain: str) -> Heard | None:
    found = next((Heard(intent) for word, intent in CONTAINED if word in plain), None)
    is_sentence = plain.isascii() and (" " in plain or plain.isalpha())
    words = re.findall("[a-z]{4,}", plain.lower()) if is_sentence else []
    said = (intent for start, intent in ENGLISH for word in words if word.startswith(start))
    nearly = (
        intent
        for start, intent in ENGLISH
        for word in words
        if start in EASILY_WRONG and is_near(start, word[: len(start)])
    )
    return found or next((Heard(intent) for intent in (*said, *nearly)), None)


def _asked_number(plain: str) -> Heard | None:
    """查一下鲁DA631000001: a number that somebody asks about."""
    return _identifier(plain) if phrases.CHATTER.match(plain) else None


def _identifier(plain: str) -> Heard | None:
    """A license number or credit code: at least four digits, no sign that numbers never carry."""
    upper = phrases.CHATTER.sub("", plain, count=1).upper()
    if sum(sign.isdigit() for sign in upper) >= 4 and NUMBER_SIGNS.fullmatch(upper):
        return Heard(Intent.IDENTIFIER, upper)
    return None
