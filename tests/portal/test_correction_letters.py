"""Whom a letter told something wrong gets a letter of correction: shown, printed as A4, posted."""

import io
from datetime import timedelta

import docx
import pypdfium2
from sqlalchemy import select, update

from reminders import clock
from reminders.tables.audit import AuditEntry
from reminders.tables.ledger import License
from tests import builders_console as made
from tests.builders_console import Corner
from tests.portal.conftest import FOOD, Portal

DESK = "/staff/corrections/by-hand"


def letter(portal: Portal) -> tuple[int, str, str]:
    """The letter, the day it was told, and the day the ledger has by now."""
    with portal.database.begin() as session:
        delivery_id = made.correction_letter(session, Corner(FOOD, "更正示例", clock.now()))
        row = session.execute(select(License).order_by(License.id.desc()).limit(2)).scalars().all()[-1]
        assert row.expires_on is not None
        right = row.expires_on + timedelta(days=365)
        session.execute(update(License).where(License.id == row.id).values(expires_on=right))
        return delivery_id, f"{row.expires_on - timedelta(days=365)}", f"{right}"


def test_letter_of_correction_is_shown_printed_and_posted(either_portal: Portal) -> None:
    delivery_id, _, right = letter(either_portal)
    officer = either_portal.signed_in("wang")
    assert f"{DESK}/{delivery_id}/letter" in officer.get(DESK)
    page = officer.get(f"{DESK}/{delivery_id}/letter")
    for words in ("证照到期提醒更正函", "更正示例", "日期写错了", "原来告知", "更正为", right, "校验码"):
        assert words in page, words
    officer.post(f"{DESK}/{delivery_id}/letter", {"kind": "pdf"})
    assert officer.last is not None
    assert officer.last.headers["Cache-Control"] == "no-store"
    (sheet,) = pypdfium2.PdfDocument(officer.last.data)
    assert (round(sheet.get_width()), round(sheet.get_height())) == (595, 842)
    assert "更正函" in sheet.get_textpage().get_text_bounded()
    officer.get(f"{DESK}/{delivery_id}/letter")
    officer.post(f"{DESK}/{delivery_id}/letter", {"kind": "docx"})
    said = "\n".join(one.text for one in docx.Document(io.BytesIO(officer.last.data)).paragraphs)
    assert right in said
    officer.get(DESK)
    assert "已记录" in officer.post(f"{DESK}/{delivery_id}", {"outcome": "told"})
    officer.get(f"{DESK}/{delivery_id}/letter")
    assert officer.status == 404
    with either_portal.database.read() as session:
        acts = session.execute(select(AuditEntry.action)).scalars().all()
    assert acts.count("correction.print") == 2


def test_letter_of_another_department_or_for_a_call_is_not_there(portal: Portal) -> None:
    delivery_id, *_ = letter(portal)
    with portal.database.begin() as session:
        call = made.correction_by_hand(session, Corner(FOOD, "电话更正示例", clock.now()))
    stranger = portal.signed_in("qian")
    stranger.get(f"{DESK}/{delivery_id}/letter")
    assert stranger.status == 404
    officer = portal.signed_in("wang")
    officer.get(f"{DESK}/{call}/letter")
    assert officer.status == 404
    officer.get(f"{DESK}/{delivery_id}/letter")
    assert "请选择 PDF 或 Word" in officer.post(f"{DESK}/{delivery_id}/letter", {"kind": "exe"})
