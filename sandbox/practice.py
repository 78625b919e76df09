"""The practice installation: kept between starts, an account for each role, work waiting for a learner."""

import secrets
import shutil
import signal
import time
from dataclasses import replace
from pathlib import Path

from sandbox import authenticator, demo, demo_installation, practice_work
from sandbox.demo import ACCOUNTS, Account, Started, say
from sandbox.demo_installation import Options
from sandbox.demo_processes import Running

ROWS = 300
DEPARTMENT = "市场准入二科"
PEOPLE = (
    ("officer", "孙示例", "officer", "提醒专员", DEPARTMENT),
    ("lead", "周示例", "lead", "科室负责人", DEPARTMENT),
    ("supervisor", "吴示例", "supervisor", "业务科", ""),
    ("office", "郑示例", "office", "办公室", ""),
    ("system", "冯示例", "system_admin", "系统管理员", ""),
    ("security", "陈示例", "security_admin", "安全管理员", ""),
    ("audit", "褚示例", "audit_admin", "审计管理员", ""),
    *practice_work.COLLEAGUES,
)


def run(options: Options, *, fresh: bool) -> int:
    """Starts, prints the guide, and stays until Ctrl-C or SIGTERM. `fresh` throws the last practice away."""
    signals: list[int] = []
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda got, _frame: signals.append(got))
    running = Running(demo_installation.make(replace(options, keep=True)))
    try:
        say(guide(start(running, fresh=fresh)))
        while not signals:
            time.sleep(0.3)
            for line in running.news():
                say(line)
            running.raise_if_dead()
    finally:
        say("practice: stopping what was started")
        running.stop()
    return 0


def start(running: Running, *, fresh: bool) -> Started:
    """With what the last practice left, unless there is none, only half of it, or it is to be forgotten."""
    folder = running.installation.folder
    accounts = () if fresh else demo.kept_accounts(folder)
    is_new = not accounts
    if is_new:
        _forget(folder)
    started = demo.start(running, fresh=is_new, size=ROWS, accounts=accounts or _made())
    if is_new:
        practice_work.lay_out(started)
        demo.keep_accounts(folder, started.accounts)
    return started


def guide(started: Started) -> str:
    place = started.place
    people = "\n".join(
        f"      {one.login} / {one.password}  {one.role_name}"
        for one in started.accounts
        if one.login not in practice_work.LOGINS
    )
    return f"""
  练习环境 · practice installation (made-up people, nothing leaves this machine)
  工作台 · staff console       {place.portal_url}/staff/
{people}
      动态码 · second factor    {place.sandbox_url}/phone#accounts-title
  模拟手机 · a holder's phone   {place.sandbox_url}/phone

  每个岗位登录后，页面上方写着下一步；做完打印参训记录。 Each role has a tour; its record can be printed.
  A learner of their own: . {place.folder}/demo.env && .venv/bin/reminders staff add LOGIN --name … --role …
  Begin anew: ./run practice --fresh     日志 · logs: {place.logs}/
  按 Ctrl-C 停止，下次接着练 · Ctrl-C stops everything, the next start goes on from here
"""


def _forget(folder: Path) -> None:
    """Database, sandbox and accounts; the secrets and the address stay."""
    for name in ("sandbox", "redis", "logs"):
        shutil.rmtree(folder / name, ignore_errors=True)
    for path in (folder / ACCOUNTS, *folder.glob("reminders.db*")):
        path.unlink(missing_ok=True)


def _made() -> tuple[Account, ...]:
    return tuple(
        Account(
            login=login,
            password=f"practice-{secrets.token_hex(4)}",
            secret=authenticator.new_secret(),
            name=name,
            role=role,
            role_name=role_name,
            department=department,
            person_no=f"L{number:03d}",
        )
        for number, (login, name, role, role_name, department) in enumerate(PEOPLE, 1)
    )
