"""From an invitation over the authenticator to the console, as a person does it."""

import re

import pyotp

from reminders import clock
from tests.portal.conftest import PASSWORD, Portal, Visitor

NEW = "chosen-by-me-1"


def invited(portal: Portal) -> str:
    """The code on the page of the security administrator."""
    admin = portal.signed_in("zheng")
    admin.get("/staff/accounts/")
    values = {"login": "han", "name": "韩示例", "role": "officer", "department": "市场准入二科"}
    assert "请填工号" in admin.post("/staff/accounts/", values)
    page = admin.post("/staff/accounts/", {**values, "person_no": "8001"})
    found = re.search(r"[2-9A-Z]{4}(?:-[2-9A-Z]{4}){3}", page)
    assert found
    assert found[0] not in admin.get("/staff/accounts/")
    assert "等本人接受邀请" in admin.get("/staff/accounts/")
    return found[0]


def at_the_factor(portal: Portal) -> Visitor:
    """An invited person with a password of their own, before a second factor."""
    code, person = invited(portal), portal.visitor()
    person.get("/staff/invitation")
    wrong = {"login": "han", "code": code, "password": NEW, "again": "another-one-1"}
    assert "两次输入的密码不一样" in person.post("/staff/invitation", wrong)
    assert "密码已设好" in person.post("/staff/invitation", {**wrong, "again": NEW})
    person.post("/staff/sign-in", {"login": "han", "password": NEW})
    return person


def test_invited_person_sets_up_both_factors_and_works(either_portal: Portal) -> None:
    person = at_the_factor(either_portal)
    page = person.get("/staff/sign-in/enrol")
    secret = re.search(r">([A-Z2-7]{32})<", page)
    assert secret
    assert "data:image/svg" in page
    assert "动态码不对" in person.post("/staff/sign-in/enrol", {"code": "000000"})
    now = int(clock.now().timestamp())
    page = person.post("/staff/sign-in/enrol", {"code": pyotp.TOTP(secret[1]).at(now)})
    codes = re.findall(r"<code>([2-9A-Z]{5}-[2-9A-Z]{5})</code>", page)
    assert len(codes) == 10
    assert "今日工作" in person.get("/staff/")
    person.post("/staff/sign-out")
    person.post("/staff/sign-in", {"login": "han", "password": NEW})
    assert "第二步" in person.get("/staff/sign-in/code")
    assert "动态码不对" in person.post("/staff/sign-in/code", {"code": pyotp.TOTP(secret[1]).at(now)})
    assert "今日工作" in person.post("/staff/sign-in/code", {"code": codes[0]})


def test_password_alone_opens_nothing(portal: Portal) -> None:
    person = portal.visitor()
    for page in ("/staff/sign-in/code", "/staff/sign-in/enrol"):
        assert "重新输入账号和密码" in person.get(page)
    person.get("/staff/sign-in")
    person.post("/staff/sign-in", {"login": "wang", "password": PASSWORD})
    for page in ("/staff/", "/staff/ledger/", "/staff/account/"):
        person.get(page)
        assert person.path == "/staff/sign-in"
    person.get("/staff/sign-in")
    person.post("/staff/sign-in", {"login": "wang", "password": PASSWORD})
    assert person.path == "/staff/sign-in/code"
    assert "重新输入账号和密码" in person.get("/staff/sign-in/enrol")  # the secret is shown to nobody again


def test_half_a_sign_in_ends_by_itself(portal: Portal) -> None:
    person = portal.visitor()
    person.get("/staff/sign-in")
    person.post("/staff/sign-in", {"login": "wang", "password": PASSWORD})
    with person.client.session_transaction() as cookie:
        cookie["since"] -= 301
    assert "重新输入账号和密码" in person.post("/staff/sign-in/code", {"code": portal.next_code("wang")})


def test_changed_password_signs_out_elsewhere_only(portal: Portal) -> None:
    here, elsewhere = portal.signed_in("wang"), portal.signed_in("wang")
    here.get("/staff/account/")
    change = {"old": PASSWORD, "new": NEW, "again": NEW}
    assert "现在的密码不对" in here.post("/staff/account/password", {**change, "old": "wrong"})
    assert "两次输入的新密码不一样" in here.post("/staff/account/password", {**change, "again": "x" * 12})
    assert "更长的" in here.post("/staff/account/password", {**change, "new": "short", "again": "short"})
    assert "密码已改" in here.post("/staff/account/password", change)
    assert "今日工作" in here.get("/staff/")
    elsewhere.get("/staff/")
    assert elsewhere.path == "/staff/sign-in"


def test_recovery_codes_are_made_anew_with_the_second_factor(portal: Portal) -> None:
    visitor = portal.signed_in("wang")
    assert "还有 0 个" in visitor.get("/staff/account/")
    assert "动态码不对" in visitor.post("/staff/account/recovery-codes", {"code": "000000"})
    page = visitor.post("/staff/account/recovery-codes", {"code": portal.next_code("wang")})
    assert len(re.findall(r"<code>([2-9A-Z]{5}-[2-9A-Z]{5})</code>", page)) == 10
    assert "还有 10 个" in visitor.get("/staff/account/")


def test_security_administrator_closes_opens_and_unlocks(portal: Portal) -> None:
    victim, admin, number = portal.signed_in("zhao"), portal.signed_in("zheng"), 2
    admin.get("/staff/accounts/")
    assert "已停用" in admin.post(f"/staff/accounts/{number}/active", {"active": "no"})
    victim.get("/staff/")
    assert victim.path == "/staff/sign-in"
    assert "已启用" in admin.post(f"/staff/accounts/{number}/active", {"active": "yes"})
    assert "已解除锁定" in admin.post(f"/staff/accounts/{number}/unlock")
    assert "等本人接受邀请" not in admin.get("/staff/accounts/")
    admin.post(f"/staff/accounts/{number}/invite")
    assert "等本人接受邀请" in admin.get("/staff/accounts/")
