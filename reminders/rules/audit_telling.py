"""Tells an entry of the audit: its sentence with details put in, what changed, numbers of people masked."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from reminders.rules.audit_sentences import TEXT_OF
from reminders.rules.audit_words import FIELDS, WORDS
from reminders.rules.identity import mask_number, mask_phone

_NUMBER_OF_SOMEBODY = re.compile(r"(?<![\d.:])\d[\d -]{5,}[\dXx](?![\d.:])")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_FIELD = re.compile(r"\{(\w+)(#?)\}")
LONGEST = 120


@dataclass(frozen=True)
class Change:
    """One field before and after, both masked."""

    field: str
    before: str
    after: str


def sentence(
    action: str, subject: str, detail: Mapping[str, object], word: Callable[[object], str] = str
) -> str:
    """What was done, without who did it; an action nobody described is told by its own name."""
    text = TEXT_OF.get(action)
    if text is None:
        return f"做了 {action}：{subject}"

    def put(match: re.Match[str]) -> str:
        name, counted = match.groups()
        if name == "subject":
            return subject
        value = detail.get(name)
        if counted:
            return str(len(value)) if isinstance(value, list) else "0"
        return shown(value, word)

    return _FIELD.sub(put, text)


def changes(action: str, detail: Mapping[str, object]) -> tuple[Change, ...]:
    """The fields a change touched, where the value before was kept beside the new one."""
    if not action.endswith(".change"):
        return ()
    return tuple(
        Change(FIELDS.get(name, name), shown(value[0]), shown(value[1]))
        for name, value in detail.items()
        if isinstance(value, list) and len(value) == 2
    )


def shown(value: object, word: Callable[[object], str] = str) -> str:
    """A detail as people read it, cut to a line; numbers that may belong to somebody are masked."""
    if value is None or value == "":
        return "—"
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, list):
        return "、".join(shown(one, word) for one in value)[:LONGEST]
    return masked(WORDS.get(str(value)) or word(str(value)))[:LONGEST]


def _mask(match: re.Match[str]) -> str:
    digits = re.sub(r"[ -]", "", match[0])
    return mask_phone(digits) if len(digits) == 11 else mask_number(digits)


def masked(text: str) -> str:
    """Without phone, identity and license numbers; dates stay."""
    hidden = _NUMBER_OF_SOMEBODY.sub(_mask, _DAY.sub("\0", text))
    for day in _DAY.findall(text):
        hidden = hidden.replace("\0", day, 1)
    return hidden
