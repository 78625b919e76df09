"""The words that change how somebody reads: the language of everything, and larger pages."""

from sqlalchemy.orm import Session

from reminders import holders
from reminders.rules.keywords import Intent
from reminders.rules.lifecycle import Language
from wxbot import voice, wording
from wxbot.talk import MOST_LISTED, Talk
from wxbot.voice import say

FROM_NOW_ON = "以后都用中文。别的事：回复“帮助”"
CARE_ON = "长辈模式已打开：网页上的字和按钮都放大了。不想用时，回复“普通模式”。"


def switch(session: Session, talk: Talk, follower_id: int) -> str:
    """Says at once, in that language, what there is of theirs."""
    language = Language(talk.heard.words)
    holders.set_language(session, follower_id, language)
    voice.speak(language)
    mine = holders.my_licenses(session, talk.openid, most=MOST_LISTED, now=talk.now)
    if not mine.licenses:
        return wording.help_text(talk.settings)
    return wording.licenses(mine, talk.settings) + "\n" + say(FROM_NOW_ON)


def care(session: Session, talk: Talk, follower_id: int) -> str:
    """Pages with large letters and large buttons; the conversation follows the phone's own setting."""
    is_on = talk.heard.intent is Intent.CARE
    holders.set_care(session, follower_id, is_on=is_on)
    page = wording.link(f"{talk.settings.wxbot_url}/h5/licenses", say("打开我的证照"))
    if not is_on:
        return f"{say('已退出长辈模式。')}\n{page}"
    return f"{say(CARE_ON)}\n{page}\n{wording.human_line(talk.settings)}"
