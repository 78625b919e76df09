"""An officer's letters of a day: in a batch, signed by the lead, printed with numbers, posted, returned."""

import re

from sqlalchemy import select

from reminders import clock
from reminders.tables.audit import AuditEntry
from tests.portal.conftest import Portal
from tests.portal.test_letters_desk import DESK, letter

BATCHES = f"{DESK}batches/"


def test_batch_goes_from_the_list_to_the_post(portal: Portal) -> None:
    with portal.database.begin() as session:
        delivery_id = letter(session)
    today = clock.civil_date(clock.now())
    officer, lead = portal.signed_in("wang"), portal.signed_in("zhao")
    officer.get(DESK)
    assert "请先勾选" in officer.post(BATCHES)
    page = officer.post(BATCHES, {"letter": delivery_id})
    assert "等科室负责人签发" in page
    assert "签发后编号" in page
    batch = officer.path
    assert "现在没有要寄的函" in officer.get(DESK)
    assert "等签发" in officer.get(DESK)
    officer.post(f"{batch}/issue")
    assert officer.status == 403
    lead.get(batch)
    page = lead.post(f"{batch}/issue")
    number = f"函〔{today.year}〕1号"
    assert number in page
    officer.get(batch)
    officer.post(f"{batch}/file", {"kind": "pdf"})
    assert officer.last is not None
    assert officer.last.data.startswith(b"%PDF-1.7")
    assert officer.last.headers["Cache-Control"] == "no-store"
    officer.get(batch)
    officer.post(f"{batch}/file", {"kind": "docx"})
    assert officer.last.data.startswith(b"PK")
    page = officer.get(batch)
    (field,) = re.findall(r'name="(tracking_\d+)"', page)
    assert "请填写寄出的函的邮件号码" in officer.post(f"{batch}/posted", {"posted_on": f"{today}"})
    page = officer.post(f"{batch}/posted", {field: "EA123456789CN", "posted_on": f"{today}"})
    assert "已登记寄出 1 封" in page
    assert "已寄出，等待签收" in page
    for asked in ("EA123456789CN", f"〔{today.year}〕1号"):
        page = officer.get(f"{DESK}find?number={asked}")
        assert number in page
        assert "登记退信" in page
    officer.get(f"{DESK}find?number=0000000000")
    assert officer.status == 404
    officer.get(f"{DESK}posted")
    officer.post(f"{DESK}{delivery_id}/returned", {"note": "查无此人"})
    officer.get(f"{DESK}find?number=EA123456789CN")
    assert officer.status == 404
    with portal.database.read() as session:
        acts = set(session.execute(select(AuditEntry.action)).scalars())
    assert {"letter_batch.prepare", "letter_batch.issue", "letter_batch.print", "letter.post"} <= acts


def test_signed_letter_is_voided_with_its_reason(portal: Portal) -> None:
    with portal.database.begin() as session:
        letter(session)
    officer, lead = portal.signed_in("wang"), portal.signed_in("zhao")
    officer.get(DESK)
    officer.post(BATCHES, {"all": "yes"})
    batch = officer.path
    lead.get(batch)
    paper = re.search(r"papers/(\d+)/void", lead.post(f"{batch}/issue"))
    assert paper
    officer.get(batch)
    assert "请填写作废的原因" in officer.post(f"{BATCHES}papers/{paper[1]}/void", {"reason": ""})
    page = officer.post(f"{BATCHES}papers/{paper[1]}/void", {"reason": "地址写错"})
    assert "地址写错" in page
    assert "示例0号食品有限公司" in officer.get(DESK)


def test_other_department_finds_no_such_batch(portal: Portal) -> None:
    with portal.database.begin() as session:
        letter(session)
    officer, stranger = portal.signed_in("wang"), portal.signed_in("qian")
    officer.get(DESK)
    officer.post(BATCHES, {"all": "yes"})
    batch = officer.path
    assert "还没有批次" in stranger.get(BATCHES)
    stranger.get(batch)
    assert stranger.status == 404
