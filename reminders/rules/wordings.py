"""The wording of every kind of message as data: its parts, its placeholders, and how they are filled."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from reminders.rules.template_fields import FieldFault, Value, fit

PLACEHOLDER = re.compile(r"\{(\w+)\}")
SAMPLE_PREFIX = "SAMPLE-"
TEXT = "text"  # the one part of an SMS and of a spoken correction


class TemplateKind(StrEnum):
    """One wording each, versions of its own."""

    WECHAT_SINGLE = "wechat_single"
    WECHAT_DIGEST = "wechat_digest"
    WECHAT_CORRECTION = "wechat_correction"
    SUBSCRIPTION = "subscription"
    SMS_SINGLE = "sms_single"
    SMS_DIGEST = "sms_digest"
    SMS_CORRECTION = "sms_correction"
    SMS_CODE = "sms_code"
    CALL = "call"
    CALL_CORRECTION = "call_correction"
    LETTER = "letter"
    PROMPT = "prompt"
    WECHAT_NEWS = "wechat_news"
    WECHAT_VISIT = "wechat_visit"
    SMS_VISIT = "sms_visit"


class TemplateState(StrEnum):
    """Of a version: what is proposed waits for a second person; one of a kind is in force."""

    PROPOSED = "proposed"
    IN_FORCE = "in_force"
    REPLACED = "replaced"
    TURNED_DOWN = "turned_down"
    TAKEN_BACK = "taken_back"


class Medium(StrEnum):
    """What a wording is made of: typed fields of WeChat, one SMS, or text without a limit."""

    FIELDS = "fields"
    SMS = "sms"
    TEXT = "text"


@dataclass(frozen=True)
class Wording:
    """`parts` maps a field of WeChat, or the part of a paper, to its text with {placeholders}.

    `allowed` lists the preset words of `const` and `enum` fields, `params` the order in which an SMS platform
    numbers the placeholders. Without a platform `template_id` is empty.
    """

    kind: TemplateKind
    parts: Mapping[str, str]
    template_id: str = ""
    allowed: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    params: tuple[str, ...] = ()

    @property
    def is_sample(self) -> bool:
        return self.template_id.startswith(SAMPLE_PREFIX)

    @property
    def has_check_code(self) -> bool:
        return "check_code" in placeholders(self)

    def fields(self, told: Mapping[str, Value | None]) -> dict[str, str]:
        """Every field of a WeChat template. Raises FieldFault when a value does not fit its field."""
        return {
            key: fit(key, _in_field(key, text, told), allowed=self.allowed)
            for key, text in self.parts.items()
        }

    def text(self, params: Mapping[str, str], part: str = TEXT) -> str:
        """Raises KeyError for a placeholder without a value."""
        return fill(self.parts[part], params)

    def ordered(self, params: Mapping[str, str]) -> tuple[str, ...]:
        return tuple(params[name] for name in self.params or in_order(self))


def fill(text: str, told: Mapping[str, str]) -> str:
    """Raises KeyError for a placeholder without a value."""
    return PLACEHOLDER.sub(lambda found: told[found.group(1)], text)


def placeholders(wording: Wording) -> frozenset[str]:
    return frozenset(in_order(wording))


def in_order(wording: Wording) -> tuple[str, ...]:
    """Each placeholder once, by its first appearance."""
    found = [name for text in wording.parts.values() for name in PLACEHOLDER.findall(text)]
    return tuple(dict.fromkeys(found))


def frozen(wording: Wording) -> str:
    """For a table; `thawed` gives it back unchanged."""
    allowed = {key: list(words) for key, words in wording.allowed.items()}
    kept = {"parts": list(wording.parts.items()), "allowed": allowed, "params": list(wording.params)}
    return json.dumps(kept, ensure_ascii=False)


def thawed(kind: TemplateKind, template_id: str, kept: str) -> Wording:
    read = json.loads(kept)
    return Wording(
        kind,
        {str(name): str(text) for name, text in read["parts"]},
        template_id,
        {str(key): tuple(words) for key, words in read["allowed"].items()},
        tuple(read["params"]),
    )


def _in_field(key: str, text: str, told: Mapping[str, Value | None]) -> Value | None:
    alone = PLACEHOLDER.fullmatch(text)
    if alone is not None:
        return told[alone.group(1)]
    if any(told[name] is None for name in PLACEHOLDER.findall(text)):
        raise FieldFault(f"{key}: there is nothing to say")
    return fill(text, {name: str(value) for name, value in told.items()})
