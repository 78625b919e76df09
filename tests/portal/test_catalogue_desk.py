"""The catalogue desk as people use it: look at the effect, save, pause, confirm, keep a department."""

from datetime import date, timedelta

from sqlalchemy import select

from reminders import clock, planning
from reminders.rules.lifecycle import Channel, Confidence
from reminders.tables.catalogue import CatalogueEntry
from reminders.tables.deliveries import Reminder
from reminders.tables.ledger import License
from reminders.tables.staff import Department, Staff
from tests.builders import CLOCK
from tests.builders_queue import ALL_DAY
from tests.portal.conftest import FOOD, Portal, Visitor

PLACE = f"/staff/catalogue/{FOOD}"
CIVIL = 10


def form(portal: Portal, effective_on: date, **change: object) -> dict[str, object]:
    with portal.database.read() as session:
        row = session.get_one(CatalogueEntry, FOOD)
        names = ("license_name", "validity_text", "renewal_latest", "unit", "basis", "materials")
        typed = {name: getattr(row, name) for name in names}
    return {**typed, "effective_on": f"{effective_on}", "reason": "示例办法修订", **change}


def due_days(portal: Portal) -> list[date | None]:
    with portal.database.read() as session:
        found = select(License.next_due_on).where(License.catalogue_entry_id == FOOD).order_by(License.id)
        return list(session.execute(found).scalars())


def planned(portal: Portal) -> int:
    now = clock.now()
    with portal.database.begin() as session:
        planning.plan(session, clock.civil_date(now), sending_hours=ALL_DAY, actor=CLOCK, now=now)
        return len(session.execute(select(Reminder.id)).all())


def test_version_is_saved_from_the_page_that_told_its_effect(portal: Portal) -> None:
    lead, today = portal.signed_in("zhao"), clock.civil_date(clock.now())
    later, before = today + timedelta(days=30), due_days(portal)
    assert "先看影响" in lead.get(PLACE)
    page = lead.post(f"{PLACE}/look", form(portal, later, renewal_latest=20))
    assert "3 本的提醒日期会变" in page and "数字无误，保存这一版" in page
    assert due_days(portal) == before
    page = lead.post(PLACE, form(portal, later, renewal_latest=20))
    assert f"{later} 起生效" in page and "将生效" in page
    assert due_days(portal) == before  # its day has not come
    assert f"新版 {later} 生效" in lead.get("/staff/catalogue/")
    lead.get(PLACE)
    page = lead.post(PLACE, form(portal, today, renewal_latest=90))
    assert "从今天起生效" in page and due_days(portal) != before
    assert "未核实" in page  # whoever changes the window takes back that it was confirmed


def test_what_cannot_be_is_said_and_nothing_is_saved(portal: Portal) -> None:
    lead, today = portal.signed_in("zhao"), clock.civil_date(clock.now())
    lead.get(PLACE)
    assert "请写明法律依据" in lead.post(f"{PLACE}/look", form(portal, today, basis=""))
    lead.get(PLACE)
    assert "要写成数字" in lead.post(PLACE, form(portal, today, renewal_latest="三十"))
    with portal.database.read() as session:
        assert session.get_one(CatalogueEntry, FOOD).edited_at is None


def test_retired_entry_is_reminded_no_more(portal: Portal) -> None:
    lead = portal.signed_in("zhao")
    assert "3 本在提醒日历上" in lead.get(PLACE)
    assert "已停用" in lead.post(f"{PLACE}/retire", {"reason": "事项取消"})
    assert planned(portal) == 0
    assert "原因：事项取消" in lead.get(PLACE)
    lead.post(f"{PLACE}/take-up")
    assert planned(portal) == 3


def test_window_is_confirmed_by_the_supervising_section_alone(portal: Portal) -> None:
    with portal.database.begin() as session:
        session.get_one(CatalogueEntry, FOOD).confidence = Confidence.MEMORY
    supervisor, told = portal.signed_in("sun"), {"basis": "示例办法", "basis_article": "第三十四条"}
    assert "食品生产许可证" in supervisor.get("/staff/catalogue/unconfirmed")
    supervisor.get(PLACE)
    page = supervisor.post(f"{PLACE}/confirm", {**told, "reason": "在政府网站读到"})
    assert "已记下核实人" in page and "sun示例：在政府网站读到" in page
    assert f'{PLACE}"' not in supervisor.get("/staff/catalogue/unconfirmed")
    lead = portal.signed_in("zhao")
    lead.get(PLACE)
    lead.post(f"{PLACE}/confirm", {**told, "reason": "我看可以"})
    assert lead.status == 403


def test_department_without_an_officer_is_refused_with_the_next_step(portal: Portal) -> None:
    office = portal.signed_in("zhou")
    with portal.database.read() as session:
        food = session.get_one(CatalogueEntry, FOOD).department_id
        civil = session.get_one(CatalogueEntry, CIVIL).department_id
    told: dict[str, object] = {"counter": "新大厅", "service_phone": "0631-0000009", "method": "sms"}
    assert "没有专员，请安全管理员邀请" in office.get("/staff/catalogue/duties")  # 社会民生科 has a lead only
    office.get(f"/staff/catalogue/departments/{civil}")
    page = office.post(f"/staff/catalogue/departments/{civil}", told)
    assert "还没有提醒专员" in page and "reminders staff add" in page
    office.get(f"/staff/catalogue/departments/{food}")
    assert "已保存" in office.post(f"/staff/catalogue/departments/{food}", told)
    with portal.database.read() as session:
        row = session.get_one(Department, food)
        assert (row.counter, row.method, row.is_sample) == ("新大厅", Channel.SMS, False)
        names = session.execute(select(Staff.name).where(Staff.department_id == food)).scalars().all()
    page = office.get("/staff/catalogue/duties")
    assert all(name in page for name in names)
    lead: Visitor = portal.signed_in("qian")
    lead.get(f"/staff/catalogue/departments/{food}")
    assert lead.status == 404
