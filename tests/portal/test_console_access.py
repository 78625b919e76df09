"""Every staff route says which permission it needs, and nobody gets past it or without a form token."""

import re

import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.routing import Rule

from portal import session as portal_session
from portal.session import permission_of
from portal.staff import routes
from reminders import staff
from reminders.rules.permissions import GRANTS, Permission
from reminders.tables.audit import AuditEntry
from tests.portal.conftest import PASSWORD, PEOPLE, Portal

DOOR = (
    "show",
    "enter",
    "code",
    "check_code",
    "enrol",
    "finish_enrolment",
    "invitation",
    "accept",
    "help_page",
)
BEFORE_SIGN_IN = {f"staff.sign_in.{name}" for name in DOOR}
BEFORE_SIGN_IN |= {f"staff.single_sign_on.{name}" for name in ("leave", "back", "bring_invitation")}


def staff_rules(app: Flask) -> list[Rule]:
    return [rule for rule in app.url_map.iter_rules() if rule.rule.startswith("/staff")]


def address(rule: Rule) -> str:
    numbered = re.sub(r"<int:\w+>", "999", rule.rule)
    return re.sub(r"<\w+>", "government_site", numbered)


def method(rule: Rule) -> str:
    return "POST" if "POST" in (rule.methods or set()) else "GET"


def test_every_staff_route_declares_one_permission(portal: Portal) -> None:
    rules = staff_rules(portal.app)
    assert len(rules) > 15
    for rule in rules:
        permission = permission_of(portal.app.view_functions[rule.endpoint])
        assert (permission is None) == (rule.endpoint in BEFORE_SIGN_IN), rule.endpoint


def test_undeclared_route_serves_nobody(portal: Portal) -> None:
    def forgotten() -> str:
        return "secret"

    portal.app.add_url_rule("/staff/forgotten", "staff.forgotten", forgotten)
    visitor = portal.signed_in("sun")
    with (
        pytest.raises(portal_session.NotDeclared),
        portal.app.test_request_context("/staff/forgotten"),
    ):
        routes.admit()
    assert visitor.status == 200


@pytest.mark.parametrize("login", PEOPLE)
def test_role_opens_what_it_may_and_nothing_else(portal: Portal, login: str) -> None:
    visitor = portal.signed_in(login)
    role = PEOPLE[login][0]
    for rule in staff_rules(portal.app):
        permission = permission_of(portal.app.view_functions[rule.endpoint])
        if permission in (None, Permission.SIGN_OUT):
            continue
        visitor.get("/staff/")
        if method(rule) == "POST":
            visitor.post(address(rule))
        else:
            visitor.get(address(rule))
        assert (visitor.status == 403) == (permission not in GRANTS[role]), (rule.rule, visitor.status)
        assert visitor.status < 500, rule.rule


def test_without_signing_in_every_route_leads_to_the_door(portal: Portal) -> None:
    visitor = portal.visitor()
    for rule in staff_rules(portal.app):
        if rule.endpoint in BEFORE_SIGN_IN:
            continue
        visitor.get("/staff/sign-in")
        if method(rule) == "POST":
            visitor.post(address(rule))
        else:
            visitor.get(address(rule))
        assert visitor.path == "/staff/sign-in", rule.rule


ANONYMOUS_FORMS = ("/self-check", "/report")  # nobody is signed in whose name could be misused
MACHINE_DOOR = "/api/v1/"  # a secret in the address instead of a token in a form


def test_every_form_is_refused_without_its_token(portal: Portal) -> None:
    visitor = portal.signed_in("sun")
    posts = [rule for rule in portal.app.url_map.iter_rules() if "POST" in (rule.methods or set())]
    assert posts
    for rule in posts:
        if rule.rule in ANONYMOUS_FORMS or rule.rule.startswith(MACHINE_DOOR):
            continue
        answer = visitor.client.post(address(rule))
        assert answer.status_code == 400, rule.rule
        assert "页面已过期" in answer.get_data(as_text=True)


def test_session_is_new_after_signing_in_and_dead_after_signing_out(portal: Portal) -> None:
    visitor = portal.signed_in("wang")
    with visitor.client.session_transaction() as kept:
        stolen = dict(kept)
    visitor.get("/staff/")
    visitor.post("/staff/sign-out")
    with visitor.client.session_transaction() as cookie:
        cookie.update(stolen)
    visitor.get("/staff/")
    assert visitor.path == "/staff/sign-in"


def test_planted_session_does_not_survive_signing_in(portal: Portal) -> None:
    visitor = portal.visitor()
    with visitor.client.session_transaction() as cookie:
        cookie["planted"] = "x"
        cookie["id"] = "planted"
    visitor.get("/staff/sign-in")
    visitor.post("/staff/sign-in", {"login": "wang", "password": PASSWORD})
    visitor.post("/staff/sign-in/code", {"code": portal.next_code("wang")})
    with visitor.client.session_transaction() as cookie:
        assert "planted" not in cookie
        assert cookie["id"] != "planted"


def test_wrong_and_unknown_logins_get_the_same_answer_until_locked_out(portal: Portal) -> None:
    visitor = portal.visitor()
    answers = []
    for login in ("wang", "nobody"):
        visitor.get("/staff/sign-in")
        answers.append(visitor.post("/staff/sign-in", {"login": login, "password": "wrong"}))
    strip = re.compile(r'value="[^"]*"')
    assert strip.sub("", answers[0]) == strip.sub("", answers[1])
    assert staff.WRONG in answers[0]
    for _ in range(staff.LOGIN_LIMIT.most):
        page = visitor.post("/staff/sign-in", {"login": "wang", "password": "wrong"})
    assert "登录尝试次数过多" in page
    assert re.search(r"请在 \d\d:\d\d 之后再试", page)
    assert "登录尝试次数过多" in visitor.post("/staff/sign-in", {"login": "wang", "password": PASSWORD})
    with portal.database.read() as session:
        actions = session.execute(select(AuditEntry.action)).scalars().all()
    assert actions.count("staff.sign_in_failed") == staff.LOGIN_LIMIT.most + 1


def test_cookie_and_headers_protect_the_console(portal: Portal) -> None:
    visitor = portal.signed_in("wang")
    assert visitor.last is not None
    headers = visitor.last.headers
    assert headers["Content-Security-Policy"].startswith(
        "default-src 'none'; script-src 'self'; style-src 'self'"
    )
    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Content-Type-Options"] == "nosniff"
    cookie = visitor.client.get("/staff/").headers["Set-Cookie"]
    assert cookie.startswith("staff_session=")
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie


def test_strange_host_is_refused(portal: Portal) -> None:
    assert portal.app.test_client().get("/", headers={"Host": "evil.example"}).status_code == 400


def test_staff_network_keeps_others_out(portal: Portal) -> None:
    kept = portal.app.extensions["portal.installation"]
    kept.settings = kept.settings.model_copy(update={"staff_networks": "10.0.0.0/8, 192.168.1.0/24"})
    client = portal.app.test_client()
    assert client.get("/staff/sign-in").status_code == 403
    assert client.get("/staff/sign-in", headers={"X-Forwarded-For": "8.8.8.8, 10.1.2.3"}).status_code == 200
    outside = {"REMOTE_ADDR": "203.0.113.9"}
    forged = {"X-Forwarded-For": "10.1.2.3"}
    assert client.get("/staff/sign-in", headers=forged, environ_base=outside).status_code == 403
