"""Sessions end by themselves and networks keep people out, as the settings say, seen through the door."""

from datetime import datetime, timedelta

import pytest

from portal.installation import KEY
from reminders import clock
from tests.portal.conftest import Portal, Visitor

PROXY = {"REMOTE_ADDR": "10.9.0.1"}


class Frozen:
    """The clock of the doors, moved by hand."""

    def __init__(self) -> None:
        self.at: datetime = clock.now()

    def __call__(self) -> datetime:
        return self.at

    def pass_by(self, **span: int) -> None:
        self.at += timedelta(**span)


@pytest.fixture
def frozen(monkeypatch: pytest.MonkeyPatch) -> Frozen:
    found = Frozen()
    monkeypatch.setattr(clock, "now", found)
    return found


def tell(portal: Portal, **told: object) -> None:
    kept = portal.app.extensions[KEY]
    kept.settings = kept.settings.model_copy(update=told)


def is_in(visitor: Visitor) -> bool:
    visitor.get("/staff/")
    return visitor.path == "/staff/"


def test_session_lasts_as_long_as_somebody_works_but_not_for_ever(portal: Portal, frozen: Frozen) -> None:
    visitor = portal.signed_in("wang")
    for _ in range(24):  # every half hour until the twelfth hour
        frozen.pass_by(minutes=30)
        assert is_in(visitor)
    frozen.pass_by(seconds=1)
    assert not is_in(visitor)


def test_idle_session_ends_after_the_minutes_of_the_settings(portal: Portal, frozen: Frozen) -> None:
    tell(portal, staff_idle_minutes=5, staff_session_hours=1)
    visitor = portal.signed_in("wang")
    frozen.pass_by(minutes=5)
    assert is_in(visitor)
    frozen.pass_by(minutes=5, seconds=1)
    page = visitor.get("/staff/ledger/")
    assert "闲置 5 分钟后需要重新登录" in page
    assert "闲置 5 分钟自动退出" in visitor.get("/staff/sign-in")
    again = portal.signed_in("wang")
    for _ in range(12):
        frozen.pass_by(minutes=5)
        assert is_in(again)
    frozen.pass_by(seconds=1)
    assert not is_in(again)


def test_half_a_sign_in_and_a_form_left_open_end_too(portal: Portal, frozen: Frozen) -> None:
    visitor = portal.signed_in("wang")
    visitor.get("/staff/account/")
    frozen.pass_by(minutes=31)
    assert "请先登录" in visitor.post("/staff/account/recovery-codes", {"code": "000000"})
    assert visitor.path == "/staff/sign-in"


@pytest.mark.parametrize("path", ["/staff/", "/staff/ledger/", "/staff/sign-in", "/staff/invitation"])
def test_every_request_of_the_console_asks_for_the_network(portal: Portal, path: str) -> None:
    visitor = portal.signed_in("wang")
    tell(portal, staff_networks="10.1.0.0/16, 2001:db8:1::/48")
    for address, is_inside in (
        ("10.1.2.3", True),
        ("::ffff:10.1.2.3", True),
        ("2001:db8:1::9", True),
        ("2001:db8:2::9", False),
        ("203.0.113.9", False),
    ):
        answer = visitor.client.get(path, environ_base={"REMOTE_ADDR": address})
        assert (answer.status_code == 403) is not is_inside, address
    assert visitor.client.get("/", environ_base={"REMOTE_ADDR": "203.0.113.9"}).status_code == 200


def test_only_the_configured_proxy_is_believed(portal: Portal) -> None:
    tell(portal, staff_networks="10.1.0.0/16")
    client, told = portal.app.test_client(), {"X-Forwarded-For": "10.1.2.3"}
    assert client.get("/staff/sign-in", headers=told, environ_base=PROXY).status_code == 403
    tell(portal, trusted_proxies="10.9.0.0/24")
    assert client.get("/staff/sign-in", headers=told, environ_base=PROXY).status_code == 200
    chain = {"X-Forwarded-For": "10.1.2.3, 203.0.113.9"}
    assert client.get("/staff/sign-in", headers=chain, environ_base=PROXY).status_code == 403
    assert client.get("/staff/sign-in", headers=told).status_code == 403  # this machine is no proxy now
