"""What is said around binding, before and after the steps that `wording` has."""

from config.settings import Settings
from reminders.rules import consent
from wxbot import wording
from wxbot.voice import say, spoken

NO_WAY_BACK = (
    "没有可以恢复的绑定：能恢复的是 7 天内您自己解除的，台账里的单位和电话也没有变。"
    "回复“绑定”可以重新绑定，大约一分钟。"
)


def consent_asked(settings: Settings) -> str:
    """The same for whoever has not agreed yet, whatever they typed."""
    return "\n".join(
        [
            say("绑定前请先看：{notice}", notice=consent.current(spoken()).short),
            wording.link(f"{settings.wxbot_url}/h5/privacy?lang={spoken()}", say("完整的隐私告知")),
            say("同意请回复“同意”，不同意就不用回复。"),
        ]
    )


def welcome_scanned(settings: Settings) -> str:
    """Before what came of the code they scanned."""
    return say("欢迎关注{account}。", account=settings.wechat_account_name) + "\n"


def come_back(count: int, more: int, settings: Settings) -> str:
    if not count:
        return say(NO_WAY_BACK)
    told = [say("已恢复 {count} 本证照的绑定，到期前照常提醒您。", count=count)]
    if more:
        words = say("更早解除的还有 {count} 本，也可以恢复", count=more)
        told.append(wording.link(f"{settings.wxbot_url}/h5/left", words))
    return "\n".join([*told, say("回复“我的证照”查看全部。")])
