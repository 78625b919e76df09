"""A day of each role in a real browser, by the keyboard alone, through the pages that people have."""

from datetime import timedelta

import pytest

from reminders import clock
from tests import builders_console as made
from tests import builders_ledger
from tests.browser.town import CHROMIUM, MARK, Town, town
from tests.builders_renewals import share

__all__ = ["town"]  # a fixture

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="SKIPPED LOUDLY: no Chromium, so nobody worked a day"),
]


def in_days(days: int) -> str:
    return f"{clock.civil_date(clock.now()) + timedelta(days=days)}"


def test_officer_calls_writes_and_answers(town: Town) -> None:
    town.make(made.call, made.call, made.letter, made.answer, made.words_of_a_holder)
    keys = town.at_work("wang")
    keys.says("待打电话")
    keys.row("待打电话")
    keys.enter("/worklist/")
    keys.press("j")
    keys.push("显示完整号码", "/phone")
    assert str(keys.here()["name"]).startswith("1"), "the focus is on the number"
    keys.press("1")
    assert keys.here()["name"] == "已告知"
    keys.write("备注", "老板本人接的")
    keys.push("保存", "/worklist/")
    keys.says("已记录。")
    assert keys.here()["name"] == f"{MARK}人", "the focus is on the next call"
    keys.press("2")
    keys.push("保存")
    keys.says("现在没有要打的电话。")
    keys.open("函告")
    keys.to(f"选 {MARK}")
    keys.press("Space")
    keys.push("把勾选的编成一批", r"/batches/\d+")
    keys.says("等科室负责人签发")
    keys.open("回答")
    keys.press("j")
    keys.write("核对结果或备注", "已约周三上门")
    keys.push("已办")
    keys.says("现在没有要核对的回答。")
    keys.open("评价")
    keys.press("j")
    keys.push("已处理")
    keys.says("现在没有要处理的评价和纠错。")


def test_officer_writes_a_notice_and_looks_into_the_ledger(town: Town) -> None:
    keys = town.at_work("wang")
    keys.open("温馨提示")
    keys.push("新建", "/notices/new")
    keys.choose("证照", "食品生产许可证")
    keys.push("生成草稿", r"/notices/\d+")
    keys.write("标题", f"{MARK}换证温馨提示")
    keys.push("保存并预览")
    keys.push("提交审核")
    keys.says("待审核")
    keys.open("台账")
    keys.write("查找", "示例1号食品有限公司")
    keys.enter("search=")
    keys.press("j")
    keys.enter(r"/holders/\d+")
    keys.write("查看完整号码的理由", "来电核对")
    keys.push("显示号码")
    keys.says("13800000101")
    assert keys.here()["name"] == "13800000101", "the focus is on the number"


def test_officer_imports_a_ledger(town: Town) -> None:
    row = [1, f"{MARK}进口有限公司", "食品生产许可证", in_days(300), "张示例", "13800000555"]
    content = builders_ledger.xlsx(builders_ledger.annex2([[*row, None, None, "SC10637100555"]]))
    keys = town.at_work("wang")
    keys.open("导入")
    keys.hands_in("选择台账文件", "十一月台账.xlsx", content)
    keys.push("上传并检查", r"/imports/\d+")
    keys.says("没有错误。")
    keys.push("确认导入 1 行")
    keys.says("已导入")
    keys.open("导入")
    keys.row("十一月台账.xlsx")


def test_officer_mends_a_cell_imports_and_takes_it_back(town: Town) -> None:
    one = [f"{MARK}一号有限公司", "食品生产许可证", in_days(300), "张示例", "13800000556"]
    two = [f"{MARK}二号有限公司", "食品生产许可", "明年", "李示例", "13800000557"]
    rows = [[1, *one, None, None, "SC1"], [2, *two, None, None, "SC2"]]
    keys = town.at_work("wang")
    keys.open("导入")
    keys.hands_in("选择台账文件", "十二月台账.xlsx", builders_ledger.xlsx(builders_ledger.annex2(rows)))
    keys.push("上传并检查", r"/imports/\d+")
    keys.says("有 1 行有误。")
    keys.write("第 5 行 期满日期", in_days(310))
    keys.push("都改为“食品生产许可证”")
    keys.says("没有错误。")
    keys.push("确认导入 2 行")
    keys.says("已导入")
    keys.to("我要撤销这次导入")
    keys.press("Space")
    keys.push("撤销导入")
    keys.says("已撤销")
    keys.open("台账")
    keys.write("查找", f"{MARK}二号有限公司")
    keys.enter("search=")
    keys.says("没有符合条件的证照")


def test_lead_reviews_signs_answers_and_goes_on_leave(town: Town) -> None:
    town.make(made.submitted, made.unsigned_batch, made.order)
    keys = town.at_work("zhao")
    keys.row("温馨提示待审核")
    keys.enter("state=submitted")
    keys.press("j")
    keys.enter(r"/notices/\d+")
    keys.push("审核通过并发布")
    keys.says("已发布")
    keys.open("函告")
    keys.push("批次")
    keys.press("j")
    keys.enter(r"/batches/\d+")
    keys.push("签发")
    keys.says("已签发")
    keys.open("督查")
    keys.push("抽查和整改")
    keys.write("整改情况", "已补上联系方式")
    keys.push("回复")
    keys.says("已补上联系方式")
    keys.open("缺勤")
    keys.choose("代办人", "qian示例")
    keys.push("登记")
    keys.says("qian示例代办")
    keys.push("取消")
    keys.says("没有登记的缺勤。")


def test_supervising_section_inspects_and_orders(town: Town) -> None:
    keys = town.at_work("sun")
    keys.open("督查")
    assert keys.downloads("Word").endswith(".docx")
    keys.push("抽查和整改")
    keys.write("数量", "2")
    keys.push("抽取", "/samples/")
    keys.press("j")
    keys.push("合格")
    keys.press("j")
    keys.write("说明", "联系人已离职")
    keys.push("有问题")
    keys.says("联系人已离职")
    keys.date("整改期限", in_days(14))
    keys.push("发出", "/inspections/")
    keys.says("待回复")


def test_general_office_writes_and_withdraws(town: Town) -> None:
    [_] = town.make(made.published)
    keys = town.at_work("zhou")
    keys.open("温馨提示")
    keys.push("新建")
    keys.to("生成草稿")
    keys.write("标题", f"{MARK}通知")
    keys.write("正文", "各持证单位请按期办理。")
    keys.push("存为草稿")
    keys.push("保存并预览")
    keys.push("提交审核")
    keys.says("审核")
    keys.open("温馨提示")
    keys.push("已发布", "state=published")
    keys.press("j")
    keys.enter(r"/notices/\d+")
    keys.write("撤回原因", "发早了")
    keys.push("撤回")
    keys.says("已撤回")
    keys.open("目录")
    keys.says("证照目录")


def test_system_administrator_stops_and_starts(town: Town) -> None:
    town.make(made.alarm)
    keys = town.at_work("wu")
    keys.push("我来处理")
    keys.says("wu示例 已看到")
    keys.open("发送开关")
    keys.write("停止的原因", "演练")
    keys.push("停止全部发送")
    keys.says("已停止")
    keys.push("恢复发送")
    keys.says("正在发送")


def test_security_administrator_invites_and_closes(town: Town) -> None:
    keys = town.at_work("zheng")
    keys.open("账号")
    keys.push("解除锁定 wang示例")
    keys.push("停用 zhou示例")
    keys.says("已停用")
    keys.push("启用 zhou示例")
    keys.write("账号", "xin")
    keys.write("姓名", "新示例")
    keys.write("工号", "9001")
    keys.choose("岗位", "办公室")
    keys.push("生成邀请码")
    keys.says("请把邀请码交给本人")
    keys.push("回到账号列表")
    keys.says("新示例")


def test_audit_administrator_searches_and_exports(town: Town) -> None:
    keys = town.at_work("wei")
    keys.open("审计")
    keys.choose("人员", "wei示例")
    keys.push("筛选", "person=")
    keys.says("wei示例")
    keys.write("证照编号、统一社会信用代码", "SC1063710020000")
    keys.push("查有关记录")
    assert keys.downloads("导出").endswith(".xlsx")


def test_template_is_written_by_one_and_let_out_by_another(town: Town) -> None:
    keys = town.at_work("wang")
    keys.open("模板")
    keys.push("电话话术", "/templates/call")
    keys.write("开场", "您好，这里是{审批科室}。{称呼}")
    keys.write("为什么改", "短一些")
    keys.push("预览和试算", "/templates/call/look")
    keys.says("今后 30 天试算")
    keys.push("保存，等待批准", r"/templates/")
    keys.says("等另一位负责人批准")
    keys = town.at_work("zhao")
    keys.open("模板")
    keys.push("第 1 版，wang示例", r"/versions/\d+")
    keys.push("批准，立即生效")
    keys.says("从现在起照这一版")
    keys.open("模板")
    keys.push("电话话术的历史", "/history")
    keys.says("短一些")


def test_catalogue_is_changed_rested_and_confirmed(town: Town) -> None:
    town.make(made.entry_in_force)
    keys = town.at_work("zhao")
    keys.open("目录")
    keys.push("食品生产许可证", r"/catalogue/\d+")
    keys.write("材料清单", "申请表；营业执照")
    keys.date("从哪天起生效", in_days(30))
    keys.write("为什么改", "按新办法")
    keys.push("先看影响", "/look")
    keys.says("本的提醒日期会变")
    keys.push("数字无误，保存这一版", r"/catalogue/\d+")
    keys.says("将生效")
    keys.push("取消这一版")
    keys.write("原因和依据", "等新办法")
    keys.push("暂停提醒")
    keys.says("已暂停")
    keys.push("恢复提醒")
    keys.open("目录")
    keys.push("科室分工", "/duties")
    keys.push("市场准入二科", r"/departments/\d+")
    keys.write("服务电话", "0631-0000002")
    keys.push("保存")
    keys.says("0631-0000002")
    keys = town.at_work("sun")
    keys.open("目录")
    keys.push("待核实的时限", "/unconfirmed")
    keys.push("道路客运站经营许可证", r"/catalogue/\d+")
    keys.write("条款", "第五十条")
    keys.write("在哪里读到的", "国家法律法规数据库")
    keys.push("记为已核实")
    keys.says("已核实")


def test_supervising_section_names_regulators_and_asks_again(town: Town) -> None:
    town.make(share)
    keys = town.at_work("sun")
    keys.open("审管联动")
    keys.write("食品生产许可证的监管部门", "示例市场监督管理局")
    keys.push("保存食品生产许可证的监管部门")
    keys.says("已保存")
    keys.push("被退回 1", "state=failed")
    keys.push("重试")
    keys.says("马上重新推送")
    keys.open("电子证照库")
    keys.says("还没有接入电子证照库")


def test_question_mark_shows_the_keys_and_handbook_is_a_key_away(town: Town) -> None:
    keys = town.at_work("wang")
    keys.past_the_menu()
    keys.press("?")
    assert keys.page.locator("dialog#keys").is_visible()
    keys.press("Escape")
    assert not keys.page.locator("dialog#keys").is_visible()
    keys.page.goto(f"{town.base}/staff/worklist/")
    keys.push("本页怎么用", "/handbook/calls")
    keys.says("通话结果")


def test_focus_was_seen_wherever_a_day_led(town: Town) -> None:
    assert town.unseen == []
