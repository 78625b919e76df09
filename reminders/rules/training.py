"""What a newcomer does in a practice installation: tasks per role, each step proved by what happened."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from reminders.rules.lifecycle import Role


@dataclass(frozen=True)
class Step:
    """`proofs` are actions of the audit: any of them, by the learner, `times` times, makes the step done.

    `by_anybody` is for what a holder does on the sandbox phone, which the learner plays.
    """

    words: str
    page: str  # address where it is done
    proofs: tuple[str, ...]
    times: int = 1
    by_anybody: bool = False


@dataclass(frozen=True)
class Task:
    title: str
    chapter: str  # of the handbook
    steps: tuple[Step, ...]


@dataclass(frozen=True)
class Happened:
    """How an action stands in the audit: the moments, oldest first, as many as any step asks for."""

    own: list[datetime]
    anybody: list[datetime]


PHONE = "/phone"  # at the sandbox
ACCOUNT = Task(
    "登录和账号",
    "sign-in",
    (
        Step("用密码和动态码登录。", "/staff/", ("staff.sign_in", "staff.enrol")),
        Step("在“我的账号”里重新生成一套恢复码。", "/staff/account/", ("staff.renew_codes",)),
    ),
)
HOLDER = Task(
    "看持证人收到什么",
    "practice",
    (
        Step(
            "打开模拟手机，选一个人，关注公众号，发送“绑定”，再回复“同意”。",
            PHONE,
            ("consent.give",),
            by_anybody=True,
        ),
    ),
)
ABSENCE = Task(
    "请假和交接",
    "absence",
    (
        Step("登记一天缺勤，选一位代办人。", "/staff/absences/", ("absence.mark",)),
        Step("再把它取消。", "/staff/absences/", ("absence.call_off",)),
    ),
)
NOTICE = Task(
    "写一篇温馨提示",
    "notices",
    (
        Step("按台账生成一篇草稿。", "/staff/notices/new", ("notice.generate",)),
        Step("改一改正文，保存。", "/staff/notices/", ("notice.edit",)),
        Step("提交审核。", "/staff/notices/", ("notice.submit",)),
    ),
)
REVIEW = Task(
    "审核别人写的温馨提示",
    "notices",
    (
        Step(
            "退回一篇，写明原因（没有待审核的，请另一位同事提交一篇）。",
            "/staff/notices/",
            ("notice.return",),
        ),
        Step("审核通过一篇，看它在门户上出现。", "/staff/notices/", ("notice.publish", "notice.schedule")),
    ),
)
WITHDRAWAL = Task(
    "撤回发错的温馨提示",
    "notices",
    (Step("撤回一篇已发布的，写明原因。", "/staff/notices/", ("notice.withdraw",)),),
)
WORDING = Task(
    "改一个消息模板",
    "templates",
    (
        Step(
            "改电话的话，预览和试算，写明为什么，保存等待批准。",
            "/staff/templates/",
            ("template.propose",),
        ),
        Step("再撤回它。", "/staff/templates/", ("template.take_back",)),
    ),
)
CATALOGUE = Task(
    "改证照目录",
    "catalogue",
    (
        Step(
            "给一类证照写新的一版，从明天起生效：先看影响，再保存。",
            "/staff/catalogue/",
            ("catalogue_version.save",),
        ),
        Step("生效之前取消这一版。", "/staff/catalogue/", ("catalogue_version.call_off",)),
    ),
)
BRAKE = Task(
    "停止和恢复发送",
    "sending",
    (
        Step("写明原因，停止全部发送，看今日工作上方的红条。", "/staff/sending/", ("sending.stop",)),
        Step("恢复发送。", "/staff/sending/", ("sending.start",)),
    ),
)
EXPORT = Step("导出今后三个月内期满的台账。", "/staff/ledger/", ("ledger.export",))
REVEAL = Step("打开一个持证人的记录，写明理由，看一次完整号码。", "/staff/ledger/", ("contact.reveal_phone",))
IMPORTS = "/staff/ledger/imports/"
IMPORT = Task(
    "导入台账",
    "import",
    (
        Step("在导出的表里把一个联系方式写成“不知道”，上传看结果。", IMPORTS, ("ledger.preview",)),
        Step("在红色的格子里填新号码（如 13800000888），重新检查。", IMPORTS, ("ledger.mend",)),
        Step("确认导入。", IMPORTS, ("ledger.accept",)),
        Step("再把这次导入撤销。", IMPORTS, ("ledger.undo",)),
    ),
)

TASKS: dict[Role, tuple[Task, ...]] = {
    Role.OFFICER: (
        ACCOUNT,
        HOLDER,
        Task("查台账", "ledger", (REVEAL, EXPORT)),
        IMPORT,
        Task(
            "打电话",
            "calls",
            (
                Step("显示一个完整号码。", "/staff/worklist/", ("call.reveal_phone",)),
                Step(
                    "记三个电话的结果：一个“已告知”，一个“无人接听”，一个“空号”。",
                    "/staff/worklist/",
                    ("call.record",),
                    times=3,
                ),
            ),
        ),
        Task(
            "写函寄函",
            "letters",
            (
                Step(
                    "把“空号”那一家的函编成一批。",
                    "/staff/letters/",
                    ("letter_batch.prepare",),
                ),
            ),
        ),
        Task(
            "在窗口帮人绑定",
            "binding",
            (Step("给一个持证人开纸质绑定码或二维码。", "/staff/ledger/", ("pass.issue",)),),
        ),
        NOTICE,
        ABSENCE,
    ),
    Role.LEAD: (
        ACCOUNT,
        HOLDER,
        REVIEW,
        Task(
            "签发函告",
            "letters",
            (Step("签发专员编好的一批函。", "/staff/letters/batches/", ("letter_batch.issue",)),),
        ),
        Task(
            "回复整改通知",
            "supervision",
            (Step("写整改情况，回复业务科发来的通知。", "/staff/inspections/", ("order.answer",)),),
        ),
        Task("查台账", "ledger", (REVEAL, EXPORT)),
        CATALOGUE,
        WORDING,
        ABSENCE,
    ),
    Role.SUPERVISOR: (
        ACCOUNT,
        HOLDER,
        Task(
            "看指标、出报告",
            "supervision",
            (Step("下载一份本月的报告。", "/staff/supervision/", ("report.write",)),),
        ),
        Task(
            "抽查和整改",
            "supervision",
            (
                Step("抽取一组证照。", "/staff/inspections/", ("sample.draw",)),
                Step("核对两本，写下结论。", "/staff/inspections/", ("sample.find",), times=2),
                Step("给一个科室发整改通知。", "/staff/inspections/", ("order.issue",)),
            ),
        ),
        Task(
            "核实时限",
            "catalogue",
            (
                Step(
                    "打开一种还没核实的证照，写下依据、条款和在哪里读到的，记为已核实。",
                    "/staff/catalogue/unconfirmed",
                    ("catalogue_version.save",),
                ),
            ),
        ),
        BRAKE,
        REVIEW,
        WITHDRAWAL,
    ),
    Role.OFFICE: (ACCOUNT, HOLDER, CATALOGUE, NOTICE, REVIEW, WITHDRAWAL, WORDING),
    Role.SYSTEM_ADMIN: (ACCOUNT, BRAKE),
    Role.SECURITY_ADMIN: (
        ACCOUNT,
        Task(
            "管账号",
            "accounts",
            (
                Step("邀请一位新同事。", "/staff/accounts/", ("staff.add",)),
                Step("给一个账号解除锁定。", "/staff/accounts/", ("staff.unlock",)),
                Step("停用一个练习用的账号。", "/staff/accounts/", ("staff.close",)),
                Step("再启用它。", "/staff/accounts/", ("staff.open",)),
                Step("重新邀请一个人。", "/staff/accounts/", ("staff.invite",), times=2),
            ),
        ),
    ),
    Role.AUDIT_ADMIN: (
        ACCOUNT,
        Task(
            "看审计",
            "audit",
            (
                Step(
                    "用完整的编号查一本证照的有关记录（练习里可以填 SLYP900001）。",
                    "/staff/audit/",
                    ("audit.look_up",),
                ),
                Step("导出筛选出的记录。", "/staff/audit/", ("audit.export",)),
                Step("让系统从头核对一遍审计链。", "/staff/audit/", ("audit.restart",)),
            ),
        ),
    ),
}


@dataclass(frozen=True)
class StepDone:
    step: Step
    at: datetime | None  # when it was done, None: not yet
    times: int


@dataclass(frozen=True)
class TaskDone:
    task: Task
    steps: tuple[StepDone, ...]

    @property
    def at(self) -> datetime | None:
        """When its last step was done."""
        moments = [one.at for one in self.steps]
        return max(one for one in moments if one) if all(moments) else None


def actions(role: Role) -> set[str]:
    return {action for task in TASKS[role] for step in task.steps for action in step.proofs}


def progress(role: Role, happened: Mapping[str, Happened]) -> tuple[TaskDone, ...]:
    return tuple(TaskDone(task, tuple(_done(step, happened) for step in task.steps)) for task in TASKS[role])


def _done(step: Step, happened: Mapping[str, Happened]) -> StepDone:
    found = [happened[action] for action in step.proofs if action in happened]
    moments = sorted(at for one in found for at in (one.anybody if step.by_anybody else one.own))
    is_done = len(moments) >= step.times
    return StepDone(step, moments[step.times - 1] if is_done else None, min(len(moments), step.times))
