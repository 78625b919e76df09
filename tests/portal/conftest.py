"""A portal on an empty database, with one department, its staff and a few made-up licenses."""

import os
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pyotp
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from config.settings import DATA, Settings
from portal.app import create_app
from portal.installation import KEY
from reminders import catalogue, clock, db, staff
from reminders.crypto import Vault
from reminders.db import Database
from reminders.rules.lifecycle import Role
from tests import builders
from tests.builders import CLOCK
from tests.conftest import FIELD_KEYS

PASSWORD = "made-up-password"
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"  # of the second factor of everybody
TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')
FOOD = 2  # 食品生产许可证, of 市场准入二科
PEOPLE = {
    "wang": (Role.OFFICER, "市场准入二科"),
    "zhao": (Role.LEAD, "市场准入二科"),
    "qian": (Role.LEAD, "社会民生科"),
    "sun": (Role.SUPERVISOR, ""),
    "zhou": (Role.OFFICE, ""),
    "wu": (Role.SYSTEM_ADMIN, ""),
    "zheng": (Role.SECURITY_ADMIN, ""),
    "wei": (Role.AUDIT_ADMIN, ""),
}


@dataclass
class Visitor:
    """A browser without a screen; forms are sent with the token of the page before."""

    client: FlaskClient
    last: TestResponse | None = field(default=None)

    def get(self, url: str) -> str:
        self.last = self.client.get(url, follow_redirects=True)
        return self.last.get_data().decode(errors="replace")

    def post(self, url: str, values: dict[str, object] | None = None) -> str:
        token = TOKEN.search(self.last.get_data().decode(errors="replace")) if self.last else None
        data = {"csrf_token": token[1] if token else "", **(values or {})}
        self.last = self.client.post(
            url, data=data, follow_redirects=True, content_type="multipart/form-data"
        )
        return self.last.get_data().decode(errors="replace")

    @property
    def status(self) -> int:
        assert self.last is not None
        return self.last.status_code

    @property
    def path(self) -> str:
        assert self.last is not None
        return self.last.request.path

    def hidden(self, name: str) -> str:
        assert self.last is not None
        found = re.search(rf'name="{name}" value="([^"]*)"', self.last.get_data().decode(errors="replace"))
        assert found, name
        return found[1]


@dataclass
class Portal:
    app: Flask
    database: Database
    steps: dict[str, int] = field(default_factory=dict)

    def visitor(self) -> Visitor:
        return Visitor(self.app.test_client())

    def signed_in(self, login: str) -> Visitor:
        visitor = self.visitor()
        visitor.get("/staff/sign-in")
        visitor.post("/staff/sign-in", {"login": login, "password": PASSWORD})
        page = visitor.post("/staff/sign-in/code", {"code": self.next_code(login)})
        assert "今日工作" in page
        return visitor

    def next_code(self, login: str) -> str:
        """A code counts once: every sign-in of a person within a test gets the one after the last."""
        here = int(clock.now().timestamp()) // 30
        self.steps[login] = max(here, self.steps.get(login, 0) + 1)
        return pyotp.TOTP(SECRET).at(self.steps[login] * 30)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return settings_in(tmp_path)


def settings_in(folder: Path) -> Settings:
    return Settings(
        database_url=f"sqlite:///{folder}/reminders.db",
        secret_key="k" * 40,
        field_keys=FIELD_KEYS,
        wechat_app_id="wx00000000",
        wechat_app_secret="s" * 16,
        wechat_token="t" * 16,
        wechat_aes_key="a" * 43,
        wxbot_url="http://localhost:8001",
        portal_url="http://localhost",
        wechat_api_base="http://localhost:9",
        wechat_oauth_base="http://localhost:9",
        wechat_script_url="http://localhost:9/jweixin.js",
        sandbox_url="http://localhost:9",
        government_site_url="http://localhost:9/cms-api",
        practice=True,
        portal_fresh_s=0,
    )


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory, vault: Vault, sqlite_template: Path) -> Path:
    """Made once, because hashing passwords is slow on purpose."""
    path = tmp_path_factory.mktemp("portal") / "filled.db"
    shutil.copy(sqlite_template, path)
    database = db.open_database(f"sqlite:///{path}", vault)
    with database.begin() as session:
        fill(session)
    with database.engine.connect() as connection:
        connection.exec_driver_sql("COMMIT")
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()
    return path


def fill(session: Session) -> None:
    now = clock.now()
    entries, departments = (
        (DATA / name).read_text(encoding="utf-8") for name in ("catalogue.csv", "departments.csv")
    )
    catalogue.load(session, entries, departments, actor=CLOCK, now=now)
    for login, (role, department) in PEOPLE.items():
        staff_id = staff.add_staff(
            session,
            login,
            f"{login}示例",
            role,
            department,
            PASSWORD,
            person_no=login,
            actor=CLOCK,
            now=now,
        )
        staff.set_secret(session, staff_id, SECRET, actor=CLOCK, now=now)
    soon = clock.civil_date(now) + timedelta(days=60)
    for number in range(3):
        holder = builders.holder(session, name=f"示例{number}号食品有限公司")
        contact = builders.contact(session, holder_id=holder.id, phone=f"1380000010{number}")
        builders.license(
            session,
            entry_id=FOOD,
            expires_on=soon + timedelta(days=number),
            holder_id=holder.id,
            contact_id=contact.id,
            license_no=f"SC106371002{number:04d}",
        )


@pytest.fixture
def portal(tmp_path: Path, vault: Vault, filled: Path, settings: Settings) -> Iterator[Portal]:
    shutil.copy(filled, tmp_path / "reminders.db")
    app = create_app(settings)
    app.testing = True
    database = db.open_database(settings.database_url, vault)
    yield Portal(app, database)
    database.close()
    app.extensions[KEY].database().close()


@pytest.fixture
def either_portal(database: Database, settings: Settings) -> Iterator[Portal]:
    """The same portal once on SQLite and once on PostgreSQL, for what must hold on both."""
    app = create_app(settings)
    app.testing = True
    with database.begin() as session:
        fill(session)
    kept = app.extensions[KEY]
    kept._opened, kept._opened_by = database, os.getpid()
    yield Portal(app, database)
