"""How a holder is told what the staff did with their data: by which role, what, and for what reason."""

import re

from reminders.rules.lifecycle import Role

ROLES = {
    Role.OFFICER: "提醒专员",
    Role.LEAD: "科室负责人",
    Role.SUPERVISOR: "业务科",
    Role.OFFICE: "办公室",
    Role.SYSTEM_ADMIN: "系统管理员",
    Role.SECURITY_ADMIN: "安全管理员",
    Role.AUDIT_ADMIN: "审计管理员",
}
OPERATOR = "系统运维人员"
# Actions of the audit that showed somebody a person's data, or took it out of the house; what, and why.
ACTIONS = {
    "contact.reveal_phone": ("看了台账登记的完整电话", ""),
    "call.reveal_phone": ("看了台账登记的完整电话", "打电话提醒"),
    "call.record": ("登记了电话提醒的结果", "打电话提醒"),
    "correction.reveal_phone": ("看了台账登记的完整电话", "更正发错的提醒"),
    "correction.print": ("打印了给持证人的更正函", "更正发错的提醒"),
    "correction.record": ("登记了更正电话的结果", "更正发错的提醒"),
    "answer.reveal_phone": ("看了您另留的完整电话", "联系您，办您的请求"),
    "answer.close": ("看了您的回答和留言", "办您的请求"),
    "appeal.close": ("看了您的申诉和电话", "核对您的申诉"),
    "feedback.close": ("看了您的意见", "答复您的意见"),
    "letter_batch.print": ("打印了给持证人的函", "邮寄提醒函"),
    "letter.post": ("登记了函的寄出", "邮寄提醒函"),
    "ledger.export": ("导出了台账，里面有您的证照", "科室整理台账"),
}
EXPORT = "ledger.export"
NUMBER = re.compile(r"\d{5,}")


def why(action: str, given: str) -> str:
    """The reason that was written down, without any number in it, or the one the action has by itself."""
    return NUMBER.sub("＊＊＊", given) or ACTIONS[action][1]
