"""Chinese words for decision sharing and the e-license library: states, and what to do about a failure."""

from reminders.rules.share_state import ShareState

SHARE_WORDS: dict[object, str] = {
    ShareState.READY: "等待推送",
    ShareState.SENDING: "正在推送",
    ShareState.RECEIPTED: "已有回执",
    ShareState.FAILED: "被退回",
    ShareState.VOID: "不再推送",
}
CAUSES = {
    "http-401": "对方不认我们的签名：请运维人员核对密钥和服务器时间",
    "http-403": "对方没有给我们权限：请联系监管平台开通",
    "http-404": "地址不对：请运维人员核对地址",
    "http-400": "对方看不懂内容：请把决定编号告诉监管平台核对",
    "http-422": "对方没有这个监管部门：请改成监管平台登记的名称，再点“重试”",
    "no-receipt-yet": "对方已收下，回执还没有出来，稍后自动再问",
    "no-receipt": "对方没有给回执，稍后自动再问",
    "another-decision": "对方答的不是这一件，稍后自动再问",
    "read-timeout": "对方没有及时答复，稍后自动再问",
    "connect-timeout": "连不上对方，稍后自动再试",
    "ConnectionRefusedError": "连不上对方，稍后自动再试",
    "cursor": "电子证照库的答复不合约定：请联系证照库管理员",
    "no-items": "电子证照库的答复不合约定：请联系证照库管理员",
}


def cause_word(reason: str) -> str:
    """What stands behind a machine word, with the next step."""
    return CAUSES.get(reason) or (f"没有成功（{reason}），稍后自动再试" if reason else "")
