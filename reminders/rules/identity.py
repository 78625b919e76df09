"""Says when two spellings mean the same name, number or phone, which are valid, and how each is masked."""

import re
import unicodedata
from datetime import date
from decimal import Decimal
from operator import mul

from reminders.errors import Invalid
from reminders.rules.lifecycle import HolderKind

STAR = "＊"
STARS = STAR * 4

# GB 32100-2015: 31 signs (no I O S V Z), weights are powers of 3 modulo 31.
CREDIT_SIGNS = "0123456789ABCDEFGHJKLMNPQRTUWXY"
CREDIT_WEIGHTS = tuple(pow(3, place, 31) for place in range(17))
_CREDIT_VALUES = {sign: value for value, sign in enumerate(CREDIT_SIGNS)}
_CREDIT_CODE = re.compile(f"[{CREDIT_SIGNS}]{{18}}")
# GB 11643-1999 (ISO 7064 MOD 11-2).
RESIDENT_WEIGHTS = tuple(pow(2, 17 - place, 11) for place in range(17))
RESIDENT_SIGNS = "10X98765432"

_DASHES = dict.fromkeys(map(ord, "‐‑‒–—―−﹣"), "-")
_BRACKETS = _DASHES | str.maketrans("〔〕【】[]{}<>《》〈〉", "()()()()()()()")
_SIGNS = _BRACKETS | dict.fromkeys(map(ord, "•‧・‥⋅∙●"), "·")
_ODD_IN_NUMBERS, _ODD_IN_NAMES = (
    re.compile("[" + re.escape("".join(map(chr, signs))) + "]") for signs in (_BRACKETS, _SIGNS)
)
_SPACERS = re.compile(r"[ \-_.]+")
_MOBILE = re.compile(r"(?<!\d)(?:(?:\+|00)?86[ -]?)?(1[3-9](?:[ -]?\d){9})(?!\d)")
_LANDLINE = re.compile(r"(?<!\d)(?:\+?86[ -]?)?\(?(0(?:10|2\d|[3-9]\d{2}))\)?[ -]?(\d{3,4}[ -]?\d{4})(?!\d)")
_PLAIN_MOBILE = re.compile(r"1[3-9]\d{9}")
_SCIENTIFIC = re.compile(r"\d(?:\.\d+)?[eE]\+?\d+")
_AREA_CODE = re.compile(r"0(?:10|2\d|[3-9]\d{2})")
_FOREIGN_ID = re.compile(r"[A-Z0-9]{5,20}")
_ORGANISATION = re.compile(
    r"公司|集团|企业|合作社|工作室|事务所|门诊|诊所|医院|药房|药店|超市|学校|学院|协会|学会|商会|基金会|促进会|联合会"
    r"|中心|酒店|宾馆|个体|经营部|营业部|服务部|项目部|车队|水库|农场|养殖|委员会"
    r"|[店厂院局所馆社站场行部校园房会队库]$|\b(?:CO|LTD|INC|LLC|CORP|GMBH)\b"
)


def clean(text: str) -> str:
    """Full width becomes half width, invisible signs go, spaces are single and none stand at the ends."""
    if text.isprintable() and (text.isascii() or unicodedata.is_normalized("NFKC", text)):
        return " ".join(text.split()) if " " in text else text
    composed = unicodedata.normalize("NFKC", text)
    visible = (" " if sign.isspace() else sign for sign in composed if sign.isspace() or sign.isprintable())
    return " ".join(unicodedata.normalize("NFKC", "".join(visible)).split())


def name_key(name: str) -> str:
    """A holder's name as it is compared: no spaces, one kind of bracket, dash and dot, upper case."""
    return unicodedata.normalize("NFKC", _compared(name, _ODD_IN_NAMES).replace(" ", ""))


def number_key(text: str) -> str:
    """A license number as it is compared: no spaces and dashes, one kind of bracket, upper case."""
    return unicodedata.normalize("NFKC", _SPACERS.sub("", _compared(text, _ODD_IN_NUMBERS)))


def credit_code(text: str) -> str | None:
    """The unified social credit code (GB 32100-2015) in upper case; None when the text is empty."""
    code = re.sub(r"[ \-]", "", clean(text)).upper()
    if not code:
        return None
    if len(code) != 18:
        raise Invalid(f"统一社会信用代码应为 18 位，这里是 {len(code)} 位，请对照营业执照重填")
    if not _CREDIT_CODE.fullmatch(code):
        strange = sorted(set(code) - set(CREDIT_SIGNS))
        raise Invalid(f"统一社会信用代码里不会有“{strange[0]}”，请对照营业执照重填（注意 O 与 0、I 与 1）")
    if code[17] != CREDIT_SIGNS[_credit_check(code)]:
        raise Invalid("统一社会信用代码的校验位不对，可能有一位填错，请对照营业执照重填")
    return code


def id_number(text: str) -> str | None:
    """A resident's 18-digit number with a right check digit, or a passport number; None when empty."""
    number = re.sub(r"[ \-]", "", clean(text)).upper()
    if not number:
        return None
    if re.fullmatch(r"\d{17}[\dX]", number):
        total = sum(int(sign) * weight for sign, weight in zip(number, RESIDENT_WEIGHTS, strict=False))
        if number[17] != RESIDENT_SIGNS[total % 11] or not _is_birth_date(number[6:14]):
            raise Invalid("身份证号码的校验位或出生日期不对，请核对后重填")
        return number
    if not _FOREIGN_ID.fullmatch(number) or number.isdigit():
        raise Invalid("证件号码看不懂，请填 18 位身份证号码或护照号码")
    return number


def phones(text: str) -> tuple[str, ...]:
    """Every valid number in a cell, in the order written, digits only; landlines with their area code."""
    plain = clean(text).translate(_DASHES)
    found = [(match.start(), match[1]) for match in _MOBILE.finditer(plain)]
    found += [(match.start(), match[1] + match[2]) for match in _LANDLINE.finditer(plain)]
    return tuple(dict.fromkeys(re.sub(r"\D", "", number) for _, number in sorted(found)))


def phone(text: str) -> str:
    """The first valid number in a cell; raises Invalid with what to correct."""
    if text.isascii() and _PLAIN_MOBILE.fullmatch(text):
        return text
    plain = clean(text)
    if _SCIENTIFIC.fullmatch(plain):
        plain = _whole_number(plain)
    found = phones(plain)
    if found:
        return found[0]
    digits = re.sub(r"\D", "", plain)
    if not digits:
        raise Invalid("没有电话号码，请填 11 位手机号或带区号的座机")
    if len(digits) in (7, 8):
        raise Invalid("座机缺少区号，请写成 0631-1234567 的样子")
    raise Invalid(f"电话号码不对（{len(digits)} 位数字），请填 11 位手机号或带区号的座机")


def is_mobile(digits: str) -> bool:
    """Whether an SMS can go to this number, as `phone` leaves it."""
    return bool(_PLAIN_MOBILE.fullmatch(digits))


def mask_phone(digits: str) -> str:
    """138＊＊＊＊5678; of a landline the area code and the last digits."""
    area = _AREA_CODE.match(digits)
    head = area.end() if area else 3 if len(digits) >= 11 else len(digits) // 4
    tail = max(0, min(4, len(digits) - head - 4))
    return digits[:head] + STARS + (digits[-tail:] if tail else "")


def mask_person_name(name: str) -> str:
    """张＊, however long the name is; a single sign is hidden too."""
    plain = clean(name)
    return plain[:1] + STAR if len(plain) > 1 else STAR * len(plain)


def mask_number(text: str) -> str:
    """First 4 + ＊＊＊＊ + last 4; of a number under 12 signs a quarter at each end."""
    plain = clean(text)
    if not plain:
        return ""
    keep = min(4, len(plain) // 4 if len(plain) < 12 else 4)
    return plain[:keep] + STARS + (plain[-keep:] if keep else "")


def mask_holder(name: str, kind: HolderKind) -> str:
    """Organisations may be named in public; natural persons are masked."""
    return mask_person_name(name) if kind is HolderKind.PERSON else name


def holder_kind(name: str, entry_holder_kind: str) -> HolderKind:
    """Company or person, by the catalogue (单位 · 个人 · 单位或个人), else by the look of the name.

    In doubt it answers PERSON, because a person is masked in public and a company is not.
    """
    if entry_holder_kind == "个人":
        return HolderKind.PERSON
    plain = clean(name).upper()
    if _looks_like_person(plain, surely=entry_holder_kind == "单位"):
        return HolderKind.PERSON
    return HolderKind.COMPANY


def holder_key(
    name: str, *, credit_code: str | None, id_number_hash: str | None, phone_hash: str | None
) -> str:
    """What makes two holders the same: the credit code, else the ID, else name and phone together."""
    if credit_code:
        return f"c:{credit_code}"
    if id_number_hash:
        return f"i:{id_number_hash}"
    return f"n:{name_key(name)}:{phone_hash or ''}"


def _compared(text: str, odd_signs: re.Pattern[str]) -> str:
    plain = clean(text)
    upper = plain.upper()
    if upper != plain and not upper.isascii():
        upper = clean(upper)
    if odd_signs.search(upper):
        return clean(upper.translate(_BRACKETS if odd_signs is _ODD_IN_NUMBERS else _SIGNS))
    return upper


def _credit_check(code: str) -> int:
    total: int = sum(map(mul, map(_CREDIT_VALUES.__getitem__, code), CREDIT_WEIGHTS))
    return -total % 31


def _is_birth_date(digits: str) -> bool:
    try:
        return date(int(digits[:4]), int(digits[4:6]), int(digits[6:])) >= date(1900, 1, 1)
    except ValueError:
        return False


def _whole_number(text: str) -> str:
    """A number Excel wrote as 1.3800000001E+10, in full. Raises Invalid when digits were rounded away."""
    if len(re.sub(r"\D", "", re.split(r"[eE]", text)[0])) < 11:
        raise Invalid("电话被 Excel 写成了科学计数法，后几位已丢失；请把这一列设为“文本”后重新填写")
    return format(Decimal(text).to_integral_value(), "f")


def _looks_like_person(name: str, *, surely: bool) -> bool:
    if _ORGANISATION.search(name) and len(name) > 2:
        return False
    letters = name.replace("·", "").replace(" ", "")
    if surely:
        return len(letters) <= 3
    return len(letters) <= 4 or "·" in name or letters.isascii()
