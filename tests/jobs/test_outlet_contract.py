"""Every adapter of the government service site keeps the contract of outlets."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from jobs.gateways import field_mapping
from jobs.gateways.addresses import Guard
from jobs.gateways.government_site import GovernmentApi
from jobs.gateways.outlets import Masthead
from jobs.gateways.s3_store import S3Store, Signer
from jobs.gateways.sftp_store import SftpAccount, SftpStore
from jobs.gateways.static_site import StaticSite
from jobs.gateways.stores import FolderStore
from jobs.gateways.webdav_store import WebDavStore
from sandbox import server
from sandbox.app import create_app
from tests.jobs.outlet_contract import Bench, OutletContract, Wire, WiredStore, WiredTransport, copies
from tests.jobs.sftp_server import PASSWORD, USER, Server
from tests.sandbox.bot import settings_in

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
