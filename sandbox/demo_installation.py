"""A complete installation in one folder: free ports, made-up secrets, the environment of its processes."""

import base64
import fcntl
import os
import re
import secrets
import shlex
import shutil
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO

ROOT = Path(__file__).resolve().parent.parent
EXAMPLE = ROOT / "config" / "example.env"
FIRST_PORT = 8300
HERE = "127.0.0.1"
PORTS = ("wxbot", "portal", "sandbox", "redis")
KEPT_SECRETS = ("SECRET_KEY", "FIELD_KEYS", "WECHAT_APP_ID", "WECHAT_APP_SECRET", "WECHAT_TOKEN",
                "WECHAT_AES_KEY", "SMS_API_KEY", "GOVERNMENT_SITE_KEY", "E_LICENSE_KEY",
                "BUSINESS_SYSTEM_KEY", "REGULATOR_KEY")  # fmt: skip


class InUse(Exception):
    """The folder or a port is taken; the text says which and what to do."""


@dataclass(frozen=True)
class Options:
    """What the person at the command line chose."""

    folder: Path
    port_base: int | None = None
    keep: bool = False
    database_url: str = ""
    redis_url: str = ""
    host: str = HERE  # by which browsers reach this machine; another than HERE listens on all its addresses


@dataclass(frozen=True)
class Installation:
    """Where everything is. `environ` is the whole environment of its processes."""

    folder: Path
    wxbot_url: str
    portal_url: str
    sandbox_url: str
    redis_port: int  # 0: a Redis that was there before
    environ: Mapping[str, str]
    lock: IO[str]

    @property
    def logs(self) -> Path:
        return self.folder / "logs"


def make(options: Options) -> Installation:
    """A fresh folder (or the kept one) with its secrets in demo.env. Raises InUse."""
    lock = _lock(options.folder)
    secrets_file = options.folder / "demo.env"
    kept = read_env(secrets_file) if options.keep and secrets_file.exists() else {}
    if not options.keep:
        shutil.rmtree(options.folder, ignore_errors=True)
    options.folder.mkdir(parents=True, exist_ok=True)
    ports = _ports(options.port_base)
    told = _settings(options, ports) | {name: kept.get(name) or value for name, value in _secrets().items()}
    secrets_file.touch(mode=0o600)
    secrets_file.write_text(
        "".join(f"export {name}={shlex.quote(value)}\n" for name, value in sorted(told.items())),
        encoding="utf-8",
    )
    return Installation(
        folder=options.folder,
        wxbot_url=told["WXBOT_URL"],
        portal_url=told["PORTAL_URL"],
        sandbox_url=told["SANDBOX_URL"],
        redis_port=0 if options.redis_url else ports["redis"],
        environ=_clean_environment() | told,
        lock=lock,
    )


def read_env(path: Path) -> dict[str, str]:
    pairs = re.findall(r"(?m)^export (\w+)=(.*)$", path.read_text(encoding="utf-8"))
    return {name: "".join(shlex.split(value)) for name, value in pairs}


def _settings(options: Options, ports: Mapping[str, int]) -> dict[str, str]:
    here = {name: f"http://{HERE}:{port}" for name, port in ports.items()}  # for our own processes
    shown = {name: f"http://{options.host}:{port}" for name, port in ports.items()}  # for browsers
    listening = HERE if options.host == HERE else "0.0.0.0"
    return {
        "DATABASE_URL": options.database_url or f"sqlite:///{options.folder / 'reminders.db'}",
        "REDIS_URL": options.redis_url or f"redis://127.0.0.1:{ports['redis']}/0",
        "WXBOT_URL": shown["wxbot"],
        "PORTAL_URL": shown["portal"],
        "WXBOT_BIND": f"{listening}:{ports['wxbot']}",
        "PORTAL_BIND": f"{listening}:{ports['portal']}",
        "SANDBOX_BIND": listening,
        "WXBOT_WORKERS": "1",
        "PORTAL_WORKERS": "1",
        "SANDBOX_URL": shown["sandbox"],
        "SANDBOX_DIR": str(options.folder / "sandbox"),
        "WECHAT_API_BASE": here["sandbox"],
        "WECHAT_OAUTH_BASE": shown["sandbox"],
        "WECHAT_ACCOUNT_NAME": "威海政务审批（练习）",
        "WECHAT_SCRIPT_URL": f"{shown['sandbox']}/open/js/jweixin-1.6.0.js",
        "WECHAT_ORIGINAL_ID": "gh_sandbox000001",
        "OFFICIAL_ACCOUNT_ARTICLES": "true",
        "SMS_PROVIDER": "sandbox",
        "SMS_API_BASE": f"{here['sandbox']}/sms-api",
        "GOVERNMENT_SITE_URL": f"{here['sandbox']}/cms-api",
        "GOVERNMENT_SITE_PRIVATE": "true",
        "E_LICENSE_URL": f"{here['sandbox']}/e-license-api",
        "E_LICENSE_EVERY_S": "30",
        "REGULATOR_URL": f"{here['sandbox']}/regulator-api",
        "BUSINESS_SYSTEM_URL": f"{here['sandbox']}/business-system-api",
        "SENDING_HOURS": "00:00-24:00",
        "PLAN_EVERY_S": "5",
        "SERVICE_PHONE": "0631-0000000",
        "PRACTICE": "true",
    }


def _secrets() -> dict[str, str]:
    def key(size: int) -> str:
        return base64.b64encode(secrets.token_bytes(size)).decode()

    return {
        "SECRET_KEY": secrets.token_urlsafe(48),
        "FIELD_KEYS": f"index:{key(32)},k1:{key(16)}",
        "WECHAT_APP_ID": f"wx{secrets.token_hex(8)}",
        "WECHAT_APP_SECRET": secrets.token_hex(16),
        "WECHAT_TOKEN": secrets.token_hex(16),
        "WECHAT_AES_KEY": key(32).rstrip("="),
        "SMS_API_KEY": secrets.token_urlsafe(24),
        "GOVERNMENT_SITE_KEY": secrets.token_urlsafe(24),
        "E_LICENSE_KEY": secrets.token_urlsafe(24),
        "BUSINESS_SYSTEM_KEY": secrets.token_urlsafe(24),
        "REGULATOR_KEY": secrets.token_urlsafe(24),
    }


def _clean_environment() -> dict[str, str]:
    """Ours without any setting of another installation, so that a demo can never touch a real one."""
    known = set(re.findall(r"(?m)^#?([A-Z][A-Z0-9_]+)=", EXAMPLE.read_text(encoding="utf-8")))
    known |= {f"{name}_FILE" for name in known}
    return {name: value for name, value in os.environ.items() if name not in known}


def _lock(folder: Path) -> IO[str]:
    folder.parent.mkdir(parents=True, exist_ok=True)
    handle = folder.with_suffix(".lock").open("w")
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        handle.close()
        raise InUse(f"Another one is running in {folder}; stop it first (Ctrl-C in its window).") from None
    return handle


def _ports(base: int | None) -> dict[str, int]:
    bases = [base] if base is not None else range(FIRST_PORT, FIRST_PORT + 2000, 10)
    for first in bases:
        ports = {name: first + place for place, name in enumerate(PORTS)}
        if all(_is_free(port) for port in ports.values()):
            return ports
    wanted = f"{bases[0]} to {bases[0] + len(PORTS) - 1}" if base is not None else f"{FIRST_PORT} and above"
    raise InUse(f"The ports {wanted} are not all free; choose others with --port-base.")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
