"""The notices desk keeps four eyes on every text, and what was typed is never lost."""

from datetime import timedelta

from reminders import clock
from tests.portal.conftest import FOOD, Portal, Visitor


def draft(visitor: Visitor, title: str = "换证温馨提示", body: str = "请尽早办理。") -> None:
    visitor.get("/staff/notices/new")
    visitor.post("/staff/notices/new", {"title": title, "body": body})


def submitted(portal: Portal, login: str = "wang") -> Visitor:
    visitor = portal.signed_in(login)
    draft(visitor)
    visitor.get("/staff/notices/1")
    assert "已提交" in visitor.post("/staff/notices/1/submit", {"version": 1})
    return visitor


def test_another_person_publishes_what_was_read(portal: Portal) -> None:
    submitted(portal)
    lead = portal.signed_in("zhao")
    lead.get("/staff/notices/1")
    page = lead.post("/staff/notices/1/approve", {"digest": lead.hidden("digest")})
    assert "已发布" in page
    assert "政务服务网" in page
    assert "等待发送" in page


def test_own_text_is_not_approved(portal: Portal) -> None:
    lead = submitted(portal, "zhao")
    lead.get("/staff/notices/1")
    page = lead.post("/staff/notices/1/approve", {"digest": lead.hidden("digest")})
    assert "不能审核它" in page
    assert "待审核" in page


def test_text_changed_while_reading_voids_the_approval(portal: Portal) -> None:
    officer = submitted(portal)
    lead = portal.signed_in("zhao")
    lead.get("/staff/notices/1")
    seen = lead.hidden("digest")
    officer.get("/staff/notices/1/edit")
    officer.post("/staff/notices/1/edit", {"title": "换证温馨提示", "body": "换过的正文", "version": 1})
    officer.post("/staff/notices/1/submit", {"version": 2})
    assert "作废" in lead.post("/staff/notices/1/approve", {"digest": seen})
    assert portal.visitor().get("/notices/1").count("没有这篇温馨提示") == 1


def test_refused_edit_keeps_what_was_typed(portal: Portal) -> None:
    officer = portal.signed_in("wang")
    draft(officer)
    officer.get("/staff/notices/1/edit")
    page = officer.post("/staff/notices/1/edit", {"title": "", "body": "打了很久的字", "version": 1})
    assert officer.status == 409
    assert "打了很久的字" in page
    assert "标题要有" in page


def test_personal_number_is_named_and_cannot_be_submitted(portal: Portal) -> None:
    officer = portal.signed_in("wang")
    draft(officer, body="请联系张示例 138 0000 0001")
    page = officer.get("/staff/notices/1")
    assert "正文：手机号 13＊＊＊＊" in page
    assert "不能公开个人信息" in officer.post("/staff/notices/1/submit", {"version": 1})


def test_past_date_is_pointed_out_but_not_refused(portal: Portal) -> None:
    officer = portal.signed_in("wang")
    draft(officer, body="请在 2020-01-01 前办理")
    assert "已经过去的日期：2020-01-01" in officer.get("/staff/notices/1")
    assert "已提交" in officer.post("/staff/notices/1/submit", {"version": 1})


def test_generated_draft_can_leave_a_row_out(portal: Portal) -> None:
    officer = portal.signed_in("wang")
    officer.get("/staff/notices/new")
    today = clock.civil_date(clock.now())
    officer.post(
        "/staff/notices/generate",
        {"entry": FOOD, "period_from": today, "period_to": today + timedelta(days=90)},
    )
    first = officer.hidden("drop")
    page = officer.post(
        "/staff/notices/1/edit", {"title": "标题", "body": "正文", "version": 1, "drop": first}
    )
    assert "名单（共 2 家）" in page
    assert "示例0号食品有限公司" not in page


def test_odd_period_is_refused_with_a_sentence(portal: Portal) -> None:
    officer = portal.signed_in("wang")
    for first, last in (("2027-02-01", "2027-01-01"), ("2026-01-01", "2030-01-01"), ("x", "2027-01-01")):
        officer.get("/staff/notices/new")
        values = {"entry": FOOD, "period_from": first, "period_to": last}
        assert "alert-danger" in officer.post("/staff/notices/generate", values)


def test_other_department_neither_sees_nor_touches_it(portal: Portal) -> None:
    submitted(portal)
    stranger = portal.signed_in("qian")
    assert "换证温馨提示" not in stranger.get("/staff/notices/")
    stranger.get("/staff/notices/1")
    assert stranger.status == 404
    stranger.get("/staff/")
    stranger.post("/staff/notices/1/approve", {"digest": "x"})
    assert portal.signed_in("zhao").get("/staff/notices/1").count("待审核")
    assert "换证温馨提示" in portal.signed_in("sun").get("/staff/notices/?state=submitted")


def test_returned_notice_shows_the_reason_to_its_author(portal: Portal) -> None:
    officer = submitted(portal)
    lead = portal.signed_in("zhao")
    lead.get("/staff/notices/1")
    lead.post("/staff/notices/1/return", {"reason": "期间写错了，请改"})
    assert "期间写错了，请改" in officer.get("/staff/notices/1/edit")
