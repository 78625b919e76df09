"""What changed between two versions of a wording, part by part and sign by sign."""

import difflib
from dataclasses import dataclass

from reminders.rules.wordings import Wording

SAME, GONE, NEW = "same", "gone", "new"


@dataclass(frozen=True)
class PartDiff:
    """`chunks` are pairs of SAME, GONE or NEW and the text; nothing is lost: see the two functions below."""

    part: str
    chunks: tuple[tuple[str, str], ...]

    @property
    def is_changed(self) -> bool:
        return any(kind != SAME for kind, _ in self.chunks)

    @property
    def before(self) -> str:
        return "".join(text for kind, text in self.chunks if kind != NEW)

    @property
    def after(self) -> str:
        return "".join(text for kind, text in self.chunks if kind != GONE)


def compare(old: Wording, new: Wording) -> tuple[PartDiff, ...]:
    """Parts of the new one in its order, then those that are gone; the platform's id and words come last."""
    names = list(dict.fromkeys([*new.parts, *old.parts]))
    found = [PartDiff(name, _chunks(old.parts.get(name, ""), new.parts.get(name, ""))) for name in names]
    found.append(PartDiff("template_id", _chunks(old.template_id, new.template_id)))
    found.append(PartDiff("allowed", _chunks(_words(old), _words(new))))
    return tuple(one for one in found if one.chunks)


def _chunks(old: str, new: str) -> tuple[tuple[str, str], ...]:
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    chunks: list[tuple[str, str]] = []
    for tag, old_from, old_to, new_from, new_to in matcher.get_opcodes():
        if tag == "equal":
            chunks.append((SAME, old[old_from:old_to]))
            continue
        chunks += [(kind, text) for kind, text in ((GONE, old[old_from:old_to]), (NEW, new[new_from:new_to]))]
    return tuple((kind, text) for kind, text in chunks if text)


def _words(wording: Wording) -> str:
    return "；".join(f"{key}：{'、'.join(words)}" for key, words in wording.allowed.items())
