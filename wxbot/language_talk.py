"""What somebody hears who writes English: their dates, and the words the account understands."""

from sqlalchemy.orm import Session

from reminders import holders
from reminders.rules.lifecycle import Language
from wxbot import wording
from wxbot.talk import MOST_LISTED, Talk

WORDS = (
    "Words you may send: bind, licenses, renew, materials, address, human, applied, call me, later, undo, "
    "my data, unsubscribe. Most answers come in Chinese; please call for help in English."
)


def switch(session: Session, talk: Talk, follower_id: int) -> str:
    language = Language(talk.heard.words)
    holders.set_language(session, follower_id, language)
    if language is Language.ZH:
        return wording.help_text(talk.settings)
    mine = holders.my_licenses(session, talk.openid, most=MOST_LISTED, now=talk.now)
    lines = ["Your licenses:"] if mine.licenses else ["No license is bound yet. Send “bind” to begin."]
    for own in mine.licenses:
        dates = [f"apply by {own.facts.apply_by}"] if own.facts.apply_by else []
        dates += [f"expires {own.facts.expires_on}"] if own.facts.expires_on else []
        lines.append(f"{own.facts.license_name}: {', '.join(dates) or 'please call'}")
    if talk.settings.service_phone:
        lines.append(f"Phone: {talk.settings.service_phone}")
    lines.append(f'<a href="{talk.settings.wxbot_url}/h5/privacy?lang=en">Privacy notice</a>')
    return "\n".join([*lines, WORDS])
