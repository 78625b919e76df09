"""What is said around binding, before and after the steps that `wording` has."""

from config.settings import Settings
from reminders.rules import consent
from wxbot import wording
from wxbot.voice import say, spoken


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
