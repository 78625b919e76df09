"""Makes the words people are told to reply tappable; they stay readable where a tap means nothing."""

import re

from reminders.rules.intents import from_text
from reminders.rules.keywords import Intent

# “回复“怎么续”加证照名称” wants more words than a tap can send.
TOLD = re.compile(
    r"(?<=回复“)([^“”{}\x22<>&]{1,16})(?=”(?!加))|(?<=eply “)([^“”{}\x22<>&]{2,24})(?=”(?! and))"
)
TAP = re.compile(r'<a href="weixin://[^"]*">(.*?)</a>')
MARKUP = re.compile(r"<a [^>]*>|</a>")
# What these stand for is an example of somebody else's number, name or code.
EXAMPLES = frozenset(
    {Intent.UNKNOWN, Intent.IDENTIFIER, Intent.BIND_WITH, Intent.CODE, Intent.CHECK, Intent.BIND_CODE}
)


def tappable(text: str) -> str:
    """Every “word” that the text asks for is sent by a tap; a phone that knows no taps shows it as it is."""
    return TOLD.sub(lambda found: _tap_if_known(found[0]), text)


def tap(words: str, said: str = "") -> str:
    return f'<a href="weixin://bizmsgmenu?msgmenucontent={said or words}&msgmenuid=1">{words}</a>'


def visible(text: str) -> str:
    """What is read of it."""
    return MARKUP.sub("", text)


def _tap_if_known(words: str) -> str:
    return words if from_text(words).intent in EXAMPLES else tap(words)
