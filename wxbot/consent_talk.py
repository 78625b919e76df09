"""The privacy notice in the conversation: shown before binding, agreed to and withdrawn by a word."""

from sqlalchemy.orm import Session

from reminders import consents, holders
from reminders.errors import NotFound
from reminders.holders import Mine
from wxbot import bind_wording, pass_talk, wording
from wxbot.talk import Answer, Talk
from wxbot.voice import say

AGREED = "谢谢，记下了。"
DATA = "我的数据：查看、导出、删除我们记下的内容，或撤回同意。"
WITHDRAWN = (
    "已撤回同意：解除了 {count} 本证照的绑定，不再向您的微信发提醒，等待发送的也已取消。\n"
    "想删除我们记下的内容，请回复“我的数据”。以后需要时，回复“绑定”重新开始。"
)


def bind(session: Session, talk: Talk, _mine: Mine) -> Answer:
    return Answer(
        wording.ask_identifier(talk.settings)
        if _has_agreed(session, talk)
        else bind_wording.consent_asked(talk.settings)
    )


def agree(session: Session, talk: Talk, follower_id: int) -> str:
    """Whoever brought a pass is bound now; the others are asked what they want to bind."""
    consents.give(session, follower_id, now=talk.now)
    brought = pass_talk.bring_held(session, talk, follower_id)
    return say(AGREED) + "\n" + (brought or wording.ask_identifier(talk.settings))


def end(session: Session, talk: Talk, follower_id: int) -> str:
    """At once, because agreeing took one word too; binding again takes a minute."""
    return say(WITHDRAWN, count=consents.withdraw(session, follower_id, now=talk.now))


def my_data(_session: Session, talk: Talk, _mine: Mine) -> Answer:
    page = wording.link(f"{talk.settings.wxbot_url}/h5/data", say("打开“我的数据”"))
    return Answer(f"{say(DATA)}\n{page}\n{say('只想不再收提醒，直接回复“退订”就可以。')}")


def _has_agreed(session: Session, talk: Talk) -> bool:
    try:
        return consents.is_given(session, holders.follower_id(session, talk.openid))
    except NotFound:
        return False
