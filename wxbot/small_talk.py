"""What is said to people who speak as they speak: greetings, thanks, whole sentences, pictures, places."""

from sqlalchemy.orm import Session

from config.settings import Settings
from reminders.holders import Mine
from reminders.rules.lifecycle import AnswerKind
from wxbot import taps, wording
from wxbot.talk import Answer, Talk
from wxbot.voice import say

GREETING = (
    "您好！我管证照到期提醒，直接打字就行：\n"
    "查什么时候到期：回复“我的证照”\n"
    "第一次用：回复“绑定”\n"
    "找人：回复“人工”，In English: reply “English”"
)
THANKS = "不客气。快到期时我们会提醒您，有事随时回复“帮助”。"
STOP = (
    "想停一停还是全停？\n"
    "这一本先不提醒：回复“暂不提醒”\n"
    "不归您管了：回复“换人负责”\n"
    "以后都不收：回复“退订”，绑定一并解除"
)
FEEDBACK = "满意不满意、哪里不对，都可以写在这里，科室会看、会答复："
FEEDBACK_LINK = "写意见"
MEANT = {
    AnswerKind.APPLIED: "申请已经交了吗？请回复“已提交”，就不再催您。",
    AnswerKind.OUT_OF_BUSINESS: "不再经营了吗？请回复“不再经营”，提醒就停，科室会告诉您怎样注销。",
    AnswerKind.HANDED_OVER: "换人负责了吗？请回复“换人负责”，不再提醒您；要交给同事，请回复“交接”。",
    AnswerKind.NUMBER_WRONG: "登记的电话不对了吗？请回复“号码不对”，科室会更正。",
    AnswerKind.HELP: "要我们打电话给您吗？请回复“请帮办联系我”，1 个工作日内打给您。",
    AnswerKind.BOOK: "想约个时间去窗口吗？请回复“预约”，我们联系您定时间。",
}
TAKE_BACK = "点错了可以撤回。"
BY_PHONE = "这件事打电话最快。"
BIND_THIS = "要绑定这家的证照吗？是的话，请回复：{tap}"
PICTURE = (
    "抱歉，看不懂图片。\n请把证照编号打成字发来，编号在证照正面；没有编号，就发持证人名称。\n找人：回复“人工”"
)
VOICE = "抱歉，这句没听清。请打几个字，例如“到期”“怎么续”。\n找人：回复“人工”"
PLACE = "谢谢。办证的地方在这里："
NO_PLACE = "谢谢。办证在市政务服务中心的审批窗口，去之前先打电话问清。"


def greeting(_settings: Settings) -> str:
    return say(GREETING)


def thanks(_settings: Settings) -> str:
    return say(THANKS)


def stop(_settings: Settings) -> str:
    return say(STOP)


def feedback(settings: Settings) -> str:
    page = wording.link(f"{settings.wxbot_url}/h5/feedback", say(FEEDBACK_LINK))
    return "\n".join(filter(None, [say(FEEDBACK), page, wording.or_call(settings)]))


def suggest(_session: Session, talk: Talk, mine: Mine) -> Answer:
    """The word that has the effect; for whoever bound nothing it would have none, so the phone."""
    if not mine.licenses or talk.heard.kind not in MEANT:
        return Answer(by_phone(mine, talk.settings))
    return Answer(say(MEANT[talk.heard.kind]) + "\n" + say(TAKE_BACK) + wording.or_call(talk.settings))


def by_phone(mine: Mine, settings: Settings) -> str:
    """What only a person can answer."""
    return say(BY_PHONE) + "\n" + wording.human(mine, settings)


def suggest_bind(_session: Session, talk: Talk, _mine: Mine) -> Answer:
    return Answer(say(BIND_THIS, tap=taps.tap(f"绑定 {talk.heard.words}")))


def unread(settings: Settings, kind: str, mine: Mine) -> str:
    """To something that is no text: a picture, speech nobody wrote down, a place on the map."""
    if kind == "location":
        return (
            say(PLACE) + "\n" + wording.places(mine, settings) if mine.licenses else _no_place(mine, settings)
        )
    return say(VOICE if kind == "voice" else PICTURE)


def _no_place(mine: Mine, settings: Settings) -> str:
    return say(NO_PLACE) + "\n" + wording.human(mine, settings)
