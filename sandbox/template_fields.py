"""What the platform accepts in the typed fields of a template message, by the prefix of the key."""

import re

KEY = re.compile(r"([a-z_]+?)(\d{1,3})")
CHINESE = "\u3400-\u9fff\uf900-\ufaff"
_DAY = r"\d{4}(年\d{1,2}月\d{1,2}日|-\d{1,2}-\d{1,2}|/\d{1,2}/\d{1,2})"
_CLOCK = r"\d{1,2}:\d{2}(:\d{2})?"
_DATE = rf"{_DAY}( ?{_CLOCK})?"
_TIME = rf"({_DAY} ?)?{_CLOCK}|{_DAY}"
CUT_AT = 20  # since 2023-05-04: no error, the rest is just not shown
CUT = frozenset({"thing", "const", "enum", "short_thing"})
ALLOWED = {
    "thing": r".+",
    "const": r".+",
    "enum": r".+",
    "short_thing": r".+",
    "character_string": r"[\x20-\x7e]{1,32}",
    "number": r"-?\d{1,32}(\.\d{1,32})?",
    "letter": r"[A-Za-z]{1,32}",
    "symbol": rf"[^\w\s{CHINESE}]{{1,5}}",
    "time": rf"({_TIME})( ?~ ?({_TIME}))?",
    "date": rf"{_DATE}( ?~ ?{_DATE})?",
    "amount": r"[¥￥$€£]?\d{1,10}(\.\d{1,2})?元?",
    "phone_number": r"[0-9+\- ]{1,17}",
    "car_number": r".{1,8}",
    "name": rf"[{CHINESE}·]{{1,10}}|[A-Za-z .\-']{{1,20}}",
    "phrase": rf"[{CHINESE}]{{1,5}}",
}
LABELS = {
    "thing": "事项", "const": "类型", "enum": "类型", "short_thing": "事项", "character_string": "编号",
    "number": "数量", "time": "时间", "date": "日期", "amount": "金额", "phone_number": "电话",
    "car_number": "车牌", "name": "姓名", "phrase": "状态", "letter": "代码", "symbol": "符号",
}  # fmt: skip


class WrongValue(Exception):
    """47003: this key's value is not what its prefix allows."""


def shown_value(key: str, value: object) -> str:
    """What the person will read: long and multi-line texts are cut silently. Raises WrongValue."""
    found = KEY.fullmatch(key)
    prefix = found.group(1) if found else ""
    if prefix not in ALLOWED or not isinstance(value, str):
        raise WrongValue(key)
    text = value.strip()
    if prefix in CUT:
        text = text.splitlines()[0][:CUT_AT] if text else ""
    if not text or not re.fullmatch(ALLOWED[prefix], text):
        raise WrongValue(key)
    return text


def label(key: str) -> str:
    """A name for a key whose template's wording was never told to the sandbox."""
    found = KEY.fullmatch(key)
    return LABELS.get(found.group(1) if found else "", key)
