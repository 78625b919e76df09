"""What the official account says when somebody asks whether a message is really ours."""

from config.settings import Settings
from reminders.checking import Told
from reminders.rules.lifecycle import Channel, Purpose
from wxbot.voice import kind, say

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


HOW_TO = (
    "想知道一条提醒是不是我们发的，请回复“核验”加消息里的 10 位校验码，例如：核验 7K3M2-QXP9T\n"
    "我们的微信提醒和短信提醒里都有校验码（验证码短信没有）。"
)
NOT_OURS = (
    "没有查到这个校验码。请对照消息，看有没有输错一位。\n"
    "核对无误仍查不到，这条消息可能是冒充信息：不要点里面的链接，不要转账，不要回拨里面的电话。"
)
ABOUT = "内容：提醒按时换证（{kinds}）"
ABOUT_SEVERAL = "内容：提醒按时换证（{kinds}，共 {count} 本）"
CORRECTS = "内容：更正此前的提醒，“{words}”（{kinds}）"
CORRECTS_SEVERAL = "内容：更正此前的提醒，“{words}”（{kinds}，共 {count} 本）"
OTHERWISE = {Purpose.NEWS: "内容：有人新绑定了同一持证人的证照", Purpose.VISIT: "内容：预约到窗口办理的提醒"}
PUT_RIGHT = "这条消息后来更正过：{words}。以更正为准。"
BEWARE = "您收到的和上面对不上，就可能是冒充信息：不要点链接，不要转账。"


def how_to(settings: Settings) -> str:
    return f"{say(HOW_TO)}\n{say(NEVER)}{_call(settings)}"


def ours(told: Told, settings: Settings) -> str:
    kinds = say("、").join(kind(name) for name in told.license_names)
    about = OTHERWISE.get(told.purpose) or (ABOUT_SEVERAL if told.licenses > 1 else ABOUT)
    if told.puts_right:
        about = CORRECTS_SEVERAL if told.licenses > 1 else CORRECTS
    channel = say(CHANNELS.get(told.channel, "人工"))
    return "\n".join(
        [
            say("校验码 {code}：是我们发的消息。", code=told.code),
            say("发送：{day}，{channel}", day=told.sent_on, channel=channel),
            say(about, words=told.puts_right, kinds=kinds, count=told.licenses),
            *([say(PUT_RIGHT, words=told.put_right_by)] if told.put_right_by else []),
            say(WHOSE[told.is_yours]),
            say(BEWARE) + _call(settings),
        ]
    )


def not_ours(settings: Settings) -> str:
    dates = say("回复“我的证照”可以看到真实的日期。")
    return f"{say(NOT_OURS)}\n{say(NEVER)}\n{dates}{_call(settings)}"


def _call(settings: Settings) -> str:
    if settings.service_phone:
        return say("拿不准请拨打 {phone}。", phone=settings.service_phone)
    return say("拿不准请到窗口问。")
