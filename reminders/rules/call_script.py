"""What an officer says on the phone: the five facts, and what can still be done once a day has passed."""

from collections.abc import Sequence
from datetime import date

from reminders.rules.facts import FiveFacts, window_sentence, with_weekday


def opening(department: str, contact_name: str) -> str:
    whom = f"请问是{contact_name}吗？" if contact_name else "请问是负责证照的同事吗？"
    return f"您好，这里是威海市行政审批服务局{department}。{whom}"


def about(facts: FiveFacts, today: date) -> str:
    """One date of one license, as it stands on the day of the call."""
    number = f"（编号 {facts.license_no}）" if facts.license_no else ""
    sentences = [f"{facts.holder_name}的{facts.license_name}{number}，{date_words(facts, today)}"]
    sentences += [window_words(facts, today)]
    sentences += [
        f"办理地点：{facts.counter}（{facts.counter_hours}）" if facts.counter_hours else facts.counter
    ]
    sentences += [f"服务电话：{facts.service_phone}", f"提交材料：{'、'.join(facts.materials)}"]
    return "。".join(sentences) + "。"


def closing() -> str:
    return "需要预约窗口或帮办代办，现在就可以登记。如果已经提交申请，请告诉我，我们先不再提醒。"


def script(facts: Sequence[FiveFacts], contact_name: str, today: date) -> str:
    """The whole call, one paragraph a license."""
    return "\n".join(
        [opening(facts[0].department, contact_name), *(about(one, today) for one in facts), closing()]
    )


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
