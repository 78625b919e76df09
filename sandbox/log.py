"""The append-only record of all that happened: every state of the sandbox is a fold over it."""

import json
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NewType

Entry = NewType("Entry", dict[str, Any])
SHOWN = "shown"


class Log:
    """One JSON object a line; when `append` returns, the line survives the death of this process.

    Readers are told of every entry in order, first of those of former runs (`replay`), then of each new
    one; they are called under the log's lock, so a reader's state and the file can never disagree.
    """

    def __init__(self, path: Path, now: Callable[[], float] = time.time) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.lock = threading.RLock()
        self.now = now
        self._path = path
        self._readers: list[Callable[[Entry], None]] = []
        self._shown: list[Entry] = []
        self._next = 1
        self._cut_torn_line()
        self._file = path.open("a", encoding="utf-8")

    def add_reader(self, reader: Callable[[Entry], None]) -> None:
        self._readers.append(reader)

    def replay(self) -> None:
        with self.lock, self._path.open(encoding="utf-8") as lines:
            for line in lines:
                self._tell(Entry(json.loads(line)))

    def append(self, kind: str, **fields: Any) -> Entry:
        with self.lock:
            at = datetime.fromtimestamp(self.now(), UTC).isoformat(timespec="microseconds")
            entry = Entry({"seq": self._next, "at": at, "kind": kind, **fields})
            self._file.write(json.dumps(entry, ensure_ascii=False) + "\n")
            self._file.flush()
            self._tell(entry)
            return entry

    def shown(self, since: int = 0) -> list[Entry]:
        """What people were really shown, after sequence number `since`, oldest first."""
        with self.lock:
            return [entry for entry in self._shown if entry["seq"] > since] if since else list(self._shown)

    def _tell(self, entry: Entry) -> None:
        self._next = entry["seq"] + 1
        if entry["kind"] == SHOWN:
            self._shown.append(entry)
        for reader in self._readers:
            reader(entry)

    def _cut_torn_line(self) -> None:
        """A machine that lost power may have left half a line, which was never answered for."""
        if not self._path.exists():
            return
        data = self._path.read_bytes()
        whole = data.rfind(b"\n") + 1
        if whole != len(data):
            with self._path.open("r+b") as file:
                file.truncate(whole)


def moment(entry: Entry) -> float:
    """When it happened, as seconds since 1970."""
    return datetime.fromisoformat(entry["at"]).timestamp()
