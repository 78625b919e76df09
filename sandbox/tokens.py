"""Access tokens by the platform's rules: a stable one that many may share, and the old kind that thrashes."""

import secrets
from collections import Counter
from datetime import datetime, timedelta, timezone

from sandbox.log import Entry, Log, moment

LIFE_S = 7200
RENEW_BEFORE_S = 300  # the platform renews five minutes early; both tokens are good meanwhile
FORCED_PER_DAY = 20
FORCED_APART_S = 30
UNKNOWN, EXPIRED, GOOD = 40001, 42001, 0
CHINA = timezone(timedelta(hours=8))


class Tokens:
    """Two series that know nothing of each other: `stable` and `plain`."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self._ends: dict[str, float] = {}  # token -> when it stops being good
        self._current: dict[str, str] = {}
        self._forced: Counter[str] = Counter()
        self._forced_at = 0.0
        log.add_reader(self._read)

    def stable(self, *, force: bool) -> tuple[str, int]:
        """The token and its remaining seconds (at least 300); force is obeyed 20 times a day, 30 s apart."""
        with self._log.lock:
            now = self._log.now()
            today = datetime.fromtimestamp(now, CHINA).date().isoformat()
            may = self._forced[today] < FORCED_PER_DAY and now - self._forced_at >= FORCED_APART_S
            if force and may:
                self._issue("stable", kill=True, forced_on=today)
            elif self._left("stable") < RENEW_BEFORE_S:
                self._issue("stable", kill=False)
            return self._current["stable"], int(self._left("stable"))

    def plain(self) -> tuple[str, int]:
        """Always a new one; the one before is good for five minutes more."""
        with self._log.lock:
            self._issue("plain", kill=False)
            return self._current["plain"], LIFE_S

    def check(self, token: str) -> int:
        """GOOD, UNKNOWN or EXPIRED, as the platform's errcode."""
        with self._log.lock:
            if token not in self._ends:
                return UNKNOWN
            return GOOD if self._log.now() < self._ends[token] else EXPIRED

    def end_all(self, *, forget: bool) -> None:
        """Every token expires at once (42001), or was never known (40001): for tests."""
        self._log.append("tokens_ended", forget=forget)

    def _left(self, series: str) -> float:
        return self._ends.get(self._current.get(series, ""), 0.0) - self._log.now()

    def _issue(self, series: str, *, kill: bool, forced_on: str = "") -> None:
        fresh = f"{len(self._ends) + 10}_{secrets.token_urlsafe(96)}"
        self._log.append("token", series=series, token=fresh, kill=kill, forced_on=forced_on)

    def _read(self, entry: Entry) -> None:
        if entry["kind"] == "token":
            old, now = self._current.get(entry["series"]), moment(entry)
            if old in self._ends and entry["kill"]:
                del self._ends[old]
            elif old in self._ends:
                self._ends[old] = min(self._ends[old], now + RENEW_BEFORE_S)
            self._current[entry["series"]] = entry["token"]
            self._ends[entry["token"]] = now + LIFE_S
            if entry["forced_on"]:
                self._forced[entry["forced_on"]] += 1
                self._forced_at = now
        elif entry["kind"] == "tokens_ended":
            self._current.clear()
            self._ends = {} if entry["forget"] else dict.fromkeys(self._ends, 0.0)
