"""What an officer says on the phone: the five facts, and what can still be done once a day has passed."""

from collections.abc import Sequence
from datetime import date

from reminders.rules.facts import FiveFacts, window_sentence, with_weekday
from reminders.rules.wording_kinds import FIRST
from reminders.rules.wordings import TemplateKind, Wording


def script(
    facts: Sequence[FiveFacts], contact_name: str, today: date, wording: Wording = FIRST[TemplateKind.CALL]
) -> str:
    """The whole call, one paragraph a license."""
    first = fact_values(facts[0], today) | {"greeting": greeting(contact_name)}
    paragraphs = [wording.text(first, "opening")]
    paragraphs += [wording.text(first | fact_values(one, today), "about") for one in facts]
    return "\n".join([*paragraphs, wording.text(first, "closing")])


def greeting(contact_name: str) -> str:
    return f"请问是{contact_name}吗？" if contact_name else "请问是负责证照的同事吗？"


def prompt(
    facts: Sequence[FiveFacts],
    check_code: str,
    today: date,
    wording: Wording = FIRST[TemplateKind.PROMPT],
) -> str:
    """What a business system shows its user, one paragraph a license."""
    values = [fact_values(one, today) | {"check_code": check_code} for one in facts]
    return "\n".join([*(wording.text(one, "about") for one in values), wording.text(values[0], "closing")])


def fact_values(facts: FiveFacts, today: date) -> dict[str, str]:
    """One date of one license, as it stands on the day of telling."""
    return {
        "license_name": facts.license_name,
        "holder_name": facts.holder_name,
        "number": f"（编号 {facts.license_no}）" if facts.license_no else "",
        "expiry": date_words(facts, today),
        "window": window_words(facts, today),
        "counter": f"{facts.counter}（{facts.counter_hours}）" if facts.counter_hours else facts.counter,
        "service_phone": facts.service_phone,
        "materials": "、".join(facts.materials).replace("、（", "（"),
        "department": facts.department,
    }


def date_words(facts: FiveFacts, today: date) -> str:
    if facts.expires_on is None:
        return f"{facts.date_name}不详"
    verb = "已于" if facts.expires_on < today else "是"
    end = "届满" if facts.expires_on < today else ""
    return f"{facts.date_name}{verb} {with_weekday(facts.expires_on)}{end}"


def window_words(facts: FiveFacts, today: date) -> str:
    if facts.apply_by is None or facts.apply_by >= today:
        return window_sentence(facts)
    if facts.expires_on is not None and facts.expires_on < today:
        return "期满后请停止相关活动；需要继续从事的，请到窗口咨询重新申请，以窗口答复为准"
    return (
        f"最迟申请日 {with_weekday(facts.apply_by)}已过。已经提交、还没有收到决定的，请告诉我们；"
        "没有提交的，请尽快到窗口咨询能否重新申请，以窗口答复为准"
    )
