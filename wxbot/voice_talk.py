"""Whoever gets no SMS asks in the conversation for a call that says the code."""

import math

from sqlalchemy.orm import Session

from reminders import binding, consents
from reminders.binding import Outcome
from wxbot import bind_wording, wording
from wxbot.talk import Talk
from wxbot.voice import say

NOT_HERE = "这里还不能打电话报验证码。请核对编号，过一分钟再发一次；手机号换了，回复“收不到验证码”。"
FIRST = "请先回复“绑定”和证照编号。收不到短信时，再回复“语音验证码”。"
CALLING = "如果信息相符，我们正在给登记的手机打电话，请接听并记下 6 位数字。先前的验证码不能用了。"


def call(session: Session, talk: Talk, follower_id: int) -> str:
    if not talk.settings.has_voice:
        return say(NOT_HERE)
    if not consents.is_given(session, follower_id):
        return bind_wording.consent_asked(talk.settings)
    outcome, until = binding.again(session, follower_id, is_spoken=True, now=talk.now)
    if outcome is Outcome.LOCKED and until:
        return wording.locked(until, talk.settings)
    if outcome is not None:
        return say(FIRST)
    if until is not None:
        seconds = math.ceil((until - talk.now).total_seconds())
        return say("刚发过验证码，再等 {seconds} 秒，回复“语音验证码”。", seconds=seconds)
    return say(CALLING)
