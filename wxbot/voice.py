"""Speaks the reader's language: sentences stand in Chinese where they are used, in English in `english`."""

import re
from collections.abc import Mapping
from contextvars import ContextVar
from datetime import date
from functools import cache, lru_cache

from reminders.rules.english_names import name_in_english
from reminders.rules.facts import FiveFacts, window_sentence, with_weekday
from reminders.rules.lifecycle import Confidence, Language
from wxbot.english import SENTENCES

_language: ContextVar[Language] = ContextVar("language", default=Language.ZH)
PLACE = re.compile(r"\{(\w+)\}")
CHINESE = re.compile("[\u3400-\u9fff]")


def speak(language: Language) -> None:
    """From here to the end of the request."""
    _language.set(language)


def spoken() -> Language:
    return _language.get()


def html_lang() -> str:
    return "en" if spoken() is Language.EN else "zh-CN"


def say(chinese: str, **values: object) -> str:
    """One sentence; `{name}` in it stands for a value, which must be in the reader's language already."""
    return _filled(SENTENCES.get(chinese, chinese) if spoken() is Language.EN else chinese, values)


def retell(told: str) -> str:
    """A finished Chinese sentence of the mechanism (a refusal, a state, an event), said again for the reader.

    A sentence nobody translated stays as it is: better Chinese than nothing.
    """
    return told if spoken() is Language.ZH else _retold(told)


def kind(license_name: str) -> str:
    """What a license is called. The Chinese name is the legal one, so it is never left out."""
    return license_name if spoken() is Language.ZH else f"{name_in_english(license_name)} {license_name}"


def day(on: date) -> str:
    """2027-01-20（周三） · 2027-01-20 (Wed)."""
    return with_weekday(on) if spoken() is Language.ZH else f"{on} ({on:%a})"


def window(facts: FiveFacts) -> str:
    """The sentence that tells when to apply."""
    return window_sentence(facts) if spoken() is Language.ZH else _english_window(facts)


def _english_window(facts: FiveFacts) -> str:
    if facts.apply_by is None:
        return f"Not confirmed yet: please ask {facts.department}; what the counter says counts"
    sentence = f"apply by {day(facts.apply_by)}, that day included"
    if facts.opens_on is not None:
        sentence = f"open from {day(facts.opens_on)}; {sentence}"
    if facts.is_estimate:
        sentence += " (estimate: may move when the public holidays are announced)"
    if facts.confidence is not Confidence.CONFIRMED:
        sentence += "; what the counter says counts"
    return sentence[0].upper() + sentence[1:]


@lru_cache(maxsize=1024)
def _retold(told: str) -> str:
    if told in SENTENCES or not CHINESE.search(told):
        return SENTENCES.get(told, told)
    for pattern, english in _patterns():
        if found := pattern.fullmatch(told):
            values = {name: _retold(value) for name, value in found.groupdict().items()}
            return _filled(english, values)
    return told


def _filled(sentence: str, values: Mapping[str, object]) -> str:
    return PLACE.sub(lambda found: str(values.get(found[1], found[0])), sentence)


@cache
def _patterns() -> tuple[tuple[re.Pattern[str], str], ...]:
    """Sentences with values, those with the most words of their own first."""
    with_values = [
        pair for pair in SENTENCES.items() if PLACE.search(pair[0]) and CHINESE.search(PLACE.sub("", pair[0]))
    ]
    with_values.sort(key=lambda pair: -len(PLACE.sub("", pair[0])))
    return tuple((_pattern(chinese), english) for chinese, english in with_values)


def _pattern(chinese: str) -> re.Pattern[str]:
    parts = PLACE.split(chinese)  # words, name, words, name, …
    whole = "".join(f"(?P<{part}>.+?)" if place % 2 else re.escape(part) for place, part in enumerate(parts))
    return re.compile(whole, re.DOTALL)
