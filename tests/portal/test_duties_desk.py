"""Every duty of the plan is shown with who is responsible, and leads to where it is done."""

from portal.staff.duties import PLACES
from reminders.rules.duties import DUTIES
from tests.portal.conftest import Portal


def test_each_duty_names_its_departments_and_leads_to_its_pages(portal: Portal) -> None:
    chief = portal.signed_in("sun")
    assert "方案任务" in chief.get("/staff/supervision/")
    page = chief.get("/staff/duties/")
    assert [duty.number for duty in DUTIES] == sorted(PLACES) == list(range(1, 9))
    for duty in DUTIES:
        assert f"{duty.number}. {duty.name}" in page
        assert duty.responsible in page
    with portal.app.test_request_context():
        for places in PLACES.values():
            for text, endpoint, _ in places:
                assert endpoint in portal.app.view_functions, endpoint
                assert text
    assert 'href="/staff/library/"' in page
    assert 'href="/staff/ledger/imports/"' not in page  # not the supervising section's to do


def test_department_without_a_named_officer_stands_out(portal: Portal) -> None:
    chief = portal.signed_in("sun")
    assert "/staff/catalogue/duties" in chief.get("/staff/duties/")
    page = chief.get("/staff/catalogue/duties")
    assert "wang示例" in page
    assert "没有专员，请安全管理员邀请" in page  # 经管一科 texts, and nobody works there
    assert "zhao示例" in page
