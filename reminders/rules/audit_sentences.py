"""One plain Chinese sentence for each action that the audit knows, by what it is about."""

from enum import StrEnum


class Group(StrEnum):
    """What an entry is about, to look for it."""

    PERSONAL = "personal"
    SIGN_IN = "sign_in"
    ACCOUNTS = "accounts"
    LEDGER = "ledger"
    WORK = "work"
    NOTICES = "notices"
    HOLDERS = "holders"
    SENDING = "sending"
    CATALOGUE = "catalogue"
    TEMPLATES = "templates"
    SUPERVISION = "supervision"
    SYSTEM = "system"


GROUP_WORDS = {
    Group.PERSONAL: "查看和导出个人信息",
    Group.SIGN_IN: "登录和退出",
    Group.ACCOUNTS: "账号、邀请和缺勤",
    Group.LEDGER: "台账导入",
    Group.WORK: "电话、函告和窗口",
    Group.NOTICES: "温馨提示",
    Group.HOLDERS: "持证人自己的操作",
    Group.SENDING: "计划、发送和更正",
    Group.CATALOGUE: "目录和工作日",
    Group.TEMPLATES: "模板",
    Group.SUPERVISION: "督查",
    Group.SYSTEM: "系统和审计",
}

# Who did it stands in front. {subject} is what it was done to, {name} a detail, {name#} how many it holds.
SENTENCES: dict[Group, dict[str, str]] = {
    Group.PERSONAL: {
        "answer.reveal_phone": "查看了{subject}另留的完整电话",
        "audit.export": "导出了审计记录 {rows} 条（{form}）",
        "audit.look_up": "按证照编号或证件号码查了关于{subject}的审计记录",
        "call.reveal_phone": "查看了{subject}的完整电话",
        "contact.reveal_phone": "查看了{subject}的完整电话，理由：{reason}",
        "correction.reveal_phone": "为更正查看了{subject}的完整电话",
        "appeal.read": "查看了申诉 {cases} 件，含申请人的姓名和电话",
        "holder.open": "打开了{subject}的全部记录",
        "ledger.export": "导出了台账 {rows} 行（{subject}），含完整电话",
        "letter_batch.print": "打印了{subject}，共 {letters} 封，含地址和姓名",
        "sms.read_reply": "看过了{subject}",
    },
    Group.SIGN_IN: {
        "staff.accept_invitation": "接受邀请，设置了密码",
        "staff.enrol": "绑定了身份验证器，来自 {address}",
        "staff.sign_in": "登录，来自 {address}，第二步：{by}",
        "staff.sign_in_failed": "记下一次没有成功的登录：{subject}，来自 {address}，停在：{step}",
        "staff.sign_out": "退出，其他电脑上的登录一并结束",
    },
    Group.ACCOUNTS: {
        "absence.call_off": "取消了{subject}",
        "absence.mark": "登记了缺勤，从 {from_on} 到 {until_on}",
        "staff.add": "新增了账号{subject}，岗位：{role}",
        "staff.change_password": "改了自己的密码",
        "staff.close": "停用了{subject}的账号",
        "staff.invite": "邀请{subject}重新设置密码和身份验证器",
        "staff.link": "把{subject}的账号关联到统一身份认证",
        "staff.link_self": "凭邀请码把自己的账号关联到统一身份认证",
        "staff.forget_phone": "取消了自己账号上的手机",
        "staff.link_wechat": "扫码把自己的微信关联到账号，用来试发模板",
        "staff.prove_phone": "用验证码核实了自己的手机，用来试发模板",
        "staff.unlink_wechat": "取消了自己账号和微信的关联",
        "staff.open": "启用了{subject}的账号",
        "staff.renew_codes": "重新生成了自己的恢复码",
        "staff.set_factor": "为{subject}设置了演练用的身份验证器",
        "staff.tell_code": "查看了{subject}的演练动态码",
        "staff.unlink": "取消了{subject}和统一身份认证的关联",
        "staff.unlock": "解除了{subject}的登录锁定",
    },
    Group.LEDGER: {
        "ledger.accept": "确认导入{subject}",
        "ledger.call_off": "停下了{subject}的写入，什么也没有写",
        "ledger.discard": "放弃了{subject}",
        "library.ask": "要求马上同步电子证照库",
        "ledger.bad_rows": "下载了{subject}有误的行（含联系方式）",
        "ledger.mend": "修改了{subject}并重新检查",
        "ledger.undo": "撤销了{subject}",
        "ledger.preview": "上传了{subject}，等待确认",
    },
    Group.WORK: {
        "answer.close": "办结了{subject}，结果：{closing}",
        "appeal.close": "处理了{subject}，结果：{closing}",
        "appointment.closed_days": "改了{subject}不接待的日子，共 {days#} 天",
        "appointment.hours": "改了{subject}的预约时段，共 {spans} 段",
        "appointment.note": "记下了{subject}一次预约的结果：{state}",
        "call.record": "记下了{subject}的电话结果：{outcome}",
        "holder.note": "在{subject}的记录里写了备注",
        "correction.print": "打印了{subject}的更正函，含姓名",
        "correction.record": "记下了{subject}的更正结果：{outcome}",
        "feedback.close": "答复了{subject}",
        "letter.post": "寄出了{subject}，寄出日 {posted_on}",
        "letter.receive": "记下{subject}已签收，签收日 {received_on}",
        "letter.return": "记下{subject}被退回",
        "letter.void": "作废了〔{year}〕{number}号函",
        "letter_batch.dissolve": "拆散了{subject}",
        "letter_batch.issue": "签发了{subject}，编号 {numbers}（{year} 年）",
        "letter_batch.prepare": "准备了{subject}，共 {letters} 封",
        "page_report.close": "处理了{subject}",
        "pass.issue": "发出了绑定凭证（{how}），含 {license_ids#} 本证照",
        "pass.withdraw": "收回了绑定凭证（{how}），含 {license_ids#} 本证照",
        "review.decide": "核对了{subject}，对方收到：{was_received}",
    },
    Group.NOTICES: {
        "notice.draft": "起草了{subject}",
        "notice.edit": "改了{subject}，第 {version} 版",
        "notice.generate": "由台账生成了{subject}，共 {rows} 行",
        "notice.mass_send": "让{subject}群发给所有关注者",
        "notice.publish": "发布了{subject}",
        "notice.replace": "为{subject}起草了更正稿，原因：{reason}",
        "notice.return": "退回了{subject}，原因：{reason}",
        "notice.schedule": "审核通过了{subject}，定于 {publish_at} 发布",
        "notice.submit": "把{subject}提交审核",
        "notice.withdraw": "撤回了{subject}，原因：{reason}",
        "publication.fail": "没能把{subject}送到{outlet}，原因：{reason}",
        "publication.gone": "已把{subject}从{outlet}撤下",
        "publication.live": "已把{subject}发布到{outlet}",
        "publication.retry": "让{subject}重新送往{outlet}",
    },
    Group.HOLDERS: {
        "application.note": "记下了办理进度：{stage}",
        "answer.give": "就{subject}回答：{kind}",
        "answer.withdraw": "收回了就{subject}的回答：{kind}",
        "appeal.make": "提出申诉：{kind}",
        "appointment.book": "为{subject}预约了窗口",
        "appointment.cancel": "取消了{subject}的预约",
        "binding.bind": "绑定了 {license_ids#} 本证照（{how}）",
        "binding.come_back": "撤销解除，恢复了 {license_ids#} 本证照的绑定",
        "binding.leave": "因交接或离开解除了 {license_ids#} 本证照的绑定",
        "binding.unbind": "解除了 {license_ids#} 本证照的绑定",
        "consent.give": "同意了第 {version} 版隐私说明",
        "consent.withdraw": "收回同意，{license_ids#} 本证照一并解绑",
        "feedback.give": "给出评价：{level} 级",
        "follower.follow": "关注了公众号",
        "follower.forget": "删除了自己的个人数据",
        "follower.set_quiet": "改了不打扰的时间：{until}",
        "license.choose": "选了怎样提醒：{licenses} 本，微信{wechat}、短信{sms}、电话{calls}、少提醒{fewer}",
        "follower.set_wechat": "改了是否用微信接收：{is_on}",
        "follower.unfollow": "取消关注了公众号",
        "sms.accept": "回复恢复接收短信",
        "sms.refuse": "回复退订短信",
    },
    Group.SENDING: {
        "circuit.close": "合上了{subject}，{freed} 条消息重新发送",
        "correction.send": "发出了{subject}，告知 {people} 人，撤下未发的 {stopped} 条",
        "share.fail": "没能把{subject}的换证决定推送给{regulator}，原因：{reason}",
        "share.receipt": "把{subject}的换证决定推送给了{regulator}，回执 {receipt_no}",
        "share.retry": "让{subject}的换证决定重新推送",
        "planner.confirm": "确认了{subject}，放行 {deliveries} 条消息",
        "planner.discard": "放弃了{subject}",
        "planner.hold": "{subject}超过上限，等人确认",
        "planner.run": "完成了{subject}",
        "sending.start": "恢复了全部发送",
        "sending.stop": "停止了全部发送，原因：{reason}",
    },
    Group.CATALOGUE: {
        "catalogue_version.call_off": "取消了目录事项{subject}第 {number} 版，原定 {effective_on} 生效",
        "catalogue_version.save": "写了目录事项{subject}第 {number} 版，{effective_on} 生效，原因：{reason}",
        "catalogue_entry.pause": "暂停了{subject}的提醒，撤下 {reminders} 条，原因：{reason}",
        "catalogue_entry.resume": "恢复了{subject}的提醒",
        "catalogue_entry.retire": "停用了目录事项{subject}，撤下 {reminders} 条，原因：{reason}",
        "catalogue_entry.take_up": "重新启用了目录事项{subject}",
        "catalogue_entry.add": "新增了目录事项{subject}",
        "catalogue_entry.change": "改了目录事项{subject}",
        "department.add": "新增了科室{subject}",
        "department.change": "改了科室{subject}",
        "regulator.change": "改了{subject}的监管部门",
        "workdays.import": "导入了{subject}的放假调休安排：{source}",
    },
    Group.TEMPLATES: {
        "template.approve": "批准了{subject}，从此照它发送",
        "template.load": "由安装文件装入了{subject}",
        "template.propose": "写了{subject}，等待批准，原因：{reason}",
        "template.take_back": "撤回了自己写的{subject}",
        "template.try": "把“{kind}”模板试发给自己（{channel}）",
        "template.turn_down": "退回了{subject}，原因：{note}",
    },
    Group.SUPERVISION: {
        "order.answer": "回复了{subject}",
        "order.close": "办结了{subject}",
        "order.issue": "发出了{subject}，限期 {deadline_on}",
        "order.send_back": "退回了{subject}的答复，新限期 {deadline_on}",
        "report.write": "生成了 {since} 至 {until} 的督查报告",
        "sample.draw": "抽取了{subject}，从 {population} 本中抽 {license_ids#} 本",
        "sample.find": "在{subject}中认定一本证照：{verdict}",
    },
    Group.SYSTEM: {
        "audit.restart": "要求从第一条起重新核对审计链",
        "backup.restore": "由 {made_at} 的备份恢复了数据库",
    },
}
GROUP_OF = {action: group for group, said in SENTENCES.items() for action in said}
TEXT_OF = {action: text for said in SENTENCES.values() for action, text in said.items()}
