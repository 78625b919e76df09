"""What each kind of message is made of: its values, the facts it must state, and its first wording."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from reminders.rules import correction_text, tidings, wording
from reminders.rules.wordings import TEXT, Medium, TemplateKind, Wording

SMS_VALUES = ("subject", "expires_on", "advice", "service_phone", "check_code")
FACT_VALUES = (
    *("license_name", "holder_name", "number", "expiry", "window", "counter", "service_phone", "materials"),
    "department",
)
SUBJECT = ("subject", "subject_with_holder")
VALUE_WORDS: Mapping[str, str] = MappingProxyType(
    {
        "subject": "证照名称（多本时为本数）",
        "subject_with_holder": "证照名称和持证人",
        "holder_name": "持证人",
        "date_name": "日期的名称",
        "expires_on": "期满日期",
        "apply_by": "最迟申请日",
        "advice": "何时可以申请、最迟申请日",
        "count": "本数",
        "service_phone": "服务电话",
        "check_code": "校验码",
        "correction": "错在哪里",
        "right_date": "现在的日期",
        "told_on": "错误提醒的日期",
        "code": "验证码",
        "visit_on": "预约的日期",
        "visit_time": "预约的时段",
        "license_name": "证照名称",
        "number": "证照编号（写在括号里）",
        "expiry": "期满日期",
        "window": "申请换证时限",
        "counter": "办理地点",
        "materials": "提交材料清单",
        "department": "审批科室",
        "greeting": "问是不是联系人",
        "portal_url": "门户网址",
        "about": "每本证照和现在的日期",
    }
)


@dataclass(frozen=True)
class Need:
    """A fact that must be stated by one of these placeholders."""

    name: str
    by: tuple[str, ...]


@dataclass(frozen=True)
class KindRules:
    """`parts` are fixed, except for fields of WeChat, which the platform's template names."""

    name: str
    medium: Medium
    values: tuple[str, ...]
    needs: tuple[Need, ...]
    parts: Mapping[str, str]


def _needs(*facts: tuple[str, tuple[str, ...]]) -> tuple[Need, ...]:
    return tuple(Need(name, by) for name, by in facts)


# Duty 4 of the plan: the five facts. Where a channel is too short, the license, both dates, and its link.
FIVE = _needs(
    ("期满日期", ("expiry",)),
    ("申请换证时限", ("window",)),
    ("办理地点", ("counter",)),
    ("服务电话", ("service_phone",)),
    ("提交材料清单", ("materials",)),
)
SHORT = _needs(
    ("证照名称", SUBJECT),
    ("期满日期", ("expires_on",)),
    ("最迟申请日", ("apply_by", "advice")),
    ("校验码", ("check_code",)),
)
SHORT_SMS = _needs(
    ("证照名称", ("subject",)),
    ("期满日期", ("expires_on",)),
    ("最迟申请日", ("advice",)),
    ("校验码", ("check_code",)),
    ("服务电话", ("service_phone",)),
)
WRONG = _needs(
    ("证照名称", SUBJECT),
    ("错在哪里", ("correction",)),
    ("现在的日期", ("right_date",)),
    ("校验码", ("check_code",)),
)
WRONG_SMS = _needs(
    ("证照名称", ("subject",)),
    ("错在哪里", ("correction",)),
    ("现在的日期", ("right_date",)),
    ("校验码", ("check_code",)),
    ("服务电话", ("service_phone",)),
)
VISIT = _needs(
    ("证照名称", ("subject",)),
    ("预约的日期", ("visit_on",)),
    ("预约的时段", ("visit_time",)),
    ("办理地点", ("counter",)),
    ("校验码", ("check_code",)),
)
CODED = Need("校验码", ("check_code",))
ONE_TEXT = MappingProxyType({TEXT: "正文"})
FIELDS: Mapping[str, str] = MappingProxyType({})
CALL_PARTS = MappingProxyType({"opening": "开场", "about": "每本证照", "closing": "结束"})

KINDS: Mapping[TemplateKind, KindRules] = MappingProxyType(
    {
        TemplateKind.WECHAT_SINGLE: KindRules(
            "微信模板消息（一本）", Medium.FIELDS, wording.VALUE_NAMES, SHORT, FIELDS
        ),
        TemplateKind.WECHAT_DIGEST: KindRules(
            "微信模板消息（多本）", Medium.FIELDS, wording.VALUE_NAMES, SHORT, FIELDS
        ),
        TemplateKind.SUBSCRIPTION: KindRules(
            "微信订阅通知", Medium.FIELDS, wording.VALUE_NAMES, SHORT, FIELDS
        ),
        TemplateKind.SMS_SINGLE: KindRules("短信（一本）", Medium.SMS, SMS_VALUES, SHORT_SMS, ONE_TEXT),
        TemplateKind.SMS_DIGEST: KindRules("短信（多本）", Medium.SMS, SMS_VALUES, SHORT_SMS, ONE_TEXT),
        TemplateKind.CALL: KindRules("电话话术", Medium.TEXT, (*FACT_VALUES, "greeting"), FIVE, CALL_PARTS),
        TemplateKind.LETTER: KindRules(
            "点对点函告",
            Medium.TEXT,
            (*FACT_VALUES, "count", "check_code", "portal_url"),
            (*FIVE, CODED),
            MappingProxyType(
                {"opening": "开头", "about": "每本证照（每行一项）", "closing": "结尾（每行一段）"}
            ),
        ),
        TemplateKind.PROMPT: KindRules(
            "业务系统提示",
            Medium.TEXT,
            (*FACT_VALUES, "check_code"),
            (*FIVE, CODED),
            MappingProxyType({"about": "每本证照", "closing": "结束"}),
        ),
        TemplateKind.WECHAT_CORRECTION: KindRules(
            "更正（微信模板消息）", Medium.FIELDS, correction_text.VALUE_NAMES, WRONG, FIELDS
        ),
        TemplateKind.SMS_CORRECTION: KindRules(
            "更正（短信）",
            Medium.SMS,
            ("subject", "holder_name", "correction", "right_date", "told_on", "service_phone", "check_code"),
            WRONG_SMS,
            ONE_TEXT,
        ),
        TemplateKind.CALL_CORRECTION: KindRules(
            "更正（电话和函告）",
            Medium.TEXT,
            ("told_on", "correction", "about", "service_phone", "check_code"),
            _needs(
                ("错在哪里", ("correction",)),
                ("证照和现在的日期", ("about",)),
                ("服务电话", ("service_phone",)),
                ("校验码", ("check_code",)),
            ),
            ONE_TEXT,
        ),
        TemplateKind.WECHAT_VISIT: KindRules(
            "预约前一天（微信模板消息）", Medium.FIELDS, tidings.VISIT_NAMES, VISIT, FIELDS
        ),
        TemplateKind.SMS_VISIT: KindRules(
            "预约前一天（短信）",
            Medium.SMS,
            ("subject", "visit_on", "visit_time", "counter", "service_phone", "check_code"),
            (*VISIT, Need("服务电话", ("service_phone",))),
            ONE_TEXT,
        ),
        TemplateKind.WECHAT_NEWS: KindRules(
            "新的接收人（微信模板消息）",
            Medium.FIELDS,
            tidings.NEWS_NAMES,
            _needs(("几位新的接收人", ("subject", "count")), ("校验码", ("check_code",))),
            FIELDS,
        ),
        TemplateKind.SMS_CODE: KindRules(
            "短信验证码", Medium.SMS, ("code",), _needs(("验证码", ("code",))), ONE_TEXT
        ),
    }
)

# The first wording of what leaves without a platform; that of WeChat and SMS stands in the files of config/.
FIRST: Mapping[TemplateKind, Wording] = MappingProxyType(
    {
        TemplateKind.CALL: Wording(
            TemplateKind.CALL,
            {
                "opening": "您好，这里是威海市行政审批服务局{department}。{greeting}",
                "about": "{holder_name}的{license_name}{number}，{expiry}。{window}。办理地点：{counter}。"
                "服务电话：{service_phone}。提交材料：{materials}。",
                "closing": "需要预约窗口或帮办代办，现在就可以登记。"
                "如果已经提交申请，请告诉我，我们先不再提醒。",
            },
        ),
        TemplateKind.LETTER: Wording(
            TemplateKind.LETTER,
            {
                "opening": "现将您单位（您）持有的下列 {count} 项证照的期限和办理办法告知如下。",
                "about": "到期时间：{expiry}\n申请时间：{window}\n办理地点：{counter}\n"
                "服务电话：{service_phone}\n提交材料：{materials}",
                "closing": "需要预约窗口或者帮办代办的，请拨打上面的服务电话。已经提交申请的，请告诉我们，"
                "提醒会停止。\n本函校验码 {check_code}。可以在 {portal_url} 输入校验码，核对这封函是不是我局"
                "发出的。我局不会在函中要求转账，也不会索要验证码。",
            },
        ),
        TemplateKind.PROMPT: Wording(
            TemplateKind.PROMPT,
            {
                "about": "{license_name}{number}，{expiry}。{window}。办理地点：{counter}。"
                "服务电话：{service_phone}。提交材料：{materials}。",
                "closing": "已经提交申请的，不必理会。校验码 {check_code}。",
            },
        ),
        TemplateKind.CALL_CORRECTION: Wording(
            TemplateKind.CALL_CORRECTION,
            {
                TEXT: "您好，这里是威海市行政审批服务局。我们 {told_on} 给您的提醒有误：{correction}。"
                "现更正如下：{about}。给您带来不便，十分抱歉。"
                "咨询电话 {service_phone}，校验码 {check_code}。"
            },
        ),
    }
)
