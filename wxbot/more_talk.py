"""What else somebody may bind after their phone proved itself, and what they are to the holder."""

from sqlalchemy.orm import Session

from reminders import binding
from reminders.rules.lifecycle import BindRole
from wxbot import wording
from wxbot.talk import Talk
from wxbot.voice import retell, say

ROLES = {
    BindRole.LEGAL_PERSON: "法人",
    BindRole.HANDLER: "经办人",
    BindRole.ACCOUNTANT: "会计",
    BindRole.AGENT: "代理",
}
MORE = "这个手机号还登记着 {holders} 个持证人的 {count} 本证照。都由您负责的，请在 30 分钟内回复“全部绑定”。"
WHO = "您是哪一位？请回复 法人、经办人、会计 或 代理（不回也可以）。"
NOTHING_MORE = "没有别的证照可以一起绑定了。回复“我的证照”查看全部。"
TAKEN = "又绑定了 {count} 本证照。以后同一天到期的并成一条提醒，不会一本一条。"
ALL_HERE = "一张表看全部"
ROLE_KEPT = "已记下您是{role}。回复“我的证照”查看全部。"
ELSEWHERE = "同一持证人还有 {count} 本证照，登记在别的手机下："
ADD_THEM = "一起绑定"
NO_BINDING = "您还没有绑定证照，请先回复“绑定”。"


def offered(session: Session, follower_id: int, talk: Talk) -> str:
    """Empty where the phone proves nothing more."""
    more = binding.more(session, follower_id, now=talk.now)
    return say(MORE, holders=more.holders, count=more.licenses) if more.licenses else ""


def elsewhere(session: Session, follower_id: int, talk: Talk) -> str:
    """A way to what the same holder has under other phones; empty where there is nothing."""
    count = binding.count_elsewhere(session, follower_id)
    if not count:
        return ""
    link = wording.link(f"{talk.settings.wxbot_url}/h5/bind/others", say(ADD_THEM))
    return f"{say(ELSEWHERE, count=count)}{link}"


def bind_all(session: Session, talk: Talk, follower_id: int) -> str:
    taken = binding.take(session, follower_id, None, now=talk.now)
    if not taken:
        return say(NOTHING_MORE)
    link = wording.link(f"{talk.settings.wxbot_url}/h5/people", say(ALL_HERE))
    rest = offered(session, follower_id, talk)
    return "\n".join(filter(None, [say(TAKEN, count=len(taken)), rest, link]))


def role(session: Session, talk: Talk, follower_id: int) -> str:
    """Of what has no role yet; said again, of everything."""
    wanted = BindRole(talk.heard.words)
    changed = binding.set_role(session, follower_id, wanted)
    changed = changed or binding.set_role(session, follower_id, wanted, everything=True)
    return say(ROLE_KEPT, role=retell(ROLES[wanted])) if changed else say(NO_BINDING)
