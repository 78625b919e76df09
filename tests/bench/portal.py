"""Public pages: ours against a Flask view that returns a string; a far page of the list against the first."""

import os
import subprocess
import tempfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from sqlalchemy import insert

from reminders.db import Database
from reminders.notices import board
from reminders.rules.lifecycle import NoticeState
from reminders.tables.notices import Notice
from tests import builders
from tests.bench import ground
from tests.bench.measure import Sample, Sizes, check, compare
from tests.bench.serving import loaded, served

NOTICES = 8_400
FAR = 400
BODY = "各持证单位：请在最迟申请日之前提出换证申请。\n\n" * 12


def run(sizes: Sizes) -> None:
    pages, lists = sizes.pick(8_000, 800), sizes.pick(1_500, 150)
    with ground.databases() as found, tempfile.NamedTemporaryFile(suffix=".html") as held:
        os.environ["BENCH_PAGE"] = held.name
        for name, database in found:
            _fill(database)
            with served(database, "portal.app:create_app()") as ours:
                _sample, page = loaded(ours, _requests(ours, "/notices/5", 40))
                check("第 5 篇" in page, "not the notice that was asked for")
                Path(held.name).write_text(page, encoding="utf-8")
                with served(database, "tests.bench.naive_page:create_app()") as naive:
                    compare(f"notice page from memory against a string in Flask, {name}",
                            _measured(ours, "/notices/5", pages), _measured(naive, "/notices/5", pages),
                            rounds=sizes.rounds, goal="≥ 0.9×")  # fmt: skip
                compare(f"page {FAR} of the list by key against page 1, never from memory, {name}",
                        _measured(ours, _address_of_far_page(database), lists, each_new=True),
                        _measured(ours, "/notices/?page=1", lists, each_new=True),
                        rounds=sizes.rounds, goal="≥ 0.9×")  # fmt: skip


def _fill(database: Database) -> None:
    with database.begin() as session:
        author = builders.staff(session)
        session.execute(insert(Notice), [
            {"title": f"第 {number} 篇温馨提示", "body": BODY, "state": NoticeState.PUBLISHED,
             "author_id": author.id, "created_at": ground.NOW,
             "published_at": ground.NOW - timedelta(hours=NOTICES - number)}
            for number in range(1, NOTICES + 1)
        ])  # fmt: skip


def _address_of_far_page(database: Database) -> str:
    with database.read() as session:
        last = board.page(session, FAR - 1).lines[-1]
    return f"/notices/?page={FAR}&after={int(last.published_at.timestamp() * 1_000_000)}-{last.id}"


def _measured(
    server: subprocess.Popen[bytes], path: str, count: int, *, each_new: bool = False
) -> Callable[[], Sample]:
    return lambda: loaded(server, _requests(server, path, count, each_new=each_new))[0]


def _requests(
    server: subprocess.Popen[bytes], path: str, count: int, *, each_new: bool = False
) -> list[bytes]:
    """`each_new` makes every address a new one, so that none is answered from memory."""
    port = int(server.port)  # type: ignore[attr-defined]
    fresh = os.urandom(4).hex()
    paths = (f"{path}&x={fresh}{number}" if each_new else path for number in range(count))
    return [f"GET {one} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode() for one in paths]
