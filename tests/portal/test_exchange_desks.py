"""The desks of decision sharing and of the e-license library, for the supervising section and an officer."""

from datetime import date

from portal.installation import KEY
from reminders import clock, library, sharing
from tests import builders_renewals as made
from tests.portal.conftest import FOOD, Portal


def tell(portal: Portal, **told: object) -> None:
    kept = portal.app.extensions[KEY]
    kept.settings = kept.settings.model_copy(update=told)


def a_renewal(portal: Portal) -> int:
    with portal.database.begin() as session:
        return made.renewed(session, 1, until=date(2031, 12, 20), now=clock.now()).id


def test_decision_is_followed_from_waiting_over_refusal_to_its_receipt(either_portal: Portal) -> None:
    chief = either_portal.signed_in("sun")
    assert "没有这样的换证决定" in chief.get("/staff/shares/")
    a_renewal(either_portal)
    page = chief.get("/staff/shares/")
    assert "还没有接入监管平台" in page
    assert "还没有指定" in page
    assert "已保存" in chief.post(f"/staff/shares/regulators/{FOOD}", {"name": "示例市场监督管理局"})
    assert "请填主管或监管部门的全称" in chief.post(f"/staff/shares/regulators/{FOOD}", {"name": " "})
    with either_portal.database.begin() as session:
        claimed = sharing.claim(session, now=clock.now())
        assert claimed
        sharing.failed(session, claimed, "http-401", permanent=True, now=clock.now())
    page = chief.get("/staff/shares/?state=failed")
    assert "被退回 1" in page
    assert "对方不认我们的签名" in page
    assert "马上重新推送" in chief.post("/staff/shares/1/retry")
    assert "现在不用重试" in chief.post("/staff/shares/1/retry")
    with either_portal.database.begin() as session:
        claimed = sharing.claim(session, now=clock.now())
        assert claimed
        sharing.finish(session, claimed, "JG000123", now=clock.now())
    page = chief.get("/staff/shares/?state=receipted")
    assert "JG000123" in page
    assert "台账后来改回去了" not in page
    with either_portal.database.begin() as session:  # the ledger was put right afterwards
        back = made.record(1, date(2030, 12, 20))
        made.put_back(session, back, clock.now())
    assert "台账后来改回去了" in chief.get("/staff/shares/")


def test_officer_sees_own_decisions_and_changes_nothing(portal: Portal) -> None:
    a_renewal(portal)
    own, other = portal.signed_in("wang"), portal.signed_in("qian")
    assert "示例库1号食品有限公司" in own.get("/staff/shares/")
    assert "示例库1号食品有限公司" not in other.get("/staff/shares/")
    own.get("/staff/shares/")
    own.post(f"/staff/shares/regulators/{FOOD}", {"name": "别的部门"})
    assert own.status == 403


def test_library_shows_how_far_it_was_read_and_can_be_asked_for(portal: Portal) -> None:
    chief = portal.signed_in("sun")
    page = chief.get("/staff/library/")
    assert "还没有接入电子证照库" in page
    assert "还没有同步过" in page
    assert "还没有接入" in chief.post("/staff/library/now")
    tell(portal, e_license_url="http://localhost:9/e", e_license_key="k" * 16)
    chief.get("/staff/library/")
    assert "马上同步" in chief.post("/staff/library/now")
    with portal.database.begin() as session:
        library.failed(session, "http-401", now=clock.now())
    page = chief.get("/staff/library/")
    assert "对方不认我们的签名" in page
    assert "最近 1 次没有成功" in page
