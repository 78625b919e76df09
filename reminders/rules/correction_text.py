"""What a correction says: which reminder was wrong, in what, and what is true now."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from reminders.rules.identity import mask_holder
from reminders.rules.lifecycle import HolderKind, Language
from reminders.rules.masking_check import OF_PEOPLE, find_personal
from reminders.rules.template_fields import Value, cut, one_line
from reminders.rules.wording import FIELD_ROOM, LEAST_HOLDER_ROOM, short_holder
from reminders.rules.wordings import Wording

SHORTEST, LONGEST = 5, FIELD_ROOM
ASK = "请以窗口答复为准"
LOOK = "正确日期请查公众号"
ASK_IN_ENGLISH, LOOK_IN_ENGLISH = "Ask the counter", "Dates: see licences"
MARK = "更正："
VALUE_NAMES = (
    *("subject", "subject_with_holder", "holder_name", "correction", "right_date"),
    *("told_on", "count", "service_phone", "check_code"),
)


@dataclass(frozen=True)
class WrongLine:
    """One date of one license that was told wrongly on `told_on`.

    `told_date` is the date as we told it, `right_date` and `apply_by` what the ledger has now, None when it
    has nothing to say.
    """

    told_on: date
    license_id: int
    license_name: str
    holder_name: str
    holder_kind: HolderKind
    date_name: str
    told_date: date
    right_date: date | None
    apply_by: date | None
    service_phone: str
    language: Language = Language.ZH  # of whoever reads the message

    @property
    def is_mended(self) -> bool:
        """The ledger says something else by now; what it still says may be the very mistake."""
        return self.right_date is not None and self.right_date != self.told_date


def tidy(sentence: str) -> str:
    return one_line(sentence).strip("。，；！. ")


def fault(sentence: str) -> str | None:
    """Why this sentence cannot be sent, None when it can; `sentence` as `tidy` leaves it."""
    if not SHORTEST <= len(sentence) <= LONGEST:
        return f"请用 {SHORTEST} 到 {LONGEST} 个字写明错在哪里，例如：期满日期有误。"
    if "http" in sentence.lower() or "www." in sentence.lower():
        return "这句话里不能有网址。"
    if any(found.what in OF_PEOPLE for found in find_personal(sentence, "更正")):
        return "这句话里不能有手机号或身份证号，收到的人很多。"
    return None


def values(lines: Sequence[WrongLine], sentence: str, check_code: str) -> dict[str, Value | None]:
    """Everything a correction's template may show, by the names used in config/wechat_templates.toml."""
    first = lines[0]
    return {
        "subject": subject(lines),
        "subject_with_holder": subject_with_holder(lines),
        "holder_name": short_holder(first.holder_name, first.holder_kind),
        "correction": sentence,
        "right_date": right_date(lines),
        "told_on": max(line.told_on for line in lines),
        "count": len(lines),
        "service_phone": first.service_phone,
        "check_code": check_code,
    }


def notice_values(lines: Sequence[WrongLine], sentence: str, check_code: str) -> dict[str, Value | None]:
    """For a template made for reminders: a date only where the ledger was mended since, else None."""
    first = lines[0]
    is_sure = len(lines) == 1 and first.is_mended
    return {
        "subject": cut(MARK + subject(lines), FIELD_ROOM),
        "subject_with_holder": cut(MARK + subject(lines), FIELD_ROOM),
        "holder_name": short_holder(first.holder_name, first.holder_kind),
        "date_name": first.date_name,
        "expires_on": first.right_date if is_sure else None,
        "apply_by": first.apply_by if is_sure else None,
        "advice": sentence,
        "count": len(lines),
        "service_phone": first.service_phone,
        "check_code": check_code,
    }


def sms_params(lines: Sequence[WrongLine], sentence: str, check_code: str) -> dict[str, str]:
    """What the placeholders of [correction] in config/sms_templates.toml stand for."""
    told = {name: str(value) for name, value in values(lines, sentence, check_code).items()}
    named = f"《{lines[0].license_name}》" if len(lines) == 1 else f"{len(lines)}本证照"
    return told | {"subject": named}


def subject(lines: Sequence[WrongLine]) -> str:
    return lines[0].license_name if len(lines) == 1 else f"您的 {len(lines)} 本证照"


def subject_with_holder(lines: Sequence[WrongLine]) -> str:
    """The license and, as far as a WeChat field has room, whose it is."""
    line = lines[0]
    room = FIELD_ROOM - len(line.license_name) - len("（）")
    if len(lines) > 1 or room < LEAST_HOLDER_ROOM:
        return subject(lines)
    return f"{line.license_name}（{short_holder(line.holder_name, line.holder_kind, room)}）"


def right_date(lines: Sequence[WrongLine]) -> str:
    """At most 20 characters. A date not changed since may be the very mistake and is not repeated."""
    is_english = lines[0].language is Language.EN
    if not all(line.is_mended for line in lines):
        return ASK_IN_ENGLISH if is_english else ASK
    if is_english:
        return LOOK_IN_ENGLISH if len(lines) > 1 else f"Now: {lines[0].right_date}"
    words = f"{lines[0].date_name}是 {lines[0].right_date}"
    return words if len(lines) == 1 and len(words) <= FIELD_ROOM else LOOK


def script(lines: Sequence[WrongLine], sentence: str, check_code: str, wording: Wording) -> str:
    """What a person says on the phone, or writes, to whom they told it."""
    return wording.text(script_values(lines, sentence, check_code))


def script_values(lines: Sequence[WrongLine], sentence: str, check_code: str) -> dict[str, str]:
    about = "；".join(
        f"{line.license_name}（{mask_holder(line.holder_name, line.holder_kind)}），{right_date([line])}"
        for line in lines
    )
    return {
        "told_on": str(max(line.told_on for line in lines)),
        "correction": sentence,
        "about": about,
        "service_phone": lines[0].service_phone,
        "check_code": check_code,
    }
