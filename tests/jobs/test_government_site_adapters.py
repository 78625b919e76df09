"""Each way to the government service site refuses what is not exactly the site it was told of."""

import io
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import paramiko
import pytest

from config.settings import Settings, SettingsError
from jobs import outlet_checks, outlets
from jobs.findings import Mark
from jobs.gateways import addresses, field_mapping, static_pages
from jobs.gateways.addresses import Guard
from jobs.gateways.government_site import GovernmentApi
from jobs.gateways.s3_store import S3Store, Signer
from jobs.gateways.sftp_store import SftpAccount, SftpStore
from jobs.gateways.stores import FolderStore
from jobs.gateways.transport import Transport
from jobs.gateways.webdav_store import WebDavStore
from reminders.db import Database
from reminders.errors import GatewayError
from tests.conftest import FIELD_KEYS
from tests.jobs.outlet_contract import KeptSteps, article
from tests.jobs.sftp_server import PASSWORD, USER, Server
from tests.jobs.test_outlet_contract import GUARD, KEY, MASTHEAD, world

__all__ = ["world"]  # fixture


@pytest.fixture
def sftp(tmp_path: Path) -> Iterator[Server]:
    (tmp_path / "site").mkdir()
    running = Server(tmp_path)
    yield running
    running.stop()


def told(**changes: object) -> Settings:
    values: dict[str, object] = {
        "secret_key": "k" * 40,
        "field_keys": FIELD_KEYS,
        "wechat_app_id": "wx00000000",
        "wechat_app_secret": "s" * 16,
        "wechat_token": "t" * 16,
        "wechat_aes_key": "a" * 43,
        "wxbot_url": "http://localhost:8001",
        "portal_url": "http://localhost",
        "government_site_private": True,
    }
    return Settings(**{**values, **changes})  # type: ignore[arg-type]


# --- SFTP ---


def test_other_host_key_is_refused_for_good(sftp: Server, tmp_path: Path) -> None:
    other = paramiko.ECDSAKey.generate()
    account = SftpAccount(
        f"sftp://127.0.0.1:{sftp.port}/site", USER, PASSWORD, f"{other.get_name()} {other.get_base64()}"
    )
    with pytest.raises(GatewayError) as refused:
        SftpStore(account, GUARD).put("a.html", b"1", "text/html")
    assert (refused.value.reason, refused.value.permanent) == ("host-key-changed", True)
    assert not list((tmp_path / "site").iterdir())


@pytest.mark.parametrize("host_key", ["", "ssh-ed25519", "ssh-ed25519 AAAA", "nonsense AAAAC3Nz"])
def test_nothing_is_sent_without_a_pinned_key(sftp: Server, host_key: str) -> None:
    with pytest.raises(GatewayError) as refused:
        SftpStore(SftpAccount(f"sftp://127.0.0.1:{sftp.port}/site", USER, PASSWORD, host_key), GUARD)
    assert refused.value.reason == "host-key-not-set"


def test_wrong_password_is_told_and_not_tried_for_ever(sftp: Server) -> None:
    account = SftpAccount(f"sftp://127.0.0.1:{sftp.port}/site", USER, "wrong", sftp.host_key)
    with pytest.raises(GatewayError) as refused:
        SftpStore(account, GUARD).check()
    assert (refused.value.reason, refused.value.permanent) == ("sftp-sign-in-refused", True)


def test_private_key_opens_the_door(tmp_path: Path) -> None:
    key = paramiko.ECDSAKey.generate()
    written = io.StringIO()
    key.write_private_key(written)
    running = Server(tmp_path, key)
    store = SftpStore(
        SftpAccount(f"sftp://127.0.0.1:{running.port}/", USER, written.getvalue(), running.host_key), GUARD
    )
    store.put("notices/a/index.html", b"page", "text/html")
    assert (tmp_path / "notices" / "a" / "index.html").read_bytes() == b"page"
    store.close()
    running.stop()


def test_dropped_connection_is_opened_again(sftp: Server) -> None:
    store = SftpStore(SftpAccount(f"sftp://127.0.0.1:{sftp.port}/site", USER, PASSWORD, sftp.host_key), GUARD)
    store.put("a.html", b"1", "text/html")
    sftp.drop()
    with pytest.raises(GatewayError) as lost:
        store.get("a.html")
    assert not lost.value.permanent
    assert store.get("a.html") == b"1"
    assert store.get("b.html") is None
    store.close()


# --- S3 ---


def test_signature_is_that_of_the_published_example() -> None:
    """docs.aws.amazon.com: Signature Calculations for the Authorization Header, example GET Object."""
    signer = Signer("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "us-east-1")
    headers = signer.headers(
        "GET",
        "https://examplebucket.s3.amazonaws.com/test.txt",
        b"",
        {"Range": "bytes=0-9"},
        datetime(2013, 5, 24, tzinfo=UTC),
    )
    assert headers["Authorization"].endswith(
        "Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"
    )


def test_bucket_refuses_a_wrong_secret(world: str) -> None:
    store = S3Store(f"{world}/s3/bucket", Signer("sandbox", "wrong", "cn-north-1"), Transport(1), GUARD)
    with pytest.raises(GatewayError) as refused:
        store.put("a.html", b"1", "text/html")
    assert (refused.value.reason, refused.value.permanent) == ("http-403", True)
    store.close()


def test_names_with_chinese_and_spaces_are_signed_too(world: str) -> None:
    store = S3Store(f"{world}/s3/bucket", Signer("sandbox", KEY, "cn-north-1"), Transport(1), GUARD)
    store.put("notices/a/示例 名单(1).xlsx", b"1", "text/plain")
    assert store.get("notices/a/示例 名单(1).xlsx") == b"1"
    store.close()


# --- WebDAV and folder ---


def test_webdav_refuses_a_wrong_password(world: str) -> None:
    store = WebDavStore(f"{world}/dav", "sandbox", "wrong", Transport(1), GUARD)
    with pytest.raises(GatewayError) as refused:
        store.put("a/b.html", b"1", "text/html")
    assert (refused.value.reason, refused.value.permanent) == ("http-401", True)
    store.close()


def test_folder_that_is_not_there_is_told_to_the_doctor(tmp_path: Path) -> None:
    with pytest.raises(GatewayError) as refused:
        FolderStore(tmp_path / "nowhere").check()
    assert refused.value.reason == "folder-not-writable"


# --- where a target leads ---


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/x",
        "http://localhost/x",
        "http://0.0.0.0/",
        "http://[::1]/",
        "http://[::ffff:127.0.0.1]/",
        "http://[::ffff:a00:1]/",
        "http://[64:ff9b::a00:1]/",
        "http://[2002:7f00:1::]/",
        "http://[fd00::1]/",
        "http://[fe80::1]/",
        "http://10.1.2.3/",
        "http://172.16.0.1/",
        "http://192.168.1.1/",
        "http://169.254.169.254/latest/meta-data",
        "http://100.64.0.1/",
        "http://2130706433/",
        "http://0x7f000001/",
        "http://0177.0.0.1/",
        "http://127.1/",
        "http://224.0.0.1/",
        "sftp://127.0.0.1:22/",
        "http://user:password@10.0.0.1/",
        "ftp://203.0.113.1/",
        "file:///etc/passwd",
        "http:///x",
        "gopher://127.0.0.1:25/",
        "http://127.0.0.1:99999/",
    ],
)
def test_address_inside_is_refused(url: str) -> None:
    with pytest.raises(GatewayError) as refused:
        Guard(may_be_inside=False).refuse_inside(url)
    assert not refused.value.sent


def test_public_addresses_are_let_through() -> None:
    for address in ("8.8.8.8", "2400:3200::1", "114.114.114.114"):
        assert addresses.is_public(address)


def test_nothing_leaves_for_an_address_inside(world: str) -> None:
    site = GovernmentApi(
        f"{world}/cms-api", KEY, field_mapping.load(), MASTHEAD, Transport(1), Guard(may_be_inside=False)
    )
    with pytest.raises(GatewayError) as refused:
        site.publish(article(1), (), KeptSteps())
    assert refused.value.reason == addresses.INSIDE
    site.close()


# --- field mapping ---


def test_fields_go_out_under_the_names_of_the_site(tmp_path: Path) -> None:
    file = tmp_path / "government_site.toml"
    file.write_text(
        '[article]\npath = "/v2/info/{external_id}.json"\n'
        '[fields]\n"content.title" = "title"\n"content.text" = "html"\nfbsj = "published_ms"\n'
        '[constants]\n"channel.id" = 1024\n'
        '[answer]\ndigest = "data.sm3"\nlive = "data.state"\nlive_values = [1]\nurl = "data.link"\n'
        '[headers]\ntimestamp = "X-T"\nsignature = "X-S"\n',
        encoding="utf-8",
    )
    mapping = field_mapping.load(file)
    assert mapping.body(article(1), MASTHEAD) == {
        "channel": {"id": 1024},
        "content": {"title": "第 1 篇换证温馨提示", "text": "<p>请尽早办理。</p>"},
        "fbsj": 1_793_581_260_000,
    }
    answer = {"data": {"sm3": "d", "state": 1, "link": "https://example.com/1"}}
    assert (mapping.digest(answer), mapping.is_live(answer)) == ("d", True)
    assert not mapping.is_live({"data": None})


@pytest.mark.parametrize(
    ("old", "new", "told_"),
    [
        ('"html"', '"phone"', "phone"),
        ('title = "title"\n', "", "lacks title"),
        ("/articles/{external_id}", "/articles", "external_id"),
        ("[headers]", "[other]", "headers"),
        ("[article]", "[article", "cannot be read"),
    ],
)
def test_mapping_that_cannot_work_is_named(tmp_path: Path, old: str, new: str, told_: str) -> None:
    file = tmp_path / "government_site.toml"
    text = field_mapping.FILE.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(SettingsError, match=told_):
        field_mapping.load(file)


# --- settings and doctor ---


def test_settings_choose_the_adapter_and_the_doctor_asks_it(
    sqlite_database: Database, world: str, sftp: Server, tmp_path: Path
) -> None:
    kinds = {
        "api": (f"{world}/cms-api", ""),
        "folder": (str(tmp_path / "site"), "http://127.0.0.1:9"),
        "sftp": (f"sftp://127.0.0.1:{sftp.port}/site", "http://127.0.0.1:9"),
        "webdav": (f"{world}/dav", f"{world}/site/dav"),
        "s3": (f"{world}/s3/bucket", f"{world}/site/s3/bucket"),
    }
    for kind, (url, public_url) in kinds.items():
        chosen = told(
            government_site_kind=kind,
            government_site_url=url,
            government_site_public_url=public_url,
            government_site_user=USER if kind == "sftp" else "sandbox",
            government_site_key=PASSWORD if kind == "sftp" else KEY,
            government_site_host_key=sftp.host_key,
        )
        assert outlet_checks.government_site(chosen).mark is Mark.WELL, kind
        with outlets.opened(chosen, sqlite_database) as made:
            assert list(map(str, made)) == ["government_site"]


def test_doctor_names_the_cure() -> None:
    closed = told(government_site_url="http://127.0.0.1:9/api", government_site_private=False)
    found = outlet_checks.government_site(closed)
    assert found.mark is Mark.BROKEN
    assert "GOVERNMENT_SITE_PRIVATE" in found.cure
    assert [f.mark for f in outlet_checks.outlet_checks(told())] == [Mark.READY_LATER] * 2


# --- pages ---


def test_same_article_gives_the_same_page_with_the_metas_of_government_sites() -> None:
    page = static_pages.notice_page(article(1, text="<script>alert(1)</script>"), MASTHEAD).decode()
    assert page == static_pages.notice_page(article(1, text="<script>alert(1)</script>"), MASTHEAD).decode()
    for name in ("SiteName", "ColumnName", "ArticleTitle", "PubDate", "ContentSource", "NoticeDigest"):
        assert f'<meta name="{name}" content="' in page
    assert 'href="%E7%A4%BA%E4%BE%8B%E5%90%8D%E5%8D%95.csv" download' in page
    assert 'content="&lt;script&gt;' in page
