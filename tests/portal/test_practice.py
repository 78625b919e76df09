"""The tour of a practice installation: on every page, ticked off by the audit, absent from a real one."""

import re
import threading
from datetime import time, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from werkzeug.serving import make_server

from portal import handbook
from portal.installation import KEY
from portal.session import permission_of
from reminders import clock, planning, staff
from reminders.rules import training
from reminders.rules.lifecycle import Role
from reminders.rules.permissions import GRANTS
from sandbox import practice_work
from tests import builders
from tests.builders import CLOCK
from tests.portal.conftest import PASSWORD, PEOPLE, SECRET, Portal

REMINDERS = Path(training.__file__).parent.parent


def real(portal: Portal) -> Portal:
    """The same portal as a real installation has it."""
    kept = portal.app.extensions[KEY]
    names = {"wechat_account_name": "威海政务审批", "sms_signature": "威海审批"}
    kept.settings = kept.settings.model_copy(update={"practice": False, "sandbox_url": "", **names})
    return portal


@pytest.mark.parametrize("role", Role)
def test_every_step_can_be_done_by_its_role_and_leaves_its_proof(portal: Portal, role: Role) -> None:
    routes = portal.app.url_map.bind("localhost")
    written = "".join(path.read_text(encoding="utf-8") for path in REMINDERS.rglob("*.py"))
    for task in training.TASKS[role]:
        assert handbook.chapter(task.chapter), task.title
        for step in task.steps:
            for proof in step.proofs:
                assert written.count(f'"{proof}"') > 1, f"{proof}: nobody writes it down"
            if step.page == training.PHONE:
                continue
            endpoint, _ = routes.match(step.page, method="GET")
            assert permission_of(portal.app.view_functions[endpoint]) in GRANTS[role], step.words


@pytest.mark.parametrize("login", PEOPLE)
def test_everybody_has_a_tour_and_a_record(portal: Portal, login: str) -> None:
    visitor = portal.signed_in(login)
    page = visitor.get("/staff/account/")
    steps = sum(len(task.steps) for task in training.TASKS[PEOPLE[login][0]])
    assert f"练习任务 1/{steps}" in page, "signing in was the first step"
    assert "下一步：在“我的账号”里重新生成一套恢复码。" in page
    assert "<title>【练习】我的账号</title>" in page
    assert 'href="http://localhost:9/phone"' in page
    page = visitor.get("/staff/practice/")
    assert page.count("已做") == 1
    assert page.count('aria-current="step"') == 1
    record = visitor.get("/staff/practice/record")
    assert f"{login}示例（账号 {login}）" in record
    assert f"1 步，共 {steps} 步（还没有做完）" in record


def test_step_is_ticked_off_by_what_was_done_and_not_by_looking(portal: Portal) -> None:
    officer, other = portal.signed_in("wang"), portal.signed_in("zhao")
    officer.get("/staff/account/")
    officer.get("/staff/practice/")
    before = officer.get("/staff/practice/")
    assert before.count("已做") == 1
    other.get("/staff/account/")
    other.post("/staff/account/recovery-codes", {"code": portal.next_code("zhao")})
    assert officer.get("/staff/practice/").count("已做") == 1, "somebody else did it"
    officer.get("/staff/account/")
    officer.post("/staff/account/recovery-codes", {"code": portal.next_code("wang")})
    assert officer.get("/staff/practice/").count("已做") == 2


def test_security_administrator_finishes_and_prints(portal: Portal) -> None:
    visitor = portal.signed_in("zheng")
    visitor.get("/staff/account/")
    visitor.post("/staff/account/recovery-codes", {"code": portal.next_code("zheng")})
    visitor.get("/staff/accounts/")
    new = {"login": "xin", "name": "新示例", "person_no": "9001", "role": "office", "department": ""}
    visitor.post("/staff/accounts/", new)
    page = visitor.get("/staff/accounts/")
    numbers = re.findall(r"/staff/accounts/(\d+)/unlock", page)
    for deed, form in (
        ("unlock", {}),
        ("active", {"active": "no"}),
        ("active", {"active": "yes"}),
        ("invite", {}),
    ):
        visitor.get("/staff/accounts/")
        visitor.post(f"/staff/accounts/{numbers[0]}/{deed}", dict(form))
    page = visitor.get("/staff/practice/")
    assert "都做完了" in page
    assert "全部完成" in visitor.get("/staff/practice/record")


def plan_again_and_again(portal: Portal, over: threading.Event) -> None:
    """As the clock does in an installation: a call in vain becomes a letter by the next plan."""
    while not over.wait(0.2):
        now, hours = clock.now(), (time.min, time.max)
        with portal.database.begin() as session:
            planning.plan(session, clock.civil_date(now), sending_hours=hours, actor=CLOCK, now=now)


def test_colleagues_leave_work_through_the_pages(portal: Portal) -> None:
    now = clock.now()
    with portal.database.begin() as session:
        for login, name, role, _, department in practice_work.COLLEAGUES:
            staff_id = staff.add_staff(
                session, login, name, Role(role), department, PASSWORD, actor=CLOCK, now=now
            )
            staff.set_secret(session, staff_id, SECRET, actor=CLOCK, now=now)
        builders.license(session, entry_id=1, expires_on=clock.civil_date(now) + timedelta(days=80))
    over = threading.Event()
    threading.Thread(target=plan_again_and_again, args=(portal, over), daemon=True).start()
    server = make_server("127.0.0.1", 0, portal.app, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    place = SimpleNamespace(portal_url=f"http://localhost:{server.server_port}")
    accounts = [SimpleNamespace(login=one, password=PASSWORD, secret=SECRET) for one in practice_work.LOGINS]
    practice_work.lay_out(SimpleNamespace(place=place, accounts=accounts))
    over.set()
    server.shutdown()
    lead = portal.signed_in("zhao")
    assert lead.get("/staff/notices/?state=submitted").count("何示例") == practice_work.NOTICES
    assert "签发 1 封" in lead.get("/staff/letters/batches/1")
    assert practice_work.ORDER in lead.get("/staff/inspections/")


def test_real_installation_shows_neither_tour_nor_mark(portal: Portal) -> None:
    visitor = real(portal).signed_in("wang")
    page = visitor.get("/staff/")
    for word in ("练习", "practice", "模拟手机"):
        assert word not in page.replace("/staff/handbook/", ""), word
    for path in ("/staff/practice/", "/staff/practice/record"):
        visitor.get(path)
        assert visitor.status == 404
    assert "练习" not in visitor.get("/")


def test_public_pages_and_the_door_of_a_practice_are_marked_too(portal: Portal) -> None:
    visitor = portal.visitor()
    for path in ("/", "/catalogue/", "/staff/sign-in", "/nope"):
        page = visitor.get(path)
        assert "<title>【练习】" in page, path
        assert "练习环境：这里的单位、人员和证照都是虚构的。" in page
    assert PASSWORD not in page
