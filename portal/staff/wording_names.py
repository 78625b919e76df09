"""Placeholders as colleagues read and write them: {期满日期} on the screen, {expires_on} in what is kept."""

import re

from reminders.rules.wordings import PLACEHOLDER

NAMES = {
    "subject": "证照",
    "subject_with_holder": "证照和持证人",
    "holder_name": "持证人",
    "date_name": "日期名称",
    "expires_on": "期满日期",
    "apply_by": "最迟申请日",
    "advice": "何时申请",
    "count": "本数",
    "service_phone": "服务电话",
    "check_code": "校验码",
    "correction": "错在哪里",
    "right_date": "现在的日期",
    "told_on": "错误提醒日期",
    "code": "验证码",
    "visit_on": "预约日期",
    "visit_time": "预约时段",
    "license_name": "证照名称",
    "number": "证照编号",
    "expiry": "期满",
    "window": "申请时限",
    "counter": "办理地点",
    "materials": "材料清单",
    "department": "审批科室",
    "greeting": "称呼",
    "portal_url": "门户网址",
    "about": "证照和日期",
}
KEPT = {spoken: name for name, spoken in NAMES.items()}
TYPED = re.compile(r"[{｛]\s*([^{}｛｝\s]+)\s*[}｝]")


def spoken(text: str) -> str:
    """For the screen; what is no placeholder of ours stays as it is."""
    return PLACEHOLDER.sub(lambda found: f"{{{NAMES.get(found[1], found[1])}}}", text)


def kept(text: str) -> str:
    """For the rules: by either name, in braces of either width."""
    return TYPED.sub(lambda found: f"{{{KEPT.get(found[1], found[1])}}}", text)
