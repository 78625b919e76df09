"""One message of a holder, and what is said to it."""

from dataclasses import dataclass
from datetime import datetime

from config.settings import Settings
from reminders.holders import Mine, OwnLicense
from reminders.rules.intents import Heard

MOST_LISTED = 5


@dataclass(frozen=True)
class Talk:
    """One message. `digest` is equal for WeChat's copies of it; `happened_at` is the message's own moment.

    `is_typed`: words of their own, not a tap on the menu or a scan.
    """

    openid: str
    heard: Heard
    digest: str
    happened_at: datetime
    now: datetime
    settings: Settings
    is_typed: bool = False


@dataclass(frozen=True)
class Answer:
    """A text, and the licenses the person was told about."""

    text: str
    told: tuple[OwnLicense, ...] = ()


def numbered(mine: Mine, words: str) -> OwnLicense | None:
    """The license in this place of the list as it was shown."""
    place = int(words) if words.isdecimal() and len(words) <= 2 else 0
    return mine.licenses[place - 1] if 1 <= place <= len(mine.licenses) else None
