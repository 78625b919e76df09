"""A place for files that outlets are made of: the port, and the one that is a folder of this machine."""

import os
import secrets
from pathlib import Path
from typing import Protocol

from reminders.errors import GatewayError

UNFINISHED = ".unfinished-"
LARGEST_FILE = 8 * 2**20


class FileStore(Protocol):
    """Paths have no leading slash. A reader sees the old file or the new one, never half of one."""

    def put(self, path: str, content: bytes, media_type: str) -> None: ...

    def get(self, path: str) -> bytes | None:
        """None when there is no such file."""

    def remove(self, path: str) -> None:
        """A file that is not there counts as removed."""

    def check(self) -> str:
        """For `reminders doctor`. Raises GatewayError."""

    def close(self) -> None: ...


class FolderStore:
    """A folder that a web server shows, or that somebody else's program carries on."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def put(self, path: str, content: bytes, media_type: str) -> None:
        target = self._root / path
        unfinished = target.with_name(f"{UNFINISHED}{secrets.token_hex(6)}")
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            with unfinished.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            unfinished.replace(target)
        except OSError as error:
            unfinished.unlink(missing_ok=True)
            raise _failure(error) from None

    def get(self, path: str) -> bytes | None:
        try:
            return (self._root / path).read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise _failure(error) from None

    def remove(self, path: str) -> None:
        target = self._root / path
        try:
            target.unlink(missing_ok=True)
            if target.parent != self._root and target.parent.is_dir() and not any(target.parent.iterdir()):
                target.parent.rmdir()
        except OSError as error:
            raise _failure(error) from None

    def check(self) -> str:
        if not self._root.is_dir() or not os.access(self._root, os.W_OK):
            raise GatewayError("folder-not-writable", permanent=True, sent=False)
        return f"may write to {self._root}"

    def close(self) -> None:
        """Nothing is held open."""


def _failure(error: OSError) -> GatewayError:
    """A full disk or a lost mount comes back; the kind is told, never a path."""
    return GatewayError(f"folder-{type(error).__name__}", permanent=False)
