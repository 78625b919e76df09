"""An officer lets a holder bind: a QR code on the receipt or the letter, a code on paper shown once."""

import re
from datetime import timedelta

from sqlalchemy import select

from reminders import clock, passes
from reminders.rules import pass_code
from reminders.rules.lifecycle import BindHow
from reminders.tables.audit import AuditEntry
from reminders.tables.ledger import License
from reminders.tables.passes import BindPass, BindPassLicense
from tests.portal.conftest import Portal, Visitor
from tests.portal.test_letters_desk import DESK as LETTERS
from tests.portal.test_letters_desk import letter, posted

SAYS = "http://weixin.qq.com/q/example"
CODE = re.compile(r"[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}")


def first_license(portal: Portal) -> int:
    with portal.database.read() as session:
        return session.execute(select(License.id).order_by(License.id).limit(1)).scalar_one()


def at_the_counter(portal: Portal) -> tuple[Visitor, int]:
    license_id = first_license(portal)
    officer = portal.signed_in("wang")
    assert f"/staff/binding/licenses/{license_id}" in officer.get("/staff/ledger/")
    officer.get(f"/staff/binding/licenses/{license_id}")
    return officer, license_id


def draw(portal: Portal) -> None:
    """What the job does, without the platform."""
    with portal.database.begin() as session:
        for wanted in passes.claim_qrs(session, now=clock.now()):
            passes.qr_made(session, wanted.pass_id, SAYS)


def test_receipt_waits_for_the_code_and_prints_it(portal: Portal) -> None:
    officer, license_id = at_the_counter(portal)
    waiting = officer.post(f"/staff/binding/licenses/{license_id}/receipt", {"license": license_id})
    assert "正在向微信取二维码" in waiting
    assert "wait.js" in waiting
    draw(portal)
    paper = officer.get(officer.path)
    assert 'src="data:image/svg+xml' in paper
    assert "示例0号食品有限公司" in paper
    assert "只能用一次" in paper
    assert SAYS not in paper  # only the picture says it
    assert "窗口回执上的二维码" in officer.get(f"/staff/binding/licenses/{license_id}")


def test_paper_code_is_shown_once_and_audited_without_it(portal: Portal) -> None:
    officer, license_id = at_the_counter(portal)
    slip = officer.post(f"/staff/binding/licenses/{license_id}/code", {"license": license_id, "days": 7})
    found = CODE.search(slip)
    assert found
    assert "7 天内有效" in slip
    assert officer.last is not None
    assert "no-store" in officer.last.headers["Cache-Control"]
    assert found[0] not in officer.get(f"/staff/binding/licenses/{license_id}")
    with portal.database.read() as session:
        given = session.execute(select(BindPass)).scalar_one()
        code = pass_code.tidy(found[0])
        assert code
        assert given.secret_hash == passes.secret_hash(session, code)
        assert given.expires_at - given.created_at == timedelta(days=7)
        told = session.execute(select(AuditEntry).where(AuditEntry.action == "pass.issue")).scalar_one()
    assert told.actor == given.issued_by
    assert code not in told.detail


def test_code_is_withdrawn(portal: Portal) -> None:
    officer, license_id = at_the_counter(portal)
    officer.post(f"/staff/binding/licenses/{license_id}/code", {"license": license_id, "days": 3})
    with portal.database.read() as session:
        pass_id = session.execute(select(BindPass.id)).scalar_one()
    officer.get(f"/staff/binding/licenses/{license_id}")
    assert "已作废" in officer.post(f"/staff/binding/passes/{pass_id}/withdraw")
    officer.get(f"/staff/binding/licenses/{license_id}")
    assert "已经用过、过期或作废" in officer.post(f"/staff/binding/passes/{pass_id}/withdraw")


def test_nothing_chosen_and_odd_days_are_refused_in_words(portal: Portal) -> None:
    officer, license_id = at_the_counter(portal)
    assert "没有选中证照" in officer.post(f"/staff/binding/licenses/{license_id}/receipt")
    wrong = {"license": license_id, "days": 400}
    assert "有效期请选" in officer.post(f"/staff/binding/licenses/{license_id}/code", wrong)


def test_other_department_finds_nothing(portal: Portal) -> None:
    license_id = first_license(portal)
    stranger = portal.signed_in("qian")
    assert "没有找到" in stranger.get(f"/staff/binding/licenses/{license_id}")
    assert stranger.status == 404
    stranger.get("/staff/")
    assert "没有找到" in stranger.post(
        f"/staff/binding/licenses/{license_id}/code", {"license": license_id, "days": 3}
    )


def test_letter_carries_a_code_for_what_it_says(portal: Portal) -> None:
    with portal.database.begin() as session:
        delivery_id = letter(session)
    officer = portal.signed_in("wang")
    assert "加上绑定二维码" in officer.get(f"{LETTERS}{delivery_id}")
    assert "正在向微信取二维码" in officer.post(f"{LETTERS}{delivery_id}/qr")
    draw(portal)
    paper = officer.get(f"{LETTERS}{delivery_id}")
    assert 'src="data:image/svg+xml' in paper
    assert "用微信扫一扫" in paper
    officer.post(f"{LETTERS}{delivery_id}/qr")  # again: the same code
    with portal.database.read() as session:
        made = session.execute(select(BindPass)).scalar_one()
        assert (made.how, made.delivery_id) == (BindHow.LETTER, delivery_id)
        meant = session.execute(select(BindPassLicense.license_id)).scalars().all()
    assert meant == [first_license(portal)]


def test_returned_letter_ends_its_code(portal: Portal) -> None:
    with portal.database.begin() as session:
        delivery_id = letter(session)
    officer = portal.signed_in("wang")
    officer.get(f"{LETTERS}{delivery_id}")
    officer.post(f"{LETTERS}{delivery_id}/qr")
    draw(portal)
    posted(portal, officer, delivery_id)
    with portal.database.read() as session:
        assert session.execute(select(BindPass.ended_at)).scalar_one() is None
    officer.get(f"{LETTERS}posted")
    officer.post(f"{LETTERS}{delivery_id}/returned", {"note": "迁移新址不明"})
    with portal.database.read() as session:
        assert session.execute(select(BindPass.ended_at)).scalar_one() is not None
