"""Every adapter keeps the contract of outlets."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import redis
import requests

from jobs.gateways import field_mapping
from jobs.gateways.addresses import Guard
from jobs.gateways.government_site import GovernmentApi
from jobs.gateways.outlets import Masthead, StillWorking
from jobs.gateways.s3_store import S3Store, Signer
from jobs.gateways.sftp_store import SftpAccount, SftpStore
from jobs.gateways.static_site import StaticSite
from jobs.gateways.stores import FolderStore
from jobs.gateways.webdav_store import WebDavStore
from jobs.gateways.wechat_articles import AccountArticles
from jobs.gateways.wechat_client import HardenedClient
from jobs.gateways.wechat_mass import MassSend
from reminders.errors import GatewayError
from sandbox import account_articles, server
from sandbox.account_articles import Job
from sandbox.app import create_app
from sandbox.world import World
from tests.jobs.outlet_contract import (
    Bench,
    KeptSteps,
    OutletContract,
    Wire,
    WiredStore,
    WiredTransport,
    article,
    copies,
)
from tests.jobs.sftp_server import PASSWORD, USER, Server
from tests.sandbox.bot import APP_ID, SECRET, settings_in

MASTHEAD = Masthead("示例局", "示例提醒", "http://127.0.0.1:9")
GUARD = Guard(may_be_inside=True)
KEY, SANDBOX_USER = "cms-key", "sandbox"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[str]:
    running = server.start(create_app(settings_in(tmp_path / "sandbox")))
    yield running.url
    running.stop()


def pages_in(root: Path) -> list[str]:
    return [path.parent.name for path in root.glob("notices/*/index.html")]


def folder_bench(root: Path, store: object, wire: Wire) -> Bench:
    root.mkdir(exist_ok=True)
    site = StaticSite(WiredStore(store, wire), "", MASTHEAD, WiredTransport(wire), GUARD)  # type: ignore[arg-type]

    def shown(external_id: str) -> int:
        index = root / "index.html"
        text = index.read_text(encoding="utf-8") if index.exists() else ""
        return copies(text, pages_in(root), external_id)

    def spoil(external_id: str) -> None:
        (root / "notices" / external_id / "index.html").write_text("somebody else's page")

    return Bench(site, wire, shown, spoil)


def web_bench(world: str, kind: str, store: object, wire: Wire, root: Path) -> Bench:
    """Looks through the public door of the store; the proof is fetched from there too."""
    site = StaticSite(store, f"{world}/site/{kind}", MASTHEAD, WiredTransport(wire), GUARD)  # type: ignore[arg-type]

    def shown(external_id: str) -> int:
        index = requests.get(f"{world}/site/{kind}/index.html", timeout=5).text
        page = requests.get(f"{world}/site/{kind}/notices/{external_id}/index.html", timeout=5)
        return copies(index, [external_id] if page.status_code == 200 else [], external_id)

    def spoil(external_id: str) -> None:
        (root / "notices" / external_id / "index.html").write_text("somebody else's page")

    return Bench(site, wire, shown, spoil)


class TestApi(OutletContract):
    @pytest.fixture
    def bench(self, world: str) -> Iterator[Bench]:
        wire = Wire()
        transport = WiredTransport(wire)
        made = GovernmentApi(f"{world}/cms-api", KEY, field_mapping.load(), MASTHEAD, transport, GUARD)

        def shown(external_id: str) -> int:
            return requests.get(f"{world}/cms", timeout=5).text.count(f'/cms/articles/{external_id}"')

        def spoil(external_id: str) -> None:
            other = GovernmentApi(
                f"{world}/cms-api", KEY, field_mapping.load(), MASTHEAD, WiredTransport(Wire()), GUARD
            )
            other._call("PUT", external_id, {"title": "别人的", "html": "<p>别人的</p>", "digest": "x"})
            other.close()

        yield Bench(made, wire, shown, spoil)
        made.close()


class TestFolder(OutletContract):
    @pytest.fixture
    def bench(self, tmp_path: Path) -> Bench:
        return folder_bench(tmp_path / "site", FolderStore(tmp_path / "site"), Wire())


class TestSftp(OutletContract):
    @pytest.fixture
    def bench(self, tmp_path: Path) -> Iterator[Bench]:
        running = Server(tmp_path)
        account = SftpAccount(f"sftp://127.0.0.1:{running.port}/site", USER, PASSWORD, running.host_key)
        made = folder_bench(tmp_path / "site", SftpStore(account, GUARD), Wire())
        yield made
        made.gateway.close()
        running.stop()


class TestWebDav(OutletContract):
    @pytest.fixture
    def bench(self, world: str, tmp_path: Path) -> Iterator[Bench]:
        wire = Wire()
        store = WebDavStore(f"{world}/dav", SANDBOX_USER, KEY, WiredTransport(wire), GUARD)
        made = web_bench(world, "dav", store, wire, tmp_path / "sandbox" / "files" / "dav")
        yield made
        made.gateway.close()


class TestS3(OutletContract):
    @pytest.fixture
    def bench(self, world: str, tmp_path: Path) -> Iterator[Bench]:
        wire = Wire()
        signer = Signer(SANDBOX_USER, KEY, "cn-north-1")
        store = S3Store(f"{world}/s3/bucket", signer, WiredTransport(wire), GUARD)
        made = web_bench(world, "s3/bucket", store, wire, tmp_path / "sandbox" / "files" / "s3" / "bucket")
        yield made
        made.gateway.close()


class Drawer:
    """A shelf in memory."""

    def __init__(self) -> None:
        self.kept: dict[str, str] = {}

    def get(self, name: str) -> str:
        return self.kept.get(name, "")

    def keep(self, name: str, media_id: str) -> None:
        self.kept[name] = media_id

    def forget(self, name: str) -> None:
        self.kept.pop(name, None)


@pytest.fixture
def account_world(tmp_path: Path) -> Iterator[tuple[str, World]]:
    app = create_app(settings_in(tmp_path / "sandbox"))
    running = server.start(app)
    yield running.url, app.extensions["sandbox"]
    running.stop()


def account(url: str, store: redis.Redis, wire: Wire) -> AccountArticles:
    client = HardenedClient(APP_ID, SECRET, url, store, WiredTransport(wire))
    assert client.access_token  # tokens have tests of their own
    return AccountArticles(client, Drawer(), MASTHEAD, resubmit_after_s=0.5)


class TestOfficialAccount(OutletContract):
    @pytest.fixture
    def bench(self, account_world: tuple[str, World], store: redis.Redis) -> Iterator[Bench]:
        url, known = account_world
        wire = Wire()
        made = account(url, store, wire)

        def public(external_id: str) -> list[dict[str, Any]]:
            return [
                one
                for one in known.account.articles.values()
                if one["live"] and one["news_item"][0]["content_source_url"].endswith(f"id={external_id}")
            ]

        def spoil(external_id: str) -> None:
            public(external_id)[0]["news_item"][0]["title"] = "别人改过的标题"

        yield Bench(made, wire, lambda external_id: len(public(external_id)), spoil)
        made.close()

    @pytest.mark.parametrize("is_used_up", [True, False])
    def test_article_that_comes_late_comes_once(
        self,
        bench: Bench,
        account_world: tuple[str, World],
        monkeypatch: pytest.MonkeyPatch,
        is_used_up: bool,
    ) -> None:
        """The submission's answer is lost, and the platform takes longer than we wait to submit again."""
        monkeypatch.setattr(account_articles, "PUBLISH_S", 1.0)
        _, known = account_world
        known.faults.add([{"match": "/cgi-bin/freepublish/submit", "kind": "reset_after", "times": 1}])
        steps, told, until_s = KeptSteps(), article(11), time.monotonic() + 0.8
        held: list[dict[str, Any]] = []
        while time.monotonic() < until_s:
            with pytest.raises((GatewayError, StillWorking)):
                bench.gateway.publish(told, (), steps)
            if is_used_up:
                held = known.account.drafts.pop(steps.get("draft"), None) or held
            time.sleep(0.05)
        if is_used_up:
            assert len(known.account.jobs) == 1, "a draft that is used up was submitted"
            known.account.drafts[steps.get("draft")] = held
        time.sleep(1.2)
        bench.carry(told, steps)
        assert bench.shown(told.external_id) == 1
        assert known.counts["drafts_added"] + known.account.counts["drafts_added"] == 1


class TestMassSend(OutletContract):
    @pytest.fixture
    def bench(
        self, account_world: tuple[str, World], store: redis.Redis, monkeypatch: pytest.MonkeyPatch
    ) -> Iterator[Bench]:
        monkeypatch.setattr(account_articles, "MASS_PER_MONTH", 1000)
        url, known = account_world
        wire = Wire()
        made = MassSend(account(url, store, wire))

        def pushed(external_id: str) -> list[Job]:
            return [
                job
                for job in known.account.mass.values()
                if job.status == "SEND_SUCCESS"
                and known.account.articles[job.article_id]["news_item"][0]["content_source_url"].endswith(
                    f"id={external_id}"
                )
            ]

        def spoil(external_id: str) -> None:
            pushed(external_id)[0].status = "DELETE"

        yield Bench(made, wire, lambda external_id: len(pushed(external_id)), spoil)
        made.close()
