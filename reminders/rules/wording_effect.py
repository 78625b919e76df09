"""What one message would become in a wording: whether it fits, what it cannot say, and what it costs."""

from collections.abc import Mapping
from dataclasses import dataclass

from reminders.rules import sms_text
from reminders.rules.template_fields import FieldFault, Value, fit, one_line
from reminders.rules.wording_checks import kind_of, room_of
from reminders.rules.wording_kinds import KINDS
from reminders.rules.wordings import TEXT, Medium, Wording, fill, in_order, placeholders


@dataclass(frozen=True)
class Effect:
    """`is_cut`: a field shortens it. `is_unsayable`: it cannot leave at all, the next channel takes it.

    `paid` are the messages an SMS is paid for, 0 elsewhere.
    """

    is_cut: bool = False
    is_unsayable: bool = False
    paid: int = 0


def effect(wording: Wording, told: Mapping[str, Value | None], signature: str = "") -> Effect:
    """`told` are the values of this one message, by the names of its kind."""
    medium = KINDS[wording.kind].medium
    missing = any(told.get(name) in (None, "") for name in in_order(wording))
    texts = {name: "" if value is None else str(value) for name, value in told.items()}
    if medium is Medium.SMS:
        paid = sms_text.segments(fill(wording.parts[TEXT], texts), signature)
        return Effect(is_unsayable=missing or paid > sms_text.LONGEST_PARTS, paid=paid)
    if medium is Medium.TEXT:
        return Effect(is_unsayable=missing)
    if missing:
        return Effect(is_unsayable=True)
    is_cut = False
    for key, text in wording.parts.items():
        said = fill(text, texts)
        try:
            fit(key, said, allowed=wording.allowed)
        except FieldFault:
            return Effect(is_unsayable=True)
        is_cut |= _is_cut(key, said)
    return Effect(is_cut=is_cut)


def no_longer_said(old: Wording, new: Wording) -> tuple[str, ...]:
    """Placeholders that the new wording leaves out."""
    kept = placeholders(new)
    return tuple(name for name in in_order(old) if name not in kept)


def _is_cut(key: str, said: str) -> bool:
    kind = kind_of(key)
    return kind in ("thing", "name") and len(one_line(said)) > room_of(kind, said)
