"""The supervising section's desk: figures that open, samples, findings, orders, reports."""

import io
import re
from datetime import timedelta

import openpyxl
import pytest
from sqlalchemy import select

from reminders import clock
from reminders.rules.supervision import DEFINITIONS, NAMES, Figure
from reminders.tables.audit import AuditEntry
from reminders.tables.ledger import License
from tests.portal.conftest import Portal

DESK, SAMPLES = "/staff/supervision/", "/staff/inspections/"
LINK = re.compile(r'href="(/staff/supervision/rows[^"]+)">')


def one_expired(portal: Portal) -> None:
    with portal.database.begin() as session:
        row = session.execute(select(License).order_by(License.id)).scalars().first()
        assert row is not None
        row.expires_on = clock.civil_date(clock.now()) - timedelta(days=1)
        row.created_at = clock.now() - timedelta(days=200)


def this_week() -> str:
    today = clock.civil_date(clock.now())
    return f"since={today - timedelta(days=7)}&until={today}"


def test_page_defines_every_figure_and_each_opens_its_rows(portal: Portal) -> None:
    one_expired(portal)
    visitor = portal.signed_in("sun")
    page = visitor.get(f"{DESK}?{this_week()}")
    for figure in Figure:
        assert NAMES[figure] in page
        assert DEFINITIONS[figure] in page
    links = [link.replace("&amp;", "&") for link in LINK.findall(page)]
    assert {re.search(r"figure=(\w+)", link)[1] for link in links} >= {  # type: ignore[index]
        "coverage",
        "completeness",
        "reach",
        "on_time",
        "lapse",
    }
    for link in links:
        assert "没有这样的记录" not in visitor.get(link)
        assert visitor.status == 200
    lapse = next(link for link in links if "figure=lapse" in link)
    assert "示例0号食品有限公司" in visitor.get(lapse)
    assert "没有这样的记录" in visitor.get(f"{lapse}&counted=no")


@pytest.mark.parametrize(
    "address",
    ["?since=2026-02-01&until=2026-01-01", "?since=heute&until=", "rows?figure=x", "messages?channel=x"],
)
def test_senseless_question_is_answered_with_a_sentence(portal: Portal, address: str) -> None:
    visitor = portal.signed_in("sun")
    assert "请" in visitor.get(f"{DESK}{address}")
    assert visitor.status == 400


@pytest.mark.parametrize(("kind", "start"), [("pdf", b"%PDF"), ("docx", b"PK"), ("xlsx", b"PK")])
def test_report_is_downloaded_and_put_on_record(portal: Portal, kind: str, start: bytes) -> None:
    visitor = portal.signed_in("sun")
    visitor.get(DESK)
    visitor.post(f"{DESK}report", {"kind": kind, "since": "2026-10-01", "until": "2026-12-31"})
    assert visitor.last is not None
    assert visitor.last.data.startswith(start)
    assert "2026" in visitor.last.headers["Content-Disposition"]
    with portal.database.read() as session:
        acts = session.execute(select(AuditEntry.action)).scalars().all()
    assert "report.write" in acts
    if kind == "xlsx":
        sheet = openpyxl.load_workbook(io.BytesIO(visitor.last.data)).active
        assert sheet is not None
        assert sheet["A1"].value == "证照到期提醒督查报告（2026年第4季度）（练习）"


def test_sample_leads_to_an_order_that_the_department_answers(portal: Portal) -> None:
    visitor, lead, stranger = (portal.signed_in(one) for one in ("sun", "zhao", "qian"))
    visitor.get(SAMPLES)
    page = visitor.post(f"{SAMPLES}samples", {"size": 2, "seed": "七"})
    sample = visitor.path
    (license_id, *_) = re.findall(r'name="license" value="(\d+)"', page)
    assert "请写明发现的问题" in visitor.post(
        f"{sample}/findings", {"license": license_id, "verdict": "problem", "note": ""}
    )
    page = visitor.post(
        f"{sample}/findings", {"license": license_id, "verdict": "problem", "note": "电话是空号"}
    )
    assert "给市场准入二科发整改通知" in page
    words = re.search(r"<textarea[^>]*>([^<]*电话是空号[^<]*)</textarea>", page)
    assert words
    department = re.search(r'name="department" value="(\d+)"', page)
    assert department
    deadline = clock.civil_date(clock.now()) + timedelta(days=10)
    order = {"department": department[1], "text": words[1], "deadline_on": f"{deadline}"}
    number = sample.rpartition("/")[2]
    assert "已发出整改通知" in visitor.post(f"{SAMPLES}orders", {**order, "sample": number})
    assert "还没有抽查" in stranger.get(SAMPLES)
    assert "电话是空号" not in stranger.get(SAMPLES)
    page = lead.get(SAMPLES)
    assert "电话是空号" in page
    assert "待回复" in page
    answer = re.search(r'action="([^"]+/orders/(\d+)/answer)"', page)
    assert answer
    assert "已回复" in lead.post(answer[1], {"reply": "已更正号码"})
    visitor.get(SAMPLES)
    assert "已办结" in visitor.post(f"{SAMPLES}orders/{answer[2]}/close")
    lead.post(f"{SAMPLES}orders/{answer[2]}/close")
    assert lead.status == 403
    lead.get(SAMPLES)
    lead.post(f"{SAMPLES}samples", {"size": 2})
    assert lead.status == 403
