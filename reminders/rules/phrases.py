"""What people say in whole sentences instead of a keyword: parts of them, and what they are about.

What would have an effect is never taken from a sentence: the word for it is offered (SUGGEST), and a tap
sends it.
"""

import re
from dataclasses import dataclass

from reminders.rules.keywords import Intent
from reminders.rules.lifecycle import AnswerKind


@dataclass(frozen=True)
class Meaning:
    """`kind` goes with SUGGEST: the answer to a reminder that is probably meant."""

    intent: Intent
    kind: AnswerKind | None = None


_NO_CODE, _RENEW, _PAPERS = Meaning(Intent.APPEAL), Meaning(Intent.HOW_TO_RENEW), Meaning(Intent.MATERIALS)
_PERSON, _PLACE, _FRAUD = Meaning(Intent.HUMAN), Meaning(Intent.ADDRESS), Meaning(Intent.CHECK)
_MINE, _STOP, _DATA = Meaning(Intent.MY_LICENSES), Meaning(Intent.STOP), Meaning(Intent.MY_DATA)
_THANKS, _HELLO, _OPINION = Meaning(Intent.THANKS), Meaning(Intent.GREETING), Meaning(Intent.FEEDBACK)
_APPLIED, _CLOSED = (
    Meaning(Intent.SUGGEST, AnswerKind.APPLIED),
    Meaning(Intent.SUGGEST, AnswerKind.OUT_OF_BUSINESS),
)
_MOVED_ON, _NEW_NUMBER = (
    Meaning(Intent.SUGGEST, AnswerKind.HANDED_OVER),
    Meaning(Intent.SUGGEST, AnswerKind.NUMBER_WRONG),
)
_CALL_ME, _VISIT = Meaning(Intent.SUGGEST, AnswerKind.HELP), Meaning(Intent.SUGGEST, AnswerKind.BOOK)
# The whole text, without signs around it.
WHOLE = {
    "你好": _HELLO,
    "您好": _HELLO,
    "在吗": _HELLO,
    "在不在": _HELLO,
    "在么": _HELLO,
    "早上好": _HELLO,
    "下午好": _HELLO,
    "你是谁": _HELLO,
    "hello": _HELLO,
    "hi": _HELLO,
    "hey": _HELLO,
    "hi there": _HELLO,
    "hello there": _HELLO,
    "good morning": _HELLO,
    "good afternoon": _HELLO,
    "who are you": _HELLO,
    "what is this": _HELLO,
    "谢谢": _THANKS,
    "谢谢你": _THANKS,
    "谢谢您": _THANKS,
    "谢了": _THANKS,
    "多谢": _THANKS,
    "感谢": _THANKS,
    "好": _THANKS,
    "好的": _THANKS,
    "好的谢谢": _THANKS,
    "嗯": _THANKS,
    "嗯嗯": _THANKS,
    "哦": _THANKS,
    "收到": _THANKS,
    "收到了": _THANKS,
    "知道了": _THANKS,
    "明白": _THANKS,
    "明白了": _THANKS,
    "行": _THANKS,
    "ok": _THANKS,
    "okay": _THANKS,
    "yes": _THANKS,
    "thanks": _THANKS,
    "thank you": _THANKS,
    "[强]": _THANKS,
    "[OK]": _THANKS,
    "[ok]": _THANKS,
    "[微笑]": _THANKS,
    "[玫瑰]": _THANKS,
    "🙏": _THANKS,
    "👍": _THANKS,
    "👌": _THANKS,
    "🌹": _THANKS,
    "咋办": _RENEW,
    "怎么办": _RENEW,
    "怎么弄": _RENEW,
    "解除": Meaning(Intent.UNBIND),
    "stop": _STOP,
    "status": _MINE,
    "list": _MINE,
    "第一个": Meaning(Intent.CHOICE),
}
# The first part found in the text decides, so that the narrower stand before the wider.
PARTS: tuple[tuple[Meaning, tuple[str, ...]], ...] = (
    (_NO_CODE, ("收不到验证码", "收到验证码", "没有验证码", "没验证码", "收不到短信", "收到短信")),
    (_NO_CODE, ("绑定不了", "绑定不上", "绑不上", "绑不了")),
    (_MINE, ("绑了没", "绑没绑", "绑定了吗", "绑定了没")),
    (
        _APPLIED,
        ("材料交了", "交上去了", "已经交", "交过了", "递上去了", "办好了", "办完了", "已经办", "提交了"),
    ),
    (_CLOSED, ("店不开了", "不开了", "关门了", "关店", "倒闭", "停业", "不做了", "注销了")),
    (_MOVED_ON, ("转给", "转让", "换老板", "不归我", "离职", "不在那", "不是我管", "不管这")),
    (_NEW_NUMBER, ("手机号换", "换手机", "换了手机", "换了号", "号码换", "电话换", "停机了", "这不是我的")),
    (
        _CALL_ME,
        ("打电话给我", "给我打", "给我回", "回个电话", "回电话", "联系我", "帮我办", "帮我弄", "代办"),
    ),
    (_CALL_ME, ("不会弄", "不会办", "不会用", "弄不来", "看不懂")),
    (_VISIT, ("预约", "约个时间", "约时间")),
    (_STOP, ("别发", "不要再发", "不要发", "别再发", "不想收", "烦死", "别烦", "不要提醒", "别提醒")),
    (_FRAUD, ("骗子", "诈骗", "骗人", "真的吗", "真的假的", "是真是假", "假的")),
    (Meaning(Intent.CARE), ("字太小", "字小", "看不清", "大一点", "大点", "放大")),
    (_OPINION, ("投诉", "意见", "建议", "差评", "好评")),
    (_DATA, ("删除我", "删掉我", "我的信息", "个人信息")),
    (
        _PERSON,
        ("补办", "丢了", "遗失", "变更", "改名", "换地址", "罚款", "多少钱", "收费", "交钱", "费用", "花钱"),
    ),
    (_PERSON, ("有人吗", "找人", "问人")),
    (
        _PLACE,
        (
            "哪办",
            "哪里办",
            "哪儿办",
            "几点",
            "上班",
            "营业时间",
            "周末",
            "星期六",
            "星期天",
            "怎么走",
            "导航",
        ),
    ),
    (_PLACE, ("能去吗", "开门")),
    (_PAPERS, ("带什么", "带啥", "什么东西", "啥东西", "哪些东西", "什么手续", "啥手续", "资料", "要什么")),
    (_MINE, ("哪一步", "办到哪", "查进度")),
    (_RENEW, ("咋续", "咋办", "怎么办理", "续期", "延期", "年检", "年审", "换新证", "网上", "在线")),
    (_RENEW, ("到期了怎么办", "到期怎么办", "快到期了咋")),
)
ENGLISH_PARTS: tuple[tuple[Meaning, tuple[str, ...]], ...] = (
    (_NO_CODE, ("get the code", "no code", "the code", "verification code", "no sms")),
    (_NEW_NUMBER, ("new number", "number changed", "number has changed", "changed my number", "new phone")),
    (_MOVED_ON, ("left the company", "changed job", "new job", "no longer work", "quit")),
    (_APPLIED, ("already submitted", "already applied", "have submitted", "have applied", "handed it in")),
    (_CALL_ME, ("call me", "phone me", "call back", "help me apply")),
    (_VISIT, ("appointment", "book ")),
    (_FRAUD, ("scam", "fraud", "fake", "is this real", "phishing")),
    (_DATA, ("my data", "delete", "privacy")),
    (_STOP, ("stop", "no more messages", "do not remind", "don't remind")),
    (_OPINION, ("complain", "feedback")),
    (
        _PERSON,
        ("cost", "fee", "how much", "fine for", "lost my", "speak to", "talk to", "someone", "anybody"),
    ),
    (_PLACE, ("opening hour", "office hour", "open on", "when are you open", "weekend")),
    (Meaning(Intent.LANGUAGE), ("speak english", "in english", "english please")),
    (_RENEW, ("online", "extend")),
    (_MINE, ("status", "expiry", "valid until")),
)
# A company typed without another word.
COMPANY = re.compile(
    r"[一-鿿（）()]{4,40}(?:公司|商店|超市|药房|药店|诊所|医院|餐厅|饭店|酒店|工厂|合作社|经营部|中心)"
)
# What stands before a number that is looked up: 查一下鲁DA631000001.
CHATTER = re.compile(
    r"(?:请?帮我|请|麻烦)?(?:查一下|查查|查询|查下|查|我的?证件?编?号码?是?|证照?编号是?|编号是?|证号是?|是)"
    r"[:： ]*(?=.*\d{4})"
)
FILLERS = re.compile("请问|我的?|需要|一下|怎么|[要的了啊呀呢吗办去给]")


def meaning(plain: str) -> Meaning | None:
    """Of a text without quotes and signs around it; None where nothing is known."""
    folded = plain.lower()
    whole = WHOLE.get(plain) or WHOLE.get(folded)
    if whole is not None:
        return whole
    parts = ENGLISH_PARTS if plain.isascii() else PARTS
    return next((meant for meant, words in parts if any(word in folded for word in words)), None)


def subject(plain: str, meant: Meaning) -> str:
    """What is left of a question besides the question: the kind of license it is about, or ""."""
    if plain.isascii():
        return ""
    words = next((words for one, words in PARTS if one == meant and any(w in plain for w in words)), ())
    for word in words:
        plain = plain.replace(word, "")
    rest = FILLERS.sub("", plain)
    return rest if "证" in rest else ""
