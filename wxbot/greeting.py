"""What somebody hears who follows: the next step first, or that everything they bound is still there."""

from sqlalchemy.orm import Session

from config.settings import Settings
from reminders import holders
from wxbot import wording
from wxbot.voice import say

WELCOME = (
    "欢迎关注{account}。\n"
    "下一步：回复“绑定”，点一下也行，大约一分钟。\n"
    "以后证照快到期，我们在最迟申请日之前提醒您：什么时候、到哪里、带什么材料去换证。\n"
    "查到期：回复“我的证照”\n"
    "字和按钮大一点：回复“长辈模式”\n"
    "别的事：回复“帮助”，In English: reply “English”"
)
ON_A_PAGE = "不想打字，在网页上绑定"
BACK = (
    "欢迎回来。您绑定的 {count} 本证照都还在，到期前照常提醒您。\n"
    "看有没有要办的：回复“我的证照”\n"
    "别的事：回复“帮助”，In English: reply “English”"
)
SWITCHED_OFF = "您以前关掉了微信提醒，现在还是关着的。"
SWITCH_ON = "打开微信提醒"


def came(session: Session, openid: str, settings: Settings) -> str:
    """For whoever follows, for the first time or again."""
    count = len(holders.active_bindings(session, openid))
    if not count:
        page = wording.link(f"{settings.wxbot_url}/h5/bind", say(ON_A_PAGE))
        lines = [say(WELCOME, account=settings.wechat_account_name), page, wording.or_call(settings)]
        return "\n".join(lines).rstrip()
    lines = [say(BACK, count=count)]
    if not holders.accepts_wechat(session, holders.follower_id(session, openid)):
        page = wording.link(f"{settings.wxbot_url}/h5/settings", say(SWITCH_ON))
        lines.append(say(SWITCHED_OFF) + page)
    return "\n".join([*lines, wording.or_call(settings)]).rstrip()
