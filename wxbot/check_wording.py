"""What the official account says when somebody asks whether a message is really ours."""

from config.settings import Settings
from reminders.checking import Told
from reminders.rules.lifecycle import Channel

CHANNELS = {
    Channel.WECHAT: "微信消息",
    Channel.SUBSCRIPTION: "微信订阅通知",
    Channel.SMS: "短信",
    Channel.BUSINESS_SYSTEM: "业务系统提示",
    Channel.LETTER: "函告",
}
WHOSE = {
    True: "收件人：就是您这个微信号。",
    False: "收件人：不是您这个微信号。别人转来的消息，请让收到的人自己核验。",
    None: "收件人：这里查不到是谁。",
}
NEVER = "我们的提醒不收费，不要求转账，不索要密码、银行卡号。"


def how_to(settings: Settings) -> str:
    return (
        "想知道一条提醒是不是我们发的，请回复“核验”加消息里的 10 位校验码，例如：核验 7K3M2-QXP9T\n"
        "我们的微信提醒和短信提醒里都有校验码（验证码短信没有）。\n"
        f"{NEVER}{_call(settings)}"
    )


def ours(told: Told, settings: Settings) -> str:
    count = f"，共 {told.licenses} 本" if told.licenses > 1 else ""
    return "\n".join(
        [
            f"校验码 {told.code}：是我们发的消息。",
            f"发送：{told.sent_on}，{CHANNELS.get(told.channel, '人工')}",
            f"内容：提醒按时换证（{'、'.join(told.license_names)}{count}）",
            WHOSE[told.is_yours],
            f"您收到的和上面对不上，就可能是冒充信息：不要点链接，不要转账。{_call(settings)}",
        ]
    )


def not_ours(settings: Settings) -> str:
    return (
        "没有查到这个校验码。请对照消息，看有没有输错一位。\n"
        "核对无误仍查不到，这条消息可能是冒充信息：不要点里面的链接，不要转账，不要回拨里面的电话。\n"
        f"{NEVER}\n回复“我的证照”可以看到真实的日期。{_call(settings)}"
    )


def _call(settings: Settings) -> str:
    return f"拿不准请拨打 {settings.service_phone}。" if settings.service_phone else "拿不准请到窗口问。"
