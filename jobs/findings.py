"""What a check of `reminders doctor` found, and what to do about it."""

from dataclasses import dataclass
from enum import StrEnum


class Mark(StrEnum):
    """WELL works; READY_LATER works, but not yet for the public; BROKEN does not work."""

    WELL = "✓"
    READY_LATER = "!"
    BROKEN = "✗"


@dataclass(frozen=True)
class Finding:
    mark: Mark
    name: str
    told: str
    cure: str = ""


def well(name: str, told: str) -> Finding:
    return Finding(Mark.WELL, name, told)


def broken(name: str, told: str, cure: str) -> Finding:
    return Finding(Mark.BROKEN, name, told, cure)


def later(name: str, told: str, cure: str) -> Finding:
    return Finding(Mark.READY_LATER, name, told, cure)
