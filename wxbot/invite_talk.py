"""Letting a colleague in, handing over, and telling of whoever else was bound."""

from sqlalchemy.orm import Session

from reminders import binding, clock, holders
from reminders.rules.pass_code import printed
from wxbot import wording
from wxbot.more_talk import NO_BINDING
from wxbot.talk import Talk
from wxbot.voice import day, say

INVITED = (
    "请把下面的话转发给同事，7 天内有效，只能用一次：\n"
    "关注公众号“{account}”，回复邀请码 {code}，就能一起接收证照到期提醒。"
)
HANDED = (
    "请把下面的话转发给接手的人，7 天内有效，只能用一次：\n"
    "关注公众号“{account}”，回复邀请码 {code}，以后由您接收证照到期提醒。\n"
    "他绑定以后，您就不再接收；在那之前照常提醒您。"
)
WHO_RECEIVES = "看谁在接收、撤回邀请"
CHOOSE = "您绑定了多个持证人的证照，请在这里选一个："
TABLE = "持证人一览表"
APPEAL = "手机号换了、登记错了，收不到验证码：填几项，工作人员 1 个工作日内打电话核对，帮您绑定。"
APPEAL_LINK = "填写申诉"
NEWS = "提示：又有 {count} 个人绑定了您的证照。"
NEWS_LINK = "看是谁，不认识就点这里"
NOBODY_NEW = "最近 30 天没有新绑定的人。"
REPORTED = "已交给工作人员：{day} 前核对新绑定的这位接收人，核实不是您单位的人就移除。"
SEVERAL_NEW = "最近新绑定了 {count} 位，请点下面选是哪一位。"


def invite(session: Session, talk: Talk, follower_id: int) -> str:
    return _given(session, talk, follower_id, INVITED, hands_over=False)


def hand_over(session: Session, talk: Talk, follower_id: int) -> str:
    return _given(session, talk, follower_id, HANDED, hands_over=True)


def appeal(_session: Session, talk: Talk, _follower_id: int) -> str:
    link = wording.link(f"{talk.settings.wxbot_url}/h5/bind/appeal", say(APPEAL_LINK))
    return f"{say(APPEAL)}\n{link}"


def stranger(session: Session, talk: Talk, follower_id: int) -> str:
    """不是我们的人: an officer's task at once where it is clear who is meant."""
    reported = binding.report_newcomer(session, follower_id, now=talk.now)
    page = f"{talk.settings.wxbot_url}/h5/people"
    if reported.promised_at is not None:
        told = say(REPORTED, day=day(clock.civil_date(reported.promised_at)))
        return f"{told}\n{wording.human_line(talk.settings)}"
    if not reported.newcomers:
        return f"{say(NOBODY_NEW)}\n{wording.link(page, say(WHO_RECEIVES))}"
    return f"{say(SEVERAL_NEW, count=reported.newcomers)}\n{wording.link(f'{page}/new', say(NEWS_LINK))}"


def news(session: Session, talk: Talk) -> str:
    """Of others bound since they last looked; empty, or a line with its end."""
    count = binding.news(session, holders.follower_id(session, talk.openid))
    if not count:
        return ""
    link = wording.link(f"{talk.settings.wxbot_url}/h5/people/new", say(NEWS_LINK))
    return f"{say(NEWS, count=count)}{link}\n"


def _given(session: Session, talk: Talk, follower_id: int, words: str, *, hands_over: bool) -> str:
    page = f"{talk.settings.wxbot_url}/h5/people"
    holder_id = binding.only_holder(session, follower_id)
    if holder_id is None:
        several, _ = binding.my_holders(session, follower_id)
        return f"{say(CHOOSE)}\n{wording.link(page, say(TABLE))}" if several else say(NO_BINDING)
    code = binding.invite(session, follower_id, holder_id, hands_over=hands_over, now=talk.now)
    told = say(words, account=talk.settings.wechat_account_name, code=printed(code))
    return f"{told}\n{wording.link(f'{page}/{holder_id}', say(WHO_RECEIVES))}"
