"""方案任务: the duties of the plan, who is responsible for each, and where it is done here."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from portal.session import requires
from reminders.rules.duties import DUTIES
from reminders.rules.permissions import Permission

bp = Blueprint("duties", __name__, url_prefix="/duties")

# Where each duty is done: the page's name, its endpoint, and what opening it takes.
PLACES: dict[int, tuple[tuple[str, str, Permission], ...]] = {
    1: (("目录", "staff.catalogue.show", Permission.SEE_CATALOGUE),),
    2: (
        ("台账", "staff.ledger.index", Permission.SEE_LEDGER),
        ("导入", "staff.imports.index", Permission.IMPORT_LEDGER),
    ),
    3: (
        ("科室分工", "staff.catalogue.duties", Permission.SEE_CATALOGUE),
        ("短信号码检查", "staff.sms_check.index", Permission.SEE_LEDGER),
        ("缺勤和代办", "staff.absences.index", Permission.SET_ABSENCE),
    ),
    4: (
        ("今日工作", "staff.home.show", Permission.SEE_HOME),
        ("电话提醒", "staff.worklist.index", Permission.SEE_WORKLIST),
        ("函告", "staff.letters.index", Permission.SEE_WORKLIST),
        ("预约", "staff.appointments.index", Permission.SEE_WORKLIST),
        ("帮办代办", "staff.answers.index", Permission.SEE_WORKLIST),
        ("模板", "staff.message_templates.index", Permission.SEE_TEMPLATES),
    ),
    5: (("温馨提示", "staff.notices.index", Permission.SEE_NOTICES),),
    6: (("督查", "staff.supervision.show", Permission.SEE_SUPERVISION),),
    7: (("电子证照库", "staff.library.show", Permission.SEE_SUPERVISION),),
    8: (
        ("操作手册", "staff.handbook.index", Permission.SEE_HOME),
        ("宣传品", "staff.publicity.index", Permission.SEE_CATALOGUE),
        ("审管联动", "staff.shares.index", Permission.SEE_SUPERVISION),
    ),
}


@bp.get("/")
@requires(Permission.SEE_SUPERVISION)
def show() -> ResponseReturnValue:
    return render_template("staff/duties.html", duties=DUTIES, places=PLACES)
