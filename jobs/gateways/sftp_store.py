"""Keeps files on an SFTP server whose host key is pinned: a passing name, then an atomic rename."""

import base64
import contextlib
import io
import secrets
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

import paramiko
from paramiko.pkey import UnknownKeyType

from jobs.gateways.addresses import Guard
from jobs.gateways.stores import LARGEST_FILE, UNFINISHED
from reminders.errors import GatewayError

CONNECT_S = 3.0
READ_S = 8.0
KEY_KINDS: dict[str, type[paramiko.PKey]] = {
    "ssh-ed25519": paramiko.Ed25519Key,
    "ssh-rsa": paramiko.RSAKey,
    "ecdsa-sha2-nistp256": paramiko.ECDSAKey,
    "ecdsa-sha2-nistp384": paramiko.ECDSAKey,
    "ecdsa-sha2-nistp521": paramiko.ECDSAKey,
}


@dataclass(frozen=True)
class SftpAccount:
    """`url` is sftp://host:port/folder; `secret` a password, or a private key in PEM."""

    url: str
    user: str
    secret: str
    host_key: str


class SftpStore:
    """Connects when first used; one connection for the life of the process that made it."""

    def __init__(self, account: SftpAccount, guard: Guard) -> None:
        parts = urlsplit(account.url)
        self._account = account
        self._guard = guard
        self._address = (parts.hostname or "", parts.port or 22)
        self._root = parts.path.rstrip("/")
        self._pinned = pinned_key(account.host_key)
        self._transport: paramiko.Transport | None = None
        self._client: paramiko.SFTPClient | None = None

    def put(self, path: str, content: bytes, media_type: str) -> None:
        target = f"{self._root}/{path}"
        unfinished = f"{target.rpartition('/')[0]}/{UNFINISHED}{secrets.token_hex(6)}"
        with self._calling() as client:
            _make_folders(client, self._root, path)
            client.putfo(io.BytesIO(content), unfinished, len(content))
            client.posix_rename(unfinished, target)

    def get(self, path: str) -> bytes | None:
        with self._calling() as client:
            try:
                with client.open(f"{self._root}/{path}", "rb") as file:
                    file.prefetch()
                    return bytes(file.read(LARGEST_FILE))
            except FileNotFoundError:
                return None

    def remove(self, path: str) -> None:
        target = f"{self._root}/{path}"
        with self._calling() as client:
            with contextlib.suppress(FileNotFoundError):
                client.remove(target)
            folder = target.rpartition("/")[0]
            if folder != self._root:
                with contextlib.suppress(OSError):  # other files of the notice are still in it
                    client.rmdir(folder)

    def check(self) -> str:
        with self._calling() as client:
            client.stat(self._root or "/")
        return "the SFTP server has the pinned key and knows us"

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()
        self._transport = self._client = None

    @contextlib.contextmanager
    def _calling(self) -> Iterator[paramiko.SFTPClient]:
        client = self._client or self._connect()
        try:
            yield client
        except (paramiko.SSHException, EOFError, OSError) as error:
            self.close()
            raise GatewayError(f"sftp-{type(error).__name__}", permanent=False) from None

    def _connect(self) -> paramiko.SFTPClient:
        self._guard.refuse_inside(f"sftp://{self._address[0]}:{self._address[1]}/")
        try:
            plug = socket.create_connection(self._address, CONNECT_S)
        except OSError:
            raise GatewayError("sftp-no-connection", permanent=False, sent=False) from None
        transport = self._transport = paramiko.Transport(plug)
        transport.banner_timeout = transport.auth_timeout = READ_S
        try:
            transport.start_client(timeout=READ_S)
            if transport.get_remote_server_key() != self._pinned:
                raise GatewayError("host-key-changed", permanent=True, sent=False)
            self._sign_in(transport)
            self._client = paramiko.SFTPClient.from_transport(transport)
        except paramiko.AuthenticationException:
            self.close()
            raise GatewayError("sftp-sign-in-refused", permanent=True, sent=False) from None
        except GatewayError:
            self.close()
            raise
        except (paramiko.SSHException, EOFError, OSError):
            self.close()
            raise GatewayError("sftp-no-connection", permanent=False, sent=False) from None
        if self._client is None:
            raise GatewayError("sftp-no-connection", permanent=False, sent=False)
        self._client.get_channel().settimeout(READ_S)
        return self._client

    def _sign_in(self, transport: paramiko.Transport) -> None:
        if "PRIVATE KEY" in self._account.secret:
            transport.auth_publickey(self._account.user, private_key(self._account.secret))
        else:
            transport.auth_password(self._account.user, self._account.secret)


def pinned_key(text: str) -> paramiko.PKey:
    """The key from `ssh-ed25519 AAAA…`. Raises GatewayError when it is none."""
    kind, _, rest = text.strip().partition(" ")
    try:
        return paramiko.PKey.from_type_string(kind, base64.b64decode(rest.split(" ")[0], validate=True))
    except (paramiko.SSHException, UnknownKeyType, ValueError):
        raise GatewayError("host-key-not-set", permanent=True, sent=False) from None


def private_key(text: str) -> paramiko.PKey:
    for kind in dict.fromkeys(KEY_KINDS.values()):
        try:
            return kind.from_private_key(io.StringIO(text))
        except (paramiko.SSHException, ValueError):
            continue
    raise GatewayError("sftp-key-not-understood", permanent=True, sent=False)


def _make_folders(client: paramiko.SFTPClient, root: str, path: str) -> None:
    folder = root
    for part in path.split("/")[:-1]:
        folder = f"{folder}/{part}"
        with contextlib.suppress(OSError):  # it is there already; a real fault shows with the file
            client.mkdir(folder)
