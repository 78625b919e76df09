"""Chinese words for what stands in the details of the audit: states, ways, and names of fields."""

from reminders.rules.catalogue_entry import NAMES
from reminders.rules.lifecycle import CallOutcome

WORDS = {
    "totp": "身份验证器",
    "recovery": "恢复码",
    "password": "密码不对",
    "code": "动态码不对",
    "enrolment": "绑定身份验证器",
    "single_sign_on": "由统一身份认证完成",
    "unknown_subject": "统一身份认证的用户没有关联账号",
    "done": "已办",
    "untrue": "不属实",
    "came": "来办了",
    "missed": "没有来",
    "excused": "没有来，已说明",
    "verified": "已核实",
    "turned_down": "未通过",
    "xlsx": "Excel",
    "True": "是",
    "False": "否",
    "None": "—",
    CallOutcome.TOLD: "已告知",
    CallOutcome.NO_ANSWER: "无人接听",
    CallOutcome.WRONG_NUMBER: "空号",
    CallOutcome.CLOSED_DOWN: "停业",
    CallOutcome.ALREADY_RENEWED: "已办理",
    CallOutcome.DECLINED: "拒接",
    CallOutcome.CALL_BACK: "待回电",
}
FIELDS = {
    **NAMES,
    "name": "名称",
    "item_name": "审批事项",
    "holder_kind": "持证人类型",
    "is_active": "启用",
    "method": "提醒方式",
    "service_phone": "服务电话",
    "counter": "办理地点",
    "counter_hours": "办公时间",
    "is_sample": "样例数据",
    "regulator": "监管部门",
}
