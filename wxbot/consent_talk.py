"""The privacy notice in the conversation: shown before binding, agreed to and withdrawn by a word."""

from sqlalchemy.orm import Session

from config.settings import Settings
from reminders import consents, holders
from reminders.errors import NotFound
from reminders.holders import Mine
from reminders.rules import consent
from wxbot import wording
from wxbot.talk import Answer, Talk
from wxbot.voice import say, spoken

AGREED = "谢谢，已记下您的同意。回复“退订”可以随时撤回。"
DATA = "我的数据：查看、导出、删除我们记下的内容，或撤回同意。"
WITHDRAWN = (
    "已撤回同意：解除了 {count} 本证照的绑定，不再向您的微信发提醒，等待发送的也已取消。\n"
    "想删除我们记下的内容，请回复“我的数据”。以后需要时，回复“绑定”重新开始。"
)


def asked(settings: Settings) -> str:
    """The same for whoever has not agreed yet, whatever they typed."""
    return "\n".join(
        [
            say("绑定前请先看：{notice}", notice=consent.current(spoken()).short),
            wording.link(f"{settings.wxbot_url}/h5/privacy?lang={spoken()}", say("完整的隐私告知")),
            say("同意请回复“同意”，不同意就不用回复。"),
        ]
    )


def bind(session: Session, talk: Talk, _mine: Mine) -> Answer:
    return Answer(
        wording.ask_identifier(talk.settings) if _has_agreed(session, talk) else asked(talk.settings)
    )


def agree(session: Session, talk: Talk, follower_id: int) -> str:
    consents.give(session, follower_id, now=talk.now)
    return say(AGREED) + "\n" + wording.ask_identifier(talk.settings)


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
