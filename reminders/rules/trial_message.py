"""A wording tried out on oneself: made-up values, its mark, and what the provider's answer means."""

from collections.abc import Mapping
from datetime import date, timedelta

from reminders.rules.delivery_rules import SendOutcome
from reminders.rules.lifecycle import Channel
from reminders.rules.sms_text import signed
from reminders.rules.template_fields import FieldFault, Value, cut
from reminders.rules.wording_checks import LONGEST_VALUES, kind_of
from reminders.rules.wording_kinds import KINDS
from reminders.rules.wordings import Medium, TemplateKind, Wording

MARK = "【试发】"
SMS_MARK = "（试发）"  # an SMS begins with a signature in 【】, and platforms refuse another one
WIDE = "thing"
WIDEST = 20
EXPIRES_IN, LAST_IN = timedelta(days=60), timedelta(days=30)
UNSAYABLE, NO_CHANNEL, NO_ADDRESS = "unsayable", "no-channel", "no-address"


def channel_of(kind: TemplateKind) -> Channel | None:
    """None for what no provider sends: calls, letters and prompts are looked at in the preview."""
    match KINDS[kind].medium:
        case Medium.SMS:
            return Channel.SMS
        case Medium.FIELDS:
            return Channel.SUBSCRIPTION if kind is TemplateKind.SUBSCRIPTION else Channel.WECHAT
    return None


def values(kind: TemplateKind, today: date) -> dict[str, Value]:
    """Made up, with days that lie ahead; of an SMS they are texts."""
    last, expiry = today + LAST_IN, today + EXPIRES_IN
    made: dict[str, Value] = {
        **LONGEST_VALUES,
        "subject": "药品经营许可证",
        "subject_with_holder": "药品经营许可证（示例药房）",
        "holder_name": "示例药房有限公司",
        "expires_on": expiry,
        "apply_by": last,
        "advice": f"最迟申请日 {last}",
        "count": 2,
        "correction": "期满日期写错了",
        "right_date": f"期满日期是 {expiry}",
        "told_on": today,
        "code": "000000",
        "visit_on": today + timedelta(days=1),
        "counter": "示例大厅 1 号窗口",
    }
    if KINDS[kind].medium is Medium.SMS:
        made |= {"subject": f"{SMS_MARK}《药品经营许可证》", "advice": f"最迟{last}申请换证"}
        made = {name: str(value) for name, value in made.items()}
    return {name: made[name] for name in KINDS[kind].values}


def fields(wording: Wording, today: date) -> dict[str, str]:
    """The fields of a WeChat template, the first wide one marked. Raises FieldFault as `Wording.fields`."""
    found = wording.fields(values(wording.kind, today))
    wide = next((key for key in found if kind_of(key) == WIDE), None)
    return found if wide is None else {**found, wide: cut(MARK + found[wide], WIDEST)}


def params(wording: Wording, today: date) -> dict[str, str]:
    """Of an SMS; the mark stands in the subject, where the wording has one."""
    return {name: str(value) for name, value in values(wording.kind, today).items()}


def said(wording: Wording, signature: str, today: date) -> tuple[tuple[str, str], ...]:
    """Part by part, as the reader gets it; empty where the values do not fit."""
    try:
        if KINDS[wording.kind].medium is Medium.FIELDS:
            return tuple(fields(wording, today).items())
        told = params(wording, today)
        return tuple((part, signed(wording.text(told, part), signature)) for part in wording.parts)
    except FieldFault:
        return ()


def is_marked(wording: Wording) -> bool:
    """Whether the reader sees that it is a trial: a code, for one, has no room for it."""
    if KINDS[wording.kind].medium is Medium.SMS:
        return any("{subject}" in text for text in wording.parts.values())
    return any(kind_of(key) == WIDE for key in wording.parts)


# What a provider's code means to whoever tries; the rest is told by its outcome.
ANSWERS: Mapping[str, str] = {
    "43004": "您的微信没有关注公众号。关注以后再试。",
    "50005": "您的微信没有关注公众号。关注以后再试。",
    "40003": "公众号不认识您的微信。请在“我的账号”里重新扫码关联。",
    "43019": "您的微信在公众号的黑名单里。请系统管理员在公众平台移出。",
    "43101": "您还没有同意接收这种订阅通知，或者同意的次数用完了。请在公众号的“提醒设置”里同意，再试。",
    "43117": "今天发给您的消息太多，平台不让再发。请明天再试。",
    "48002": "您的微信关掉了公众号的消息。请在公众号的设置里打开，再试。",
    "40037": "模板编号不对，或者模板已经被删除。请照公众平台上的编号填写。",
    "40036": "模板编号不对。请照公众平台上的编号填写。",
    "47003": "有一个字段的类型或内容和平台上的模板对不上。请对照公众平台上的模板，改字段名。",
    "45009": "公众号今天的调用次数用完了，明天恢复。",
    "40164": "公众平台不认本机的地址。请系统管理员把它加进 IP 白名单。",
    UNSAYABLE: "示例的内容放不进其中一个字段，没有发出。请看这一版的检查。",
    NO_CHANNEL: "这套系统还没有接通这个渠道，没有发出。请系统管理员看运行手册的“设置”。",
    NO_ADDRESS: "没有可以发到的地方：请先在“我的账号”里关联微信或核实手机。",
}
BY_WORD = {
    "MOBILE": "短信平台说这个手机号不对，或者收不了短信。请在“我的账号”里换一个号码。",
    "BLACK": "短信平台的黑名单里有这个号码，或者正文有平台不收的字词。",
    "LIMIT": "短信平台说发给这个号码的太多了。请过一小时再试。",
    "TEMPLATE": "短信平台说模板编号不对、没有审核通过，或者占位符对不上。请对照平台上的模板。",
    "SIGN": "短信平台不认签名。请系统管理员核对 SMS_SIGNATURE。",
    "AMOUNT": "短信平台的余额用完了。请系统管理员充值。",
}
BY_OUTCOME: Mapping[SendOutcome, str] = {
    SendOutcome.ACCEPTED: "平台收下了。请看您的手机，一般几秒钟就到。",
    SendOutcome.UNKNOWN: "平台没有回音，可能发了，也可能没有。请看您的手机；没收到，过一会儿再试。",
    SendOutcome.NOT_SENT: "没有发出：平台忙，或者连不上。请过几分钟再试。",
    SendOutcome.ABANDONED: "等了太久，没有发出。请再试一次；一直这样，请系统管理员看 clock 进程。",
}
REFUSED = "平台没有收下。请把代码告诉系统管理员。"


def answer(outcome: SendOutcome, code: str) -> str:
    """What came of it and what to do, for the person who tried."""
    if outcome in BY_OUTCOME:
        return BY_OUTCOME[outcome]
    if code in ANSWERS:
        return ANSWERS[code]
    return next((text for word, text in BY_WORD.items() if word in code.upper()), REFUSED)
