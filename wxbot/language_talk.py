"""The word that changes the language: from then on the account, its pages and its messages use it."""

from sqlalchemy.orm import Session

from reminders import holders
from reminders.rules.lifecycle import Language
from wxbot import voice, wording
from wxbot.talk import MOST_LISTED, Talk


def switch(session: Session, talk: Talk, follower_id: int) -> str:
    """Says at once, in that language, what there is of theirs."""
    language = Language(talk.heard.words)
    holders.set_language(session, follower_id, language)
    voice.speak(language)
    mine = holders.my_licenses(session, talk.openid, most=MOST_LISTED, now=talk.now)
    if not mine.licenses:
        return wording.help_text(talk.settings)
    return wording.licenses(mine, talk.settings) + "\n" + wording.help_text(talk.settings)
