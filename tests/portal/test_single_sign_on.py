"""The second door of the console, from the sign-in page over the city's provider and back."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from sqlalchemy import select

from portal.installation import KEY
from reminders.tables.audit import AuditEntry
from sandbox import server
from sandbox.app import create_app
from tests.portal.conftest import PASSWORD, Portal, Visitor
from tests.sandbox.bot import OIDC_SECRET, settings_in

DOOR = "/staff/sign-in/single/"


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The provider, a sandbox of its own."""
    folder: Path = tmp_path_factory.mktemp("city")
    running = server.start(create_app(settings_in(folder)))
    yield running.url
    running.stop()


@pytest.fixture
def open_portal(portal: Portal, city: str) -> Portal:
    return configured(portal, city)


def configured(portal: Portal, city: str) -> Portal:
    client = {"oidc_client_id": "reminders", "oidc_client_secret": OIDC_SECRET}
    tell(portal, oidc_issuer=f"{city}/oidc", **client)
    return portal


def tell(portal: Portal, **told: object) -> None:
    kept = portal.app.extensions[KEY]
    kept.settings = kept.settings.model_copy(update=told)


def at_the_provider(visitor: Visitor, subject: str) -> str:
    """The way back that the provider gives a person; nothing of it was asked for yet."""
    left = visitor.client.get(DOOR)
    assert left.status_code == 303
    answer = requests.get(f"{left.headers['Location']}&as={subject}", allow_redirects=False, timeout=5)
    return answer.headers["Location"].removeprefix("http://localhost")


def arrive(visitor: Visitor, subject: str, **spoilt: Any) -> str:
    way = at_the_provider(visitor, subject)
    if spoilt:
        issuer = visitor.client.application.extensions[KEY].settings.oidc_issuer
        requests.post(f"{issuer.removesuffix('/oidc')}/sandbox/oidc", json=spoilt, timeout=5)
    return visitor.get(way)


def link(portal: Portal, login_id: int = 1, subject: str = "city-0001") -> None:
    admin = portal.signed_in("zheng")
    admin.get("/staff/accounts/")
    assert "已关联" in admin.post(f"/staff/accounts/{login_id}/link", {"subject": subject})


def refusals(portal: Portal) -> list[str]:
    with portal.database.read() as session:
        found = select(AuditEntry.detail).where(AuditEntry.action == "staff.sign_in_failed")
        return list(session.execute(found).scalars())


def test_door_is_there_only_when_it_is_configured(portal: Portal) -> None:
    visitor = portal.visitor()
    assert "统一身份认证登录" not in visitor.get("/staff/sign-in")
    assert "统一身份认证" not in visitor.get("/staff/invitation")
    for path in (DOOR, f"{DOOR}back?code=x&state=y"):
        visitor.get(path)
        assert visitor.status == 404
    visitor.get("/staff/sign-in")
    visitor.post(f"{DOOR}invitation", {"login": "wang", "code": "x"})
    assert visitor.status == 404


def test_linked_colleague_comes_in_with_our_second_factor(open_portal: Portal) -> None:
    link(open_portal)
    visitor = open_portal.visitor()
    assert "用统一身份认证登录" in visitor.get("/staff/sign-in")
    assert "第二步" in arrive(visitor, "city-0001")
    assert visitor.path == "/staff/sign-in/code"
    visitor.get("/staff/ledger/")
    assert visitor.path == "/staff/sign-in"  # half is not in
    arrive(visitor, "city-0001")
    assert "今日工作" in visitor.post("/staff/sign-in/code", {"code": open_portal.next_code("wang")})


def test_provider_may_stand_in_for_the_second_factor_where_it_says_so(open_portal: Portal) -> None:
    link(open_portal)
    tell(open_portal, oidc_second_factor="provider", oidc_acr_values="city:high")
    for claims, is_in in (
        ({}, False),
        ({"amr": ["pwd"]}, False),
        ({"acr": "city:low"}, False),
        ({"amr": ["pwd", "mfa"]}, True),
        ({"acr": "city:high"}, True),
    ):
        visitor = open_portal.visitor()
        arrive(visitor, "city-0001", claims=claims)
        assert (visitor.path == "/staff/") is is_in, claims
    tell(open_portal, oidc_second_factor="ours")
    visitor = open_portal.visitor()
    arrive(visitor, "city-0001", claims={"amr": ["mfa"]})
    assert visitor.path == "/staff/sign-in/code"


def test_invited_person_links_at_the_first_sign_in_and_needs_no_password(
    either_portal: Portal, city: str
) -> None:
    open_portal = configured(either_portal, city)
    admin = open_portal.signed_in("zheng")
    admin.get("/staff/accounts/")
    given = {
        "login": "han",
        "name": "韩示例",
        "role": "officer",
        "department": "市场准入二科",
        "person_no": "8001",
    }
    page = admin.post("/staff/accounts/", given)
    code = re.search(r"[2-9A-Z]{4}(?:-[2-9A-Z]{4}){3}", page)
    assert code
    visitor = open_portal.visitor()
    visitor.get("/staff/invitation")
    assert "邀请码不对" in visitor.post(f"{DOOR}invitation", {"login": "han", "code": "wrong"})
    page = visitor.post(f"{DOOR}invitation", {"login": "han", "code": code[0]})
    assert "去统一身份认证登录" in page
    assert "绑定身份验证器" in arrive(visitor, "city-0002")
    again = open_portal.visitor()
    again.get("/staff/invitation")
    assert "邀请码不对" in again.post(f"{DOOR}invitation", {"login": "han", "code": code[0]})
    arrive(again, "city-0002")
    assert again.path == "/staff/sign-in/enrol"


SPOILT: list[dict[str, Any]] = [
    {"claims": {"nonce": "another"}},
    {"claims": {"nonce": None}},
    {"claims": {"exp": 1_000_000_000}},
    {"claims": {"exp": None}},
    {"claims": {"aud": "another-client"}},
    {"claims": {"aud": ["reminders", "another"]}},
    {"claims": {"iss": "https://evil.example"}},
    {"claims": {"sub": ""}},
    {"claims": {"iat": 9_999_999_999}},
    {"alg": "none"},
    {"alg": "HS256"},
    {"kid": "unknown"},
]


def test_token_that_does_not_fit_lets_nobody_in(open_portal: Portal) -> None:
    link(open_portal)
    for spoilt in SPOILT:
        visitor = open_portal.visitor()
        assert "没有完成，没有登录" in arrive(visitor, "city-0001", **spoilt), spoilt
        visitor.get("/staff/sign-in/code")
        assert visitor.path == "/staff/sign-in", spoilt


def test_unknown_subject_stays_outside_and_is_written_down(open_portal: Portal) -> None:
    visitor = open_portal.visitor()
    assert "还没有和工作台账号关联" in arrive(visitor, "city-0005")
    assert any("unknown_subject" in detail and "city-0005" not in detail for detail in refusals(open_portal))


def test_code_state_and_journey_count_once(open_portal: Portal) -> None:
    link(open_portal)
    visitor, thief = open_portal.visitor(), open_portal.visitor()
    way = at_the_provider(visitor, "city-0001")
    assert "重新点一次" in thief.get(way)  # another browser has no such journey
    assert "第二步" in visitor.get(way)
    assert "重新点一次" in visitor.get(way)
    way = at_the_provider(visitor, "city-0001")
    mine = at_the_provider(thief, "city-0001")
    code, state = (re.search(rf"{name}=([^&]+)", text) for name, text in (("code", way), ("state", mine)))
    assert code
    assert state
    injected = f"{DOOR}back?code={code[1]}&state={state[1]}"  # a stolen code in the thief's own journey: PKCE
    assert "没有完成，没有登录" in thief.get(injected)
    assert "没有完成，没有登录" in visitor.get(way)  # used up by the try
    assert "没有放行" in visitor.get(at_the_provider(visitor, "nobody"))


def test_new_keys_of_the_provider_are_found_by_themselves(open_portal: Portal, city: str) -> None:
    link(open_portal)
    for told in ({}, {"forget": True}):
        visitor = open_portal.visitor()
        requests.post(f"{city}/sandbox/oidc/rotate", json=told, timeout=5)
        arrive(visitor, "city-0001")
        assert visitor.path == "/staff/sign-in/code"


def test_closed_or_unlinked_colleague_stays_outside(open_portal: Portal) -> None:
    link(open_portal, 2)
    admin, visitor = open_portal.signed_in("zheng"), open_portal.visitor()
    admin.get("/staff/accounts/")
    admin.post("/staff/accounts/2/active", {"active": "no"})
    assert "还没有和工作台账号关联" in arrive(visitor, "city-0001")
    admin.post("/staff/accounts/2/active", {"active": "yes"})
    assert "已经关联了另一个账号" in admin.post("/staff/accounts/3/link", {"subject": "city-0001"})
    assert "已取消关联" in admin.post("/staff/accounts/2/unlink")
    assert "还没有和工作台账号关联" in arrive(visitor, "city-0001")


def test_passwords_can_be_left_to_administrators(open_portal: Portal) -> None:
    tell(open_portal, oidc_local_passwords="administrators")
    assert "今日工作" in open_portal.signed_in("zheng").get("/staff/")
    visitor = open_portal.visitor()
    assert "密码登录只留给管理员" in visitor.get("/staff/sign-in")
    page = visitor.post("/staff/sign-in", {"login": "wang", "password": PASSWORD})
    assert "请用统一身份认证登录" in page
    assert "账号或密码不对" in visitor.post("/staff/sign-in", {"login": "wang", "password": "wrong"})


def test_provider_that_cannot_be_reached_or_is_another_leaves_the_first_door_open(
    open_portal: Portal,
) -> None:
    for issuer in ("http://127.0.0.1:9/oidc", "http://localhost:9"):
        tell(open_portal, oidc_issuer=issuer)
        visitor = open_portal.visitor()
        assert "暂时连不上" in visitor.get(DOOR)
        assert visitor.path == "/staff/sign-in"
