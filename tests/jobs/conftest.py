"""The outside world of the jobs on this machine: a Redis, a sandbox, and settings that point at both."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import redis
import requests

from config.settings import Settings
from sandbox import redis_server, server
from sandbox.app import create_app
from sandbox.redis_server import RunningRedis
from tests.conftest import FIELD_KEYS
from tests.sandbox.bot import AES_KEY, APP_ID, SECRET, TOKEN, settings_in


@dataclass(frozen=True)
class Platform:
    """The sandbox as a test drives it."""

    url: str

    def fault(self, kind: str, match: str = "/cgi-bin/message/template/send", **rule: Any) -> None:
        answer = requests.post(
            f"{self.url}/sandbox/faults", json={"match": match, "kind": kind, **rule}, timeout=5
        )
        assert answer.status_code == 200, answer.text

    def heal(self) -> None:
        requests.delete(f"{self.url}/sandbox/faults", timeout=5)

    def end_tokens(self, *, forget: bool) -> None:
        requests.post(f"{self.url}/sandbox/tokens", json={"forget": forget}, timeout=5)

    def counts(self) -> dict[str, int]:
        found: dict[str, int] = requests.get(f"{self.url}/sandbox/state", timeout=5).json()
        return found

    def shown(self, channel: str = "template") -> list[dict[str, Any]]:
        lines = requests.get(f"{self.url}/sandbox/shown", timeout=5).text.splitlines()
        return [entry for entry in map(json.loads, lines) if entry["channel"] == channel]

    def people(self, *openids: str) -> None:
        wanted = [
            {"name": f"张示例{n}", "phone": f"1380000{n:04d}", "openid": openid, "follows": True}
            for n, openid in enumerate(openids)
        ]
        answer = requests.post(f"{self.url}/sandbox/people", json=wanted, timeout=30)
        assert answer.status_code == 200, answer.text

    def does(self, openid: str, action: str, **given: Any) -> None:
        answer = requests.post(f"{self.url}/sandbox/people/{openid}/{action}", json=given, timeout=5)
        assert answer.status_code == 200, answer.text

    def change(self, openid: str, **fields: Any) -> None:
        requests.post(f"{self.url}/sandbox/people/{openid}", json=fields, timeout=5)


@pytest.fixture(scope="session")
def redis_running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningRedis]:
    running = redis_server.start(tmp_path_factory.mktemp("redis"))
    yield running
    running.stop()


@pytest.fixture
def store(redis_running: RunningRedis) -> Iterator[redis.Redis]:
    """An empty Redis."""
    client = redis.Redis.from_url(redis_running.url)
    client.flushall()
    yield client
    client.close()


@pytest.fixture
def bot_url() -> str:
    """Where the platform sends its receipts; nobody listens there unless a test overrides this."""
    return "http://127.0.0.1:9"


@pytest.fixture
def platform(tmp_path: Path, bot_url: str) -> Iterator[Platform]:
    running = server.start(create_app(settings_in(tmp_path / "sandbox", bot_url)))
    yield Platform(running.url)
    running.stop()


@pytest.fixture
def told(platform: Platform, redis_running: RunningRedis, store: redis.Redis, bot_url: str) -> Settings:
    """Settings for the sandbox; the database address is for the test to replace."""
    return Settings(
        database_url="sqlite:///unused.db",
        redis_url=redis_running.url,
        secret_key="k" * 32,
        field_keys=FIELD_KEYS,
        wechat_app_id=APP_ID,
        wechat_app_secret=SECRET,
        wechat_token=TOKEN,
        wechat_aes_key=AES_KEY,
        wechat_api_base=platform.url,
        wechat_oauth_base=platform.url,
        wxbot_url=bot_url,
        portal_url="http://127.0.0.1:9",
        sms_provider="sandbox",
        sms_api_base=f"{platform.url}/sms-api",
        sms_api_key="sms-key",
        send_rate=0,
        send_concurrency=16,
        sending_hours="00:00-24:00",
    )
