"""Checks a wording before it is saved: the five facts, its placeholders, and the room of its channel."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from reminders.rules import sms_text
from reminders.rules.template_fields import KEY, KINDS, PRESET, FieldFault, Value, fit
from reminders.rules.wording_kinds import KINDS as RULES
from reminders.rules.wordings import PLACEHOLDER, TEXT, Medium, TemplateKind, Wording, fill, placeholders

MOST_FIELDS = 5  # a template of the platform has no more since 2023
LONGEST_PART = 2_000
LONGEST_ID = 128
# Signs that a field holds; the platform cuts what is longer, or refuses the whole message.
ROOM: Mapping[str, int] = {
    "thing": 20,
    "name": 10,
    "character_string": 32,
    "phrase": 5,
    "number": 32,
    "letter": 32,
    "symbol": 5,
    "phone_number": 17,
    "car_number": 8,
    "amount": 10,
    "const": 20,
    "enum": 20,
    "time": 41,
    "date": 20,
}
SHAPE_WORDS: Mapping[str, str] = {
    "thing": "最多 20 个字",
    "name": "最多 10 个汉字，或 20 个字母",
    "character_string": "最多 32 个字母、数字或符号，不能有汉字",
    "phrase": "最多 5 个汉字，不能有别的",
    "number": "只能是数字",
    "letter": "只能是字母，最多 32 个",
    "symbol": "只能是符号，最多 5 个",
    "phone_number": "只能是电话号码，最多 17 位",
    "car_number": "只能是车牌号，最多 8 位",
    "amount": "只能是金额",
    "const": "只能是预设的词",
    "enum": "只能是预设的词",
    "time": "只能是日期或时间",
    "date": "只能是日期",
}
_DAY = date(2027, 1, 20)
# The longest that each placeholder really stands for: what fits here fits every message.
LONGEST_VALUES: Mapping[str, Value] = {
    "subject": "麻醉药品、第一类精神药品购用印鉴卡",
    "subject_with_holder": "药品经营许可证（示例一号药房连锁…）",
    "holder_name": "示例一号药房连锁有限公司第一分公司",
    "date_name": "期满日期",
    "expires_on": _DAY,
    "apply_by": _DAY,
    "advice": "最早的最迟申请日 2027-01-20",
    "count": 12,
    "service_phone": "0631-0000001",
    "check_code": "7K3M2-QXP9T",
    "correction": "期满日期写错了，请以这一条的日期为准",
    "right_date": "期满日期是 2027-01-20",
    "told_on": _DAY,
    "code": "482913",
    "visit_on": _DAY,
    "visit_time": "09:00-10:00",
    "counter": "【示例】政务服务中心二楼 201 号窗口"[:20],
}
SMS_VALUES: Mapping[str, Value] = {
    **LONGEST_VALUES,
    "subject": "《麻醉药品、第一类精神药品购用印鉴卡》",
    "advice": "2026-12-20起可申请换证，最迟2027-01-20",
}


@dataclass(frozen=True)
class Fault:
    """Why a wording cannot be saved; `part` is empty where it concerns the whole."""

    part: str
    sentence: str


@dataclass(frozen=True)
class Meter:
    """How full a part is with the longest values: signs of a field, or signs and paid messages of an SMS."""

    used: int
    room: int
    paid: int = 0

    @property
    def is_over(self) -> bool:
        return self.used > self.room


def faults(wording: Wording, signature: str = "") -> tuple[Fault, ...]:
    """Everything that is wrong, in Chinese; a wording with none of it may be saved."""
    rules = RULES[wording.kind]
    found = [*_missing_facts(wording), *_unknown(wording)]
    for part, text in wording.parts.items():
        if not text.strip():
            found.append(Fault(part, "还没有写，请写上要说的话。"))
        if len(text) > LONGEST_PART:
            found.append(Fault(part, f"超过 {LONGEST_PART} 个字，请写短一些。"))
    if len(wording.template_id) > LONGEST_ID:
        found.append(Fault("", f"模板编号超过 {LONGEST_ID} 个字，请照平台上的填写。"))
    if found:
        return tuple(found)  # lengths say something only of what can be filled
    match rules.medium:
        case Medium.FIELDS:
            found += _field_faults(wording)
        case Medium.SMS:
            found += _sms_faults(wording, signature)
        case Medium.TEXT if wording.kind is TemplateKind.LETTER:
            found += _letter_faults(wording)
    return tuple(found)


def stated(wording: Wording) -> tuple[tuple[str, bool], ...]:
    """The facts this kind must state, each with whether it does."""
    used = placeholders(wording)
    return tuple((need.name, bool(used & set(need.by))) for need in RULES[wording.kind].needs)


def meter(wording: Wording, part: str, signature: str = "") -> Meter | None:
    """None where there is no limit, or where a placeholder nobody knows stands in the way."""
    medium = RULES[wording.kind].medium
    values = SMS_VALUES if medium is Medium.SMS else LONGEST_VALUES
    told = {name: str(value) for name, value in values.items()}
    text = wording.parts.get(part, "")
    if medium is Medium.TEXT or not set(PLACEHOLDER.findall(text)) <= set(told):
        return None
    filled = fill(text, told)
    if medium is Medium.SMS:
        paid = sms_text.segments(filled, signature)
        room = sms_text.SINGLE_SIGNS if paid == 1 else paid * sms_text.PART_SIGNS
        return Meter(sms_text.signs(filled, signature), room, paid)
    kind = kind_of(part)
    if kind is None:
        return None
    return Meter(len(filled), room_of(kind, filled))


def room_of(kind: str, text: str) -> int:
    """Signs that a field of this kind holds of this text; a name has twice the room for letters."""
    return 20 if kind == "name" and text.isascii() else ROOM[kind]


def kind_of(key: str) -> str | None:
    """`thing12` → `thing`; None for a key whose kind is not known here."""
    found = KEY.fullmatch(key)
    return found.group(1) if found is not None and found.group(1) in KINDS else None


def _missing_facts(wording: Wording) -> list[Fault]:
    used = placeholders(wording)
    return [
        Fault("", f"缺少“{need.name}”：请写上 {' 或 '.join(f'{{{name}}}' for name in need.by)}。")
        for need in RULES[wording.kind].needs
        if not used & set(need.by)
    ]


def _unknown(wording: Wording) -> list[Fault]:
    rules = RULES[wording.kind]
    known = "、".join(f"{{{name}}}" for name in rules.values)
    found = [
        Fault(part, f"没有 {{{name}}} 这个占位符，可以用的是：{known}。")
        for part, text in wording.parts.items()
        for name in PLACEHOLDER.findall(text)
        if name not in rules.values
    ]
    for part, text in wording.parts.items():
        rest = PLACEHOLDER.sub("", text)
        if "{" in rest or "}" in rest:
            found.append(Fault(part, "花括号没有成对，占位符要写成 {名称}。"))
    if rules.parts and set(wording.parts) != set(rules.parts):
        found.append(Fault("", f"要写全这几部分：{'、'.join(rules.parts.values())}。"))
    return found


def _field_faults(wording: Wording) -> list[Fault]:
    found = [] if wording.template_id else [Fault("", "请填写平台上的模板编号。")]
    if not 1 <= len(wording.parts) <= MOST_FIELDS:
        found.append(Fault("", f"微信模板最多 {MOST_FIELDS} 个字段。"))
    for key, text in wording.parts.items():
        kind = kind_of(key)
        if kind is None:
            found.append(
                Fault(key, f"“{key}”不是微信的字段，应写成 thing1、time3 这样，按平台上的模板填写。")
            )
        elif kind in PRESET and not wording.allowed.get(key):
            found.append(Fault(key, "请写出平台上预设的词。"))
        elif kind not in PRESET:
            found += _does_not_fit(key, kind, text, meter(wording, key))
    return found


def _does_not_fit(key: str, kind: str, text: str, full: Meter | None) -> list[Fault]:
    told = {name: str(value) for name, value in LONGEST_VALUES.items()}
    if full is not None and full.is_over:
        return [
            Fault(key, f"{SHAPE_WORDS[kind]}，现在最长会到 {full.used} 个，超出 {full.used - full.room} 个。")
        ]
    try:
        fit(key, fill(text, told), allowed={})
    except FieldFault:
        return [Fault(key, f"{SHAPE_WORDS[kind]}，这里写的放不进去。")]
    return []


def _sms_faults(wording: Wording, signature: str) -> list[Fault]:
    text, found = wording.parts[TEXT], []
    if not wording.template_id:
        found.append(Fault("", "请填写短信平台上的模板编号；平台不用编号的，写“无”。"))
    if "http" in text.lower() or "www." in text.lower():
        found.append(Fault(TEXT, "短信里不放链接，请删去网址。"))
    full = meter(wording, TEXT, signature)
    if full is not None and full.paid > sms_text.LONGEST_PARTS:
        found.append(
            Fault(TEXT, f"要按 {full.paid} 条计费，平台最多收 {sms_text.LONGEST_PARTS} 条，请写短一些。")
        )
    if wording.params and set(wording.params) != placeholders(wording):
        found.append(Fault("", "占位符的顺序和正文对不上。"))
    return found


def _letter_faults(wording: Wording) -> list[Fault]:
    """The official layout has a name and words under it for each line about a license."""
    lines = [line for line in wording.parts["about"].splitlines() if line.strip()]
    bad = [line for line in lines if not all(side.strip() for side in line.partition("：")[::2])]
    return [Fault("about", f"“{line[:20]}”要写成“名称：内容”。") for line in bad]
