"""Accounts and notices from the command line of the server."""

import pytest
from click.testing import CliRunner, Result

from config.settings import Settings
from portal.commands.notices import notices
from portal.commands.staff import staff
from tests.portal.conftest import Portal


@pytest.fixture
def environ(settings: Settings) -> dict[str, str]:
    values = settings.model_dump(
        mode="json", exclude={"sending_hours", "practice", "wechat_aes_key_previous"}
    )
    return {name.upper(): str(value) for name, value in values.items() if value != ""}


def run(command: object, environ: dict[str, str], *words: str, said: str = "") -> Result:
    return CliRunner().invoke(command, words, env=environ, input=said)  # type: ignore[arg-type]


def test_account_is_added_with_a_password_shown_once(portal: Portal, environ: dict[str, str]) -> None:
    words = ["add", "zheng2", "--name", "郑示例", "--role", "officer", "--department", "市场准入二科"]
    result = run(staff, environ, *words)
    assert result.exit_code == 0, result.output
    password = result.output.split("Password, shown only now: ")[1].strip()
    visitor = portal.visitor()
    visitor.get("/staff/sign-in")
    assert "今日工作" in visitor.post("/staff/sign-in", {"login": "zheng2", "password": password})
    listed = run(staff, environ, "list").output
    assert "zheng2\t郑示例\tofficer\t市场准入二科" in listed
    assert password not in listed


def test_password_from_standard_input_is_not_printed(portal: Portal, environ: dict[str, str]) -> None:
    words = ["add", "feng", "--name", "冯示例", "--role", "office", "--password-stdin"]
    result = run(staff, environ, *words, said="typed-password-1\n")
    assert result.exit_code == 0, result.output
    assert "typed-password-1" not in result.output


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
