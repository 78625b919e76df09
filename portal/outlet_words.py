"""Why an outlet did not take a notice, in words for staff, with the next step."""

from reminders.rules.lifecycle import Outlet

ADMIN = "请联系系统管理员"
WORDS = {
    "digest-changed": "内容与审核时不同，没有发出。请撤回后重新提交审核",
    "personal-data": "发出前又查到个人信息，没有发出。请撤回，改好后重新提交审核",
    "not-proved": "对方已收下，但还没有在公开页面上看到，会自动再核对",
    "redirect": f"对方地址发生跳转，出于安全没有跟随。{ADMIN}核对地址",
    "address-inside": f"对方地址指向内网，出于安全没有发送。{ADMIN}核对设置",
    "address-not-found": f"找不到对方地址。{ADMIN}核对设置",
    "host-key-changed": f"对方服务器的身份与登记的不同，没有发送。{ADMIN}向对方核实",
    "host-key-not-set": f"没有登记对方服务器的身份。{ADMIN}",
    "sftp-sign-in-refused": f"对方拒绝登录。{ADMIN}核对账号和密钥",
    "folder-not-writable": f"发布目录不能写入。{ADMIN}",
    "http-401": f"对方不认我们的签名或密码。{ADMIN}核对密钥",
    "http-403": f"对方不允许我们发布。{ADMIN}核对权限",
    "http-404": f"对方没有这个接口地址。{ADMIN}核对设置",
    "http-413": "对方嫌内容太大。请缩短期间，分成几篇",
    "http-422": f"对方不接受这样的内容。{ADMIN}核对字段对应",
    "mass-send_fail": "群发没有成功：管理员 30 分钟内没有确认、拒绝了，或平台审核未通过",
    "mass-unknown": "群发是否成功无法确认，为避免重复没有再发。请在公众平台查看",
    "publish-status-2": "平台判定原创校验未通过。请在公众平台查看原因",
    "publish-status-3": "平台发布失败。可以重试；再不行请在公众平台查看",
    "publish-status-4": "平台审核没有通过。请修改内容，另发新版本",
    "45028": "本月群发次数已用完",
    "45166": "公众号不接受正文中的某些内容。请简化格式后另发新版本",
    "48001": f"公众号没有发布权限，可能认证已到期。{ADMIN}到公众平台查看",
    "48004": f"公众号接口被封禁。{ADMIN}到公众平台查看",
    "53500": f"公众号发布能力被封禁。{ADMIN}到公众平台查看",
    "40164": f"公众平台没有放行这台服务器的地址。{ADMIN}设置 IP 白名单",
    "45009": "公众号今天的调用次数已用完，会自动再试",
    "53501": "公众号发布太频繁，会自动再试",
}


def told(outlet: Outlet, reason: str) -> str:
    """The sentence for a machine word; what is not known is a passing fault of line or site."""
    if reason in WORDS:
        return WORDS[reason]
    if reason.startswith("http-5"):
        return f"对方暂时出错（{reason.removeprefix('http-')}），会自动再试"
    if reason.lstrip("-").isdigit():
        return f"公众平台返回 {reason}，会自动再试；一直不行，{ADMIN}"
    return "没有连上对方，或没有等到答复，会自动再试"
