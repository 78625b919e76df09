"""The public check of a message: calm, without JavaScript, and telling nothing about anybody."""

import pytest

from reminders import clock
from reminders.checking import TRIES
from reminders.rules import check_code
from reminders.rules.lifecycle import DeliveryState
from reminders.tables.deliveries import Delivery
from tests import builders, builders_queue
from tests.portal.conftest import FOOD, Portal


@pytest.fixture
def code(portal: Portal) -> str:
    with portal.database.begin() as session:
        person = builders.follower(session)
        row = builders_queue.delivery(session, follower=person, licenses=0)
        license = builders_queue.bound_license(session, person, entry_id=FOOD)
        builders_queue.add_item(session, row, license)
        row.state, row.intent_at, row.accepted_at = DeliveryState.ACCEPTED, clock.now(), clock.now()
        return check_code.encode(row.id, portal.database.vault.blind)


def test_form_leads_to_the_result_however_the_code_is_typed(portal: Portal, code: str) -> None:
    visitor = portal.visitor()
    assert "10 位" in visitor.get("/check/")
    page = visitor.get(f"/check/?code={code.lower().replace('-', '+')}")
    assert visitor.path == f"/check/{code}"
    assert "这条消息是我们发的" in page
    assert "食品生产许可证" in page
    assert f"{clock.civil_date(clock.now())}" in page
    assert visitor.last is not None
    assert visitor.last.headers["Cache-Control"] == "no-store"
    assert "<script" not in page


def test_result_tells_nothing_about_anybody(portal: Portal, code: str) -> None:
    page = portal.visitor().get(f"/check/{code}")
    for secret in ("药房", "鲁示例", "o-example"):
        assert secret not in page


def test_unknown_code_and_unsent_message_look_alike(portal: Portal, code: str) -> None:
    visitor = portal.visitor()
    unknown = visitor.get("/check/7K3M2-QXP9T")
    assert visitor.status == 404
    assert "可能是冒充信息" in unknown
    assert "96110" in unknown
    with portal.database.begin() as session:
        session.query(Delivery).update({"intent_at": None, "state": DeliveryState.READY})
    assert visitor.get(f"/check/{code}") == unknown


@pytest.mark.parametrize(
    "path", ["/check/?code=7K3M2", "/check/7K3M2", "/check/?code=%3Cscript%3E", "/check/校验码"]
)
def test_what_is_no_code_is_asked_for_again(portal: Portal, path: str) -> None:
    visitor = portal.visitor()
    page = visitor.get(path)
    assert visitor.status == 400
    assert visitor.path == "/check/"
    assert "请对照消息里的“校验码”重新输入" in page
    assert "<script" not in page


def test_too_many_tries_have_to_wait(portal: Portal, code: str) -> None:
    visitor = portal.visitor()
    for _ in range(TRIES.most):
        visitor.get("/check/7K3M2-QXP9T")
    assert "10 分钟" in visitor.get(f"/check/{code}")
    assert visitor.status == 429


def test_every_public_page_leads_to_the_check(portal: Portal) -> None:
    visitor = portal.visitor()
    assert 'href="/check/"' in visitor.get("/")
    assert "/check/" in visitor.get("/sitemap.xml")
