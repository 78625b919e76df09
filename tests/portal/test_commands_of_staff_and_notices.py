"""Accounts and notices from the command line of the server."""

import re

import pytest
from click.testing import CliRunner, Result

from config.settings import Settings
from portal.commands.notices import notices
from portal.commands.staff import staff
from tests.portal.conftest import PASSWORD, SECRET, Portal


@pytest.fixture
def environ(settings: Settings) -> dict[str, str]:
    values = settings.model_dump(
        mode="json", exclude={"sending_hours", "practice", "wechat_aes_key_previous"}
    )
    return {name.upper(): str(value) for name, value in values.items() if value != ""}


def run(command: object, environ: dict[str, str], *words: str, said: str = "") -> Result:
    return CliRunner().invoke(command, words, env=environ, input=said)  # type: ignore[arg-type]


def test_account_is_added_with_an_invitation_shown_once(portal: Portal, environ: dict[str, str]) -> None:
    words = ["add", "zheng2", "--name", "郑示例", "--role", "officer", "--department", "市场准入二科"]
    result = run(staff, environ, *words)
    assert result.exit_code == 0, result.output
    code = re.search(r"shown only now: (\S+)", result.output)
    assert code
    visitor = portal.visitor()
    visitor.get("/staff/invitation")
    chosen = {"login": "zheng2", "code": code[1], "password": "chosen-by-me-1", "again": "chosen-by-me-1"}
    assert "密码已设好" in visitor.post("/staff/invitation", chosen)
    page = visitor.post("/staff/sign-in", {"login": "zheng2", "password": "chosen-by-me-1"})
    assert "绑定身份验证器" in page
    listed = run(staff, environ, "list").output
    assert "zheng2\t郑示例\tofficer\t市场准入二科" in listed
    assert code[1] not in listed


def test_nobody_sets_the_password_of_another_outside_practice(
    environ: dict[str, str], portal: Portal
) -> None:
    words = ["add", "feng", "--name", "冯示例", "--role", "office", "--password-stdin"]
    said = f"typed-password-1\n{SECRET}\n"
    for command in (words, ["code", "wang"]):
        result = run(staff, environ, *command, said=said)
        assert result.exit_code == 1
        assert "Only in practice mode" in result.output
    practising = environ | {"PRACTICE": "true"}
    result = run(staff, practising, *words, said=said)
    assert result.exit_code == 0, result.output
    assert "typed-password-1" not in result.output
    assert SECRET not in result.output
    visitor = portal.visitor()
    visitor.get("/staff/sign-in")
    visitor.post("/staff/sign-in", {"login": "feng", "password": "typed-password-1"})
    told = run(staff, practising, "code", "feng").output.strip()
    assert "今日工作" in visitor.post("/staff/sign-in/code", {"code": told})


def test_account_is_unlocked_and_invited_again(environ: dict[str, str], portal: Portal) -> None:
    assert "Unlocked wang" in run(staff, environ, "unlock", "wang").output
    assert "Invitation of wang" in run(staff, environ, "invite", "wang").output
    visitor = portal.visitor()
    visitor.get("/staff/sign-in")
    assert "账号或密码不对" in visitor.post("/staff/sign-in", {"login": "wang", "password": PASSWORD})


def test_refusal_is_a_sentence_and_an_exit_code(portal: Portal, environ: dict[str, str]) -> None:
    result = run(staff, environ, "add", "wang", "--name", "王", "--role", "office")
    assert result.exit_code == 1
    assert "已经有了" in result.output


def test_notice_is_published_by_a_reviewer_and_withdrawn(portal: Portal, environ: dict[str, str]) -> None:
    officer = portal.signed_in("wang")
    officer.get("/staff/notices/new")
    officer.post("/staff/notices/new", {"title": "换证温馨提示", "body": "请尽早办理。"})
    officer.get("/staff/notices/1")
    officer.post("/staff/notices/1/submit", {"version": 1})
    assert "1\tsubmitted\t市场准入二科" in run(notices, environ, "list").output
    assert run(notices, environ, "publish", "1", "--reviewer", "wang").exit_code == 1
    assert run(notices, environ, "publish", "1", "--reviewer", "zhao").exit_code == 0
    assert "换证温馨提示" in portal.visitor().get("/notices/")
    assert run(notices, environ, "withdraw", "1", "--reason", "演练结束").exit_code == 0
    assert "演练结束" in portal.visitor().get("/notices/1")
