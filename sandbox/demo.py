"""The demo: everything started, a sample ledger in it, people to play, and a guide in five lines."""

import json
import secrets
import signal
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import requests

from sandbox import authenticator, demo_installation, sample_ledger
from sandbox.demo_installation import Installation, Options
from sandbox.demo_processes import Running
from sandbox.sample_ledger import Sample

ACCOUNTS = "accounts.json"
PROCESSES = ("wxbot", "portal", "sender", "worker", "clock")


@dataclass(frozen=True)
class Account:
    """A member of staff who may sign in at the console."""

    login: str
    password: str
    secret: str  # of the second factor
    name: str
    role: str
    role_name: str
    department: str
    person_no: str = ""


@dataclass(frozen=True)
class Started:
    """A demo that runs."""

    running: Running
    sample: Sample
    accounts: tuple[Account, ...]

    @property
    def place(self) -> Installation:
        return self.running.installation


def run(options: Options) -> int:
    """Starts, prints the guide, and stays until Ctrl-C or SIGTERM."""
    signals: list[int] = []
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda got, _frame: signals.append(got))
    running = Running(demo_installation.make(options))
    try:
        folder = running.installation.folder
        known = kept_accounts(folder) if options.keep else ()
        started = start(running, fresh=not known, accounts=known)
        keep_accounts(folder, started.accounts)
        say(guide(started))
        while not signals:
            time.sleep(0.3)
            for line in running.news():
                say(line)
            running.raise_if_dead()
    finally:
        say("demo: stopping what was started")
        running.stop()
    return 0


def start(
    running: Running, *, fresh: bool = True, size: int = 300, accounts: tuple[Account, ...] = ()
) -> Started:
    """Brings everything up; with `fresh` also the catalogue, the sample ledger and the staff."""
    place = running.installation
    began = time.monotonic()
    say("demo: starting Redis, the sandbox and the database")
    running.start_redis()
    port = place.sandbox_url.rpartition(":")[2]
    listening = ("--host", place.environ["SANDBOX_BIND"], "--port", port)
    running.start("sandbox", sys.executable, "-m", "sandbox.app", *listening)
    running.run("migrate")
    say("demo: starting the processes of the Procfile")
    running.start("up", sys.executable, "-m", "jobs.processes", "--logs", str(place.logs), *PROCESSES)
    sample, accounts = sample_ledger.make(today(), size), accounts or staff()
    if fresh:
        say(
            f"demo: loading the catalogue, {len(accounts)} staff accounts and a ledger of {size} made-up rows"
        )
        fill(running, sample, accounts)
    running.wait_for(f"{place.sandbox_url}/sandbox/state", f"{place.wxbot_url}/healthz",
                     f"{place.portal_url}/healthz")  # fmt: skip
    post_hints(place, sample, accounts)
    say(f"demo: ready after {time.monotonic() - began:.1f} s")
    return Started(running, sample, accounts)


def fill(running: Running, sample: Sample, accounts: tuple[Account, ...]) -> None:
    path = running.installation.folder / "示例台账.xlsx"
    sample_ledger.write(path, sample.rows)
    running.run("catalogue", "load")
    with ThreadPoolExecutor(2) as pool:  # two at a time: each command is a process of its own
        ledger = pool.submit(running.run, "ledger", "import", str(path), "--accept")
        for added in [pool.submit(add_staff, running, account) for account in accounts]:
            added.result()
        ledger.result()


def add_staff(running: Running, account: Account) -> None:
    department = ("--department", account.department) if account.department else ()
    number = ("--person-no", account.person_no) if account.person_no else ()
    running.run(
        "staff", "add", account.login, "--name", account.name, "--role", account.role, *department, *number,
        "--password-stdin", text=f"{account.password}\n{account.secret}\n",
    )  # fmt: skip


def kept_accounts(folder: Path) -> tuple[Account, ...]:
    """Who may sign in at what an earlier start left; nobody where there is nothing."""
    path = folder / ACCOUNTS
    known = json.loads(path.read_text(encoding="utf-8")) if path.exists() else []
    return tuple(Account(**one) for one in known)


def keep_accounts(folder: Path, accounts: tuple[Account, ...]) -> None:
    path = folder / ACCOUNTS
    path.touch(mode=0o600)
    path.write_text(json.dumps([asdict(one) for one in accounts], ensure_ascii=False), encoding="utf-8")


def staff() -> tuple[Account, ...]:
    def account(login: str, name: str, role: str, role_name: str, department: str = "") -> Account:
        password = f"demo-{secrets.token_hex(5)}"
        return Account(login, password, authenticator.new_secret(), name, role, role_name, department)

    return (
        account("officer", "孙示例", "officer", "提醒专员", "市场准入二科"),
        account("lead", "周示例", "lead", "科室负责人", "市场准入二科"),
        account("supervisor", "吴示例", "supervisor", "业务科"),
        account("office", "郑示例", "office", "办公室"),
    )


def post_hints(place: Installation, sample: Sample, accounts: tuple[Account, ...]) -> None:
    """Tells the sandbox's pages which people are worth playing and where everything is."""
    people = [
        {
            "name": row.contact,
            "phone": row.phone,
            "license_no": row.license_no,
            "license_name": row.license_name,
            "note": note,
        }
        for row, note in sample.heroes
    ]
    hints: dict[str, Any] = {
        "people": people,
        "portal_url": f"{place.portal_url}/",
        "staff_url": f"{place.portal_url}/staff/",
        "accounts": [
            {"login": one.login, "password": one.password, "secret": one.secret, "role": one.role_name}
            for one in accounts
        ],
    }
    requests.post(f"{place.sandbox_url}/sandbox/hints", json=hints, timeout=10).raise_for_status()


def guide(started: Started) -> str:
    place, (row, _note) = started.place, started.sample.heroes[0]
    people = "\n".join(f"      {one.login} / {one.password}  {one.role_name}" for one in started.accounts)
    return f"""
  手机 · a holder's phone      {place.sandbox_url}/phone
  门户 · public portal         {place.portal_url}/
  工作台 · staff console       {place.portal_url}/staff/
{people}
      动态码 · second factor    {place.sandbox_url}/phone#accounts-title  (or: reminders staff code officer)
  短信 · SMS inbox             {place.sandbox_url}/sms
  政务网 · government site     {place.sandbox_url}/cms
  公众号文章 · articles        {place.sandbox_url}/articles

  1. 打开手机页，选“{row.contact}”，点关注。            Open the phone page, choose a person, follow.
  2. 先“同意”，再“绑定 {row.license_no}”，再发短信里的验证码。  Agree, bind, send the code.
  3. 发送“我的证照”查到期；几秒后收到到期提醒，点开看。   Ask for your licenses; a reminder arrives; open it.
  4. officer 登录工作台生成温馨提示并提交；lead 登录审核。 Draft a notice as officer, approve it as lead.
  5. 在门户和政务网看到这条温馨提示。                    Read it on the portal and on the government site.

  reminders 命令 · commands    . {place.folder}/demo.env && .venv/bin/reminders --help
  日志 · logs                  {place.logs}/
  按 Ctrl-C 停止 · Ctrl-C stops everything
"""


def today() -> date:
    """The civil date in Weihai, which keeps UTC+8 all year."""
    return (datetime.now(UTC) + timedelta(hours=8)).date()


def say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()
