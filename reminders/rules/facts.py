"""The five facts a reminder must tell, and the sentence that tells the renewal window."""

import re
from dataclasses import dataclass
from datetime import date

from reminders.rules.lifecycle import Confidence

MAIN_DATE = "期满日期"
WEEKDAYS = "一二三四五六日"
# A remark about where the list comes from stands in brackets behind the last item.
REMARK = re.compile(r"（([^（）]*(?:未核实|办事指南)[^（）]*)）$")
BY_GUIDE = "以办事指南为准"


@dataclass(frozen=True)
class FiveFacts:
    """Everything a holder needs about one date of one license; `date_name` says which date it is."""

    license_name: str
    holder_name: str
    license_no: str | None
    date_name: str
    expires_on: date | None
    opens_on: date | None
    apply_by: date | None
    is_estimate: bool
    confidence: Confidence
    counter: str
    counter_hours: str
    service_phone: str
    materials: tuple[str, ...]
    department: str
    basis: str
    basis_article: str

    def missing(self) -> tuple[str, ...]:
        """Chinese names of the absent ones among the five; with any of them nothing is sent."""
        told = {MAIN_DATE: self.expires_on, "申请换证时限": self.apply_by}
        return tuple(name for name, value in told.items() if value is None) + missing_service_facts(
            self.counter, self.service_phone, self.materials
        )


def missing_service_facts(counter: str, service_phone: str, materials: tuple[str, ...]) -> tuple[str, ...]:
    """The absent ones among the three facts that belong to the license kind, not to one license."""
    told = {"办理地点": counter, "服务电话": service_phone, "提交材料清单": materials}
    return tuple(name for name, value in told.items() if not value)


def window_sentence(facts: FiveFacts) -> str:
    """Prints the dates, never a distance: a text may be read long after it was written."""
    if facts.apply_by is None:
        return f"申请时限尚未核定，请向{facts.department}核实，以窗口答复为准"
    sentence = f"最迟 {with_weekday(facts.apply_by)}前（含当天）提交申请"
    if facts.opens_on is not None:
        sentence = f"{with_weekday(facts.opens_on)}起可以申请，{sentence}"
    if facts.is_estimate:
        sentence += "（估算，放假安排公布后可能调整）"
    if facts.confidence is not Confidence.CONFIRMED:
        sentence += "，以窗口答复为准"
    return sentence


def with_weekday(day: date) -> str:
    """2027-01-20（周三）."""
    return f"{day}（周{WEEKDAYS[day.weekday()]}）"


def material_list(text: str) -> tuple[str, ...]:
    """Items of catalogue.csv (split by ；); a remark about the list becomes its own last line."""
    items = [item.strip() for item in text.split("；") if item.strip()]
    if not items:
        return ()
    remark = REMARK.search(items[-1])
    if remark is None:
        return tuple(items)
    items[-1] = items[-1][: remark.start()]
    words = remark.group(1)
    if "未核实" in words and BY_GUIDE not in words:
        words = f"{words}，{BY_GUIDE}"
    return (*filter(None, items), f"（{words}）")
