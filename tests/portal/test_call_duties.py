"""Calls as the plan wants them: five facts, outcomes, next tries, wrong numbers, a letter after three."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from portal.staff import worklist
from portal.words import word
from reminders import clock
from reminders.rules.lifecycle import CallOutcome, DeliveryState
from reminders.tables.deliveries import Delivery
from reminders.tables.ledger import License
from tests import builders_console as made
from tests.builders_console import Corner
from tests.portal.conftest import FOOD, Portal, Visitor
from tests.portal.test_worklist_desk import call

DESK = "/staff/worklist/"
NAME = "示例0号食品有限公司"


def waiting(portal: Portal) -> tuple[Visitor, int]:
    with portal.database.begin() as session:
        delivery_id = call(session)
    officer = portal.signed_in("wang")
    officer.get(DESK)
    return officer, delivery_id


def record(officer: Visitor, delivery_id: int, outcome: str) -> str:
    officer.get(DESK)
    return officer.post(f"{DESK}{delivery_id}/outcome", {"outcome": outcome})


def now_is_due(portal: Portal, delivery_id: int) -> None:
    """As if the half of the day for the next try had come."""
    with portal.database.begin() as session:
        due = clock.now() - timedelta(minutes=1)
        session.execute(update(Delivery).where(Delivery.id == delivery_id).values(next_at=due))


def test_card_holds_the_script_with_the_five_facts_and_every_outcome(portal: Portal) -> None:
    officer, delivery_id = waiting(portal)
    page = officer.get(DESK)
    script = page.partition('class="script">')[2].partition("</p>")[0]
    with portal.database.read() as session:
        row = session.get_one(License, 1)
        assert row.catalogue_entry_id == FOOD
    for fact in (f"{row.expires_on}", "最迟", "办理地点：", "服务电话：", "提交材料：", "预约", "帮办"):
        assert fact in script, fact
    for outcome in CallOutcome:
        assert f'value="{outcome}"' in page
        assert word(outcome) in page
    assert delivery_id


@pytest.mark.parametrize("outcome", ["no_answer", "declined", "call_back"])
def test_next_try_is_in_another_half_of_the_day(portal: Portal, outcome: str) -> None:
    officer, delivery_id = waiting(portal)
    assert "现在没有要打的电话" in record(officer, delivery_id, outcome)
    with portal.database.read() as session:
        row = session.get_one(Delivery, delivery_id)
    assert (row.state, row.attempt) == (DeliveryState.READY, 1)
    assert row.next_at > clock.now()
    now_is_due(portal, delivery_id)
    page = officer.get(DESK)
    assert f"已打 1 次，上次：{word(CallOutcome(outcome))}" in page


def test_agreed_moment_is_kept_and_is_no_try_in_vain(either_portal: Portal) -> None:
    officer, delivery_id = waiting(either_portal)
    agreed = (clock.now() + timedelta(days=2)).astimezone(clock.SHANGHAI).replace(second=0, microsecond=0)
    told = {"outcome": "call_back", "again_at": f"{agreed:%Y-%m-%dT%H:%M}"}
    for _ in range(4):
        now_is_due(either_portal, delivery_id)
        officer.get(DESK)
        assert "已记录" in officer.post(f"{DESK}{delivery_id}/outcome", told)
    with either_portal.database.read() as session:
        row = session.get_one(Delivery, delivery_id)
    assert (row.state, row.next_at) == (DeliveryState.READY, agreed)
    now_is_due(either_portal, delivery_id)
    officer.get(DESK)
    page = officer.post(f"{DESK}{delivery_id}/outcome", told | {"again_at": "2020-01-01T09:00"})
    assert "要在现在以后" in page
    assert "2020" not in officer.get(DESK)


def test_number_asked_for_on_a_later_page_stands_on_that_page(
    portal: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worklist, "AT_ONCE", 1)
    with portal.database.begin() as session:
        call(session)
        second = made.call(session, Corner(FOOD, "第二通示例", clock.now()))
    officer = portal.signed_in("wang")
    page = officer.get(DESK)
    assert "第二通示例" not in page
    page = officer.get(page.partition('rel="next" href="')[2].partition('"')[0])
    after = page.partition('name="after" value="')[2].partition('"')[0]
    assert "tel:" not in page
    assert "tel:" in officer.post(f"{DESK}{second}/phone", {"after": after})


def test_three_tries_in_vain_become_a_letter(either_portal: Portal) -> None:
    officer, delivery_id = waiting(either_portal)
    for _ in range(3):
        assert NAME not in officer.get("/staff/letters/")
        now_is_due(either_portal, delivery_id)
        assert "已记录" in record(officer, delivery_id, "no_answer")
    assert "现在没有要打的电话" in officer.get(DESK)
    assert NAME in officer.get("/staff/letters/")


def test_wrong_number_is_marked_and_never_offered_again(either_portal: Portal) -> None:
    officer, delivery_id = waiting(either_portal)
    assert "已记录" in record(officer, delivery_id, "wrong_number")
    assert "现在没有要打的电话" in officer.get(DESK)
    page = officer.get("/staff/ledger/?search=0100")
    holder = page.partition("/staff/holders/")[2].partition('"')[0]
    assert "错号" in officer.get(f"/staff/holders/{holder}")
    assert NAME in officer.get("/staff/worklist/untold")


def test_renewed_already_lets_reminders_rest(portal: Portal) -> None:
    officer, delivery_id = waiting(portal)
    record(officer, delivery_id, "already_renewed")
    assert "现在没有要打的电话" in officer.get(DESK)
    assert NAME in officer.get("/staff/ledger/?state=renewing")


def test_closed_down_ends_the_call_with_its_note_for_somebody_to_verify(portal: Portal) -> None:
    officer, delivery_id = waiting(portal)
    assert "状态选“注销”" in record(officer, delivery_id, "closed_down")
    assert "现在没有要打的电话" in officer.get(DESK)
    with portal.database.read() as session:
        row = session.get_one(Delivery, delivery_id)
        assert (row.state, row.outcome) == (DeliveryState.UNDELIVERABLE, CallOutcome.CLOSED_DOWN)


def test_told_call_fills_reminded_on_and_by(portal: Portal) -> None:
    officer, delivery_id = waiting(portal)
    record(officer, delivery_id, "told")
    row = officer.get("/staff/ledger/?channel=phone").partition("<tbody>")[2]
    assert NAME in row
    assert f"{clock.civil_date(clock.now())}" in row
    assert "wang示例" in row
