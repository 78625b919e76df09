"""The desk of templates sends a wording to its writer, and the account page keeps where to."""

import re

from sqlalchemy import select

from reminders import binding, clock, message_templates, own_messages, own_reach, passes, wordings
from reminders.binding import PassOutcome
from reminders.rules.delivery_rules import SendOutcome
from reminders.rules.wordings import TEXT, TemplateKind
from reminders.tables.staff import Staff
from tests import builders
from tests.portal.conftest import Portal
from tests.portal.test_templates_desk import PLACE, SMS, loaded, typed

ACCOUNT = "/staff/account/"


def id_of(portal: Portal, login: str) -> int:
    with portal.database.read() as session:
        return session.execute(select(Staff.id).where(Staff.login == login)).scalar_one()


def test_officer_proves_a_phone_and_tries_what_was_typed(portal: Portal) -> None:
    loaded(portal)
    officer = portal.signed_in("wang")
    officer.get(PLACE)
    assert "请先在“我的账号”里核实自己的手机" in officer.post(f"{PLACE}/try", typed(SMS.parts[TEXT]))
    assert "还没有核实" in officer.get(ACCOUNT)
    assert "验证码几秒钟内发到" in officer.post(f"{ACCOUNT}phone", {"phone": "138 0000 0077"})
    assert "要得太多了" in officer.post(f"{ACCOUNT}phone", {"phone": "138 0000 0077"})
    with portal.database.begin() as session:
        (wanted,) = own_messages.claim(session, now=clock.now())
    wrong = "000000" if wanted.code != "000000" else "111111"
    assert "验证码不对" in officer.post(f"{ACCOUNT}phone/prove", {"own_code": wrong})
    assert "手机核实好了" in officer.post(f"{ACCOUNT}phone/prove", {"own_code": wanted.code})
    assert "138＊＊＊＊0077" in officer.get(ACCOUNT)
    officer.get(PLACE)
    page = officer.post(f"{PLACE}/try", typed(SMS.parts[TEXT].replace("退订回T", "退订T")))
    trial = officer.path
    assert "正在发给您" in page and "wait.js" in page
    with portal.database.begin() as session:
        (wanted,) = own_messages.claim(session, now=clock.now())
        assert wanted.phone == "13800000077" and wanted.wording is not None
        own_messages.settle(session, wanted.id, SendOutcome.CONFIG_FAULT, "isv.SMS_TEMPLATE_ILLEGAL")
    page = officer.get(trial)
    assert "没有发成" in page and "模板编号不对、没有审核通过" in page and "isv.SMS_TEMPLATE_ILLEGAL" in page
    assert "（试发）《药品经营许可证》" in page and "退订T" in page and "wait.js" not in page
    with portal.database.read() as session:
        assert len(message_templates.history(session, SMS.kind)) == 1  # nothing was saved
    stranger = portal.signed_in("zhao")
    stranger.get(trial)
    assert stranger.status == 404
    officer.get(ACCOUNT)
    assert "还没有核实" in officer.post(f"{ACCOUNT}phone/forget")


def test_officer_links_their_wechat_by_scanning(portal: Portal) -> None:
    officer = portal.signed_in("wang")
    officer.get(ACCOUNT)
    page = officer.post(f"{ACCOUNT}wechat")
    place, now = officer.path, clock.now()
    assert "正在向微信取二维码" in page
    with portal.database.begin() as session:
        (wanted,) = passes.claim_qrs(session, now=now)
        passes.qr_made(session, wanted.pass_id, "https://weixin.example/q/1")
    page = officer.get(place)
    assert "用您自己的微信扫" in page and wanted.scene not in page
    assert "用过了" in portal.signed_in("zhao").get(place)  # nobody else sees it
    with portal.database.begin() as session:
        person = builders.follower(session)
        assert binding.bring(session, person.id, wanted.scene, now=now).outcome is PassOutcome.STAFF_LINKED
    page = officer.get(place)
    assert "用过了" in page and "已关联" in page
    assert "已取消关联" in officer.post(f"{ACCOUNT}wechat/forget")
    with portal.database.read() as session:
        assert not own_reach.reach_of(session, id_of(portal, "wang")).has_wechat


def test_version_is_tried_by_its_number_and_calls_are_not(portal: Portal) -> None:
    loaded(portal)
    with portal.database.begin() as session:
        actor = builders.actor(session.get_one(Staff, id_of(portal, "zhao")))
        own_reach.keep_phone(session, "13800000077", actor=actor, now=clock.now())
        current = message_templates.overview(session)
        number = next(one.in_force.id for one in current if one.kind is SMS.kind and one.in_force)
        assert wordings.in_force(session, TemplateKind.SMS_SINGLE) == SMS
    lead = portal.signed_in("zhao")
    assert "发给自己试一试" in lead.get(f"/staff/templates/versions/{number}")
    lead.post(f"/staff/templates/versions/{number}/try")
    assert re.fullmatch(r"/staff/templates/trials/\d+", lead.path)
    assert "发给自己试一试" not in lead.get("/staff/templates/call")
    assert "没有试发" in lead.post("/staff/templates/call/try", {"reason": ""})


def test_administrator_has_nothing_to_try(portal: Portal) -> None:
    administrator = portal.signed_in("wu")
    assert "试发模板用的微信和手机" not in administrator.get(ACCOUNT)
    administrator.post(f"{ACCOUNT}phone", {"phone": "13800000077"})
    assert administrator.status == 403
