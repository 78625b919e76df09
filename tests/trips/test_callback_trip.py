"""Trip (a), WeChat message → answer: a person at the pretended platform, the real door, by HTTP."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests

from reminders.db import Database
from sandbox import app as sandbox_app
from sandbox import server
from sandbox.settings import Settings as SandboxSettings
from tests.postgres import free_port
from tests.wxbot import platform
from tests.wxbot.browser import WECHAT
from tests.wxbot.conftest import Pharmacy, settings_for
from wxbot.app import create_app


@dataclass
class Phone:
    """One person's phone at the platform."""

    base: str
    openid: str

    def act(self, action: str, **given: str) -> str:
        answer = requests.post(
            f"{self.base}/sandbox/people/{self.openid}/{action}", json=given, timeout=30
        ).json()
        assert answer["outcome"] in ("reply", "silent"), answer
        return str(answer["text"])

    def say(self, content: str) -> str:
        return self.act("text", content=content)

    def open(self, url: str, **change: Any) -> requests.Response:
        requests.post(f"{self.base}/sandbox/people/{self.openid}", json=change, timeout=30)
        where = f"{self.base}/sandbox/people/{self.openid}/open"
        return requests.get(where, params={"url": url}, headers={"User-Agent": WECHAT}, timeout=30)


@pytest.fixture
def world(database: Database, tmp_path: Path) -> Iterator[tuple[str, str]]:
    """Addresses of the platform and of the door."""
    port = free_port()
    door_url = f"http://127.0.0.1:{port}"
    platform_server = server.start(
        sandbox_app.create_app(
            SandboxSettings(
                app_id=platform.APP_ID,
                app_secret="a" * 32,
                token=platform.TOKEN,
                aes_key=platform.AES_KEY,
                original_id=platform.ORIGINAL_ID,
                folder=tmp_path / "sandbox",
                wxbot_url=door_url,
            )
        )
    )
    app = create_app(
        settings_for(
            database,
            wxbot_url=door_url,
            wechat_api_base=platform_server.url,
            wechat_oauth_base=platform_server.url,
        )
    )
    door = server.start(app, port=port)
    yield platform_server.url, door_url
    door.stop()
    platform_server.stop()
    app.extensions["wxbot"].database.close()


def phone(base: str) -> Phone:
    made = requests.post(f"{base}/sandbox/people", json={"name": "张示例"}, timeout=30).json()
    return Phone(base, made["openid"])


def test_address_is_verified_by_the_platform(world: tuple[str, str]) -> None:
    base, _ = world
    assert requests.post(f"{base}/sandbox/verify", timeout=30).json() == {"ok": True, "problem": ""}


def test_holder_follows_binds_asks_reads_and_unbinds(world: tuple[str, str], database: Database) -> None:
    base, door = world
    pharmacy, holder = Pharmacy(database), phone(base)
    assert "绑定" in holder.act("follow")
    assert "同意" in holder.say("绑定")
    assert "证照编号" in holder.say("同意")
    assert "如果信息相符" in holder.say(f"绑定 {pharmacy.numbers[0]}")
    assert "已绑定 2 本" in holder.say(pharmacy.codes()[-1])
    assert f"还剩 {pharmacy.days_left} 天可申请" in holder.say("我的证照")
    page = holder.open(f"{door}/h5/licenses/{pharmacy.ids[0]}")
    assert (page.status_code, page.url.partition("#")[0]) == (200, f"{door}/h5/licenses/{pharmacy.ids[0]}")
    assert "提交材料清单" in page.text
    question = holder.say("解绑全部")
    assert "已解除 2 本" in holder.say(question[question.index("确认解绑") :][:10])
    assert holder.open(f"{door}/h5/licenses/{pharmacy.ids[0]}").status_code == 404
    assert holder.act("unfollow") == ""


def test_snapshot_and_stranger_see_no_license(world: tuple[str, str], database: Database) -> None:
    base, door = world
    pharmacy, holder, stranger = Pharmacy(database), phone(base), phone(base)
    holder.act("follow")
    holder.say("同意")
    holder.say(pharmacy.numbers[0])
    holder.say(pharmacy.codes()[-1])
    address = f"{door}/h5/licenses/{pharmacy.ids[0]}"
    assert "使用完整服务" in holder.open(address, snapshot=True).text
    assert holder.open(address, snapshot=False).status_code == 200
    assert "请先关注公众号" in stranger.open(address).text
