"""今日工作: every number opens its queue, what is overdue stands first, and what was done is counted."""

from datetime import timedelta

from reminders import clock
from reminders.tables.deliveries import Delivery
from tests import builders_console as made
from tests.builders_console import Corner
from tests.portal.conftest import FOOD, Portal


def test_overdue_stands_first_and_work_done_is_counted(either_portal: Portal) -> None:
    corner = Corner(FOOD, "本科示例", clock.now())
    with either_portal.database.begin() as session:
        call = made.call(session, corner)
        session.get_one(Delivery, call).next_at = clock.now() - timedelta(days=2)
        made.answer(session, corner)
        made.reply(session, corner)
    officer = either_portal.signed_in("wang")
    page = officer.get("/staff/")
    assert "今天完成 0 件" in page
    assert page.index("待打电话") < page.index("预约与帮办")
    assert "超期 1" in page
    officer.get("/staff/worklist/")
    officer.post(f"/staff/worklist/{call}/outcome", {"outcome": "told"})
    page = officer.get("/staff/")
    assert "今天完成 1 件" in page
    assert "超期" not in page.partition("预约与帮办")[0].partition("待打电话")[2]
    assert "今天完成 0 件" in either_portal.signed_in("zhao").get("/staff/")


def test_every_number_opens_its_queue(portal: Portal) -> None:
    officer = portal.signed_in("wang")
    page = officer.get("/staff/")
    links = [part.partition('href="')[2].partition('"')[0] for part in page.split("<a data-row")[1:]]
    assert len(links) == 13
    for link in links:
        officer.get(link)
        assert officer.status == 200, link
