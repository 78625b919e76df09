"""An officer goes away: the deputy sees and does the work, and nobody in the place rings an alarm."""

from datetime import timedelta

from sqlalchemy import select

from reminders import alarms, clock
from reminders.rules.lifecycle import AlarmKind
from reminders.tables.audit import AuditEntry
from reminders.tables.staff import Absence, Staff
from tests import builders_console as made
from tests.builders_console import Corner
from tests.portal.conftest import FOOD, Portal, Visitor

TODAY = clock.civil_date(clock.now())


def id_of(portal: Portal, login: str) -> int:
    with portal.database.read() as session:
        return session.execute(select(Staff.id).where(Staff.login == login)).scalar_one()


def away(visitor: Visitor, deputy: int | str = "", days: int = 3, who: int | str = "") -> str:
    visitor.get("/staff/absences/")
    span = {"from_on": f"{TODAY}", "until_on": f"{TODAY + timedelta(days=days)}"}
    return visitor.post("/staff/absences/", {**span, "deputy": deputy, "who": who})


def ringing(portal: Portal) -> str:
    with portal.database.begin() as session:
        alarms.watch(session, now=clock.now())
        return "".join(
            one.text for one in alarms.open_alarms(session) if one.kind is AlarmKind.OFFICER_ABSENT
        )


def test_deputy_of_another_department_does_the_work_in_their_own_name(either_portal: Portal) -> None:
    with either_portal.database.begin() as session:
        call = made.call(session, Corner(FOOD, "本科示例", clock.now()))
    officer, deputy = either_portal.signed_in("wang"), either_portal.signed_in("qian")
    assert "本科示例" not in deputy.get("/staff/worklist/")
    assert "已登记" in away(officer, id_of(either_portal, "qian"))
    page = deputy.get("/staff/")
    assert "由您代办" in page
    assert "本科示例" not in deputy.get("/staff/worklist/")
    with either_portal.database.read() as session:
        absence = session.execute(select(Absence.id)).scalar_one()
    deputy.get("/staff/")
    assert "您正在代办" in deputy.post("/staff/absences/cover", {"absence": absence})
    assert "本科示例" in deputy.get("/staff/worklist/")
    assert "已记录" in deputy.post(f"/staff/worklist/{call}/outcome", {"outcome": "told"})
    with either_portal.database.read() as session:
        said = select(AuditEntry.actor).where(AuditEntry.action == "call.record")
        assert session.execute(said).scalar_one() == f"staff:{id_of(either_portal, 'qian')}"
    deputy.get("/staff/")
    assert "您正在代办" not in deputy.post("/staff/absences/cover")
    assert "本科示例" not in deputy.get("/staff/worklist/")


def test_standing_in_ends_with_the_absence(portal: Portal) -> None:
    officer, deputy = portal.signed_in("wang"), portal.signed_in("qian")
    away(officer, id_of(portal, "qian"))
    deputy.get("/staff/")
    deputy.post("/staff/absences/cover", {"absence": 1})
    assert "示例0号食品有限公司" in deputy.get("/staff/ledger/")
    officer.get("/staff/absences/")
    assert "已取消" in officer.post("/staff/absences/1/end")
    assert "示例0号食品有限公司" not in deputy.get("/staff/ledger/")


def test_nobody_stands_in_for_whom_they_were_not_asked(portal: Portal) -> None:
    away(portal.signed_in("wang"), id_of(portal, "zhao"))
    stranger = portal.signed_in("qian")
    stranger.get("/staff/")
    stranger.post("/staff/absences/cover", {"absence": 1})
    assert "示例0号食品有限公司" not in stranger.get("/staff/ledger/")


def test_alarm_rings_while_nobody_is_in_the_place(either_portal: Portal) -> None:
    officer, lead = either_portal.signed_in("wang"), either_portal.signed_in("zhao")
    assert ringing(either_portal) == ""
    assert "没有提醒专员在岗。请指定一位" in away(officer)
    with either_portal.database.begin() as session:
        Corner(FOOD, "", clock.now()).writer(session)  # a second officer
    assert "已登记" in away(officer)
    assert "wang示例（市场准入二科）" in ringing(either_portal)
    assert "没有代办人" in lead.get("/staff/absences/")
    with either_portal.database.read() as session:
        absence = session.execute(select(Absence.id)).scalar_one()
    lead.post(f"/staff/absences/{absence}/end")
    assert ringing(either_portal) == ""
    away(lead, id_of(either_portal, "qian"), who=id_of(either_portal, "wang"))
    assert ringing(either_portal) == ""
    away(either_portal.signed_in("qian"))  # the deputy falls ill too
    assert "wang示例" in ringing(either_portal)


def test_absence_is_refused_when_something_is_wrong(portal: Portal) -> None:
    officer, lead = portal.signed_in("wang"), portal.signed_in("zhao")
    assert "日期不对" in away(officer, days=-1)
    assert "只能登记自己的" in away(officer, who=id_of(portal, "zhao"))
    assert "不能由本人" in away(officer, id_of(portal, "wang"))
    assert "没有这位代办人" in away(officer, id_of(portal, "sun"))
    assert "另一位负责人" in away(lead, id_of(portal, "wang"))
    assert "已登记" in away(officer, id_of(portal, "zhao"))
    assert "已经登记过" in away(officer)
