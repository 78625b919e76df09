"""What a stranger hears is the same, byte for byte, whether or not a license is in the ledger."""

import time
from collections.abc import Callable
from statistics import median

import pytest
from flask import Flask
from sqlalchemy import delete, event

from reminders.db import Database
from reminders.tables.bindings import LimitCount
from tests.wxbot.conftest import Pharmacy
from tests.wxbot.platform import Holder


def script(number: str, *, bad_code: str) -> list[str]:
    return [
        number,
        "同意",
        number,
        number,
        bad_code,
        f"绑定 {number}",
        *[bad_code] * 5,
        number,
        bad_code,
        "我的证照",
        "取消",
    ]


def test_whole_conversations_are_equal_byte_for_byte(
    person: Callable[[str], Holder], pharmacy: Pharmacy
) -> None:
    heard = []
    for place, number in enumerate((pharmacy.numbers[0], "鲁DA631999999", pharmacy.numbers[3])):
        stranger = person(f"oExample-stranger-{place}")
        first = [stranger.say(text) for text in script(number, bad_code="")[:4]]
        bad = next(f"{n:06d}" for n in range(1000) if f"{n:06d}" not in pharmacy.codes())
        heard.append(first + [stranger.say(text) for text in script(number, bad_code=bad)[4:]])
    # A lock names the minute in which it ends; the tests may cross a minute.
    plain = [[text for text in one if "暂停到" not in text] for one in heard]
    assert plain[0] == plain[1] == plain[2]
    assert [len(one) for one in heard] == [15, 15, 15]


def test_no_digit_of_the_phone_is_ever_shown(wang: Holder, pharmacy: Pharmacy) -> None:
    heard = [wang.say(text) for text in ("绑定", pharmacy.numbers[0])]
    heard += [pharmacy.bind(wang, pharmacy.numbers[2]), wang.say("我的证照"), wang.say("1")]
    for text in heard:
        for phone in (pharmacy.phone, pharmacy.other_phone):
            assert phone not in text
            assert phone[-4:] not in text.replace("0001号", "")


def test_database_is_asked_and_told_the_same(
    app: Flask, person: Callable[[str], Holder], pharmacy: Pharmacy, database: Database
) -> None:
    """A hit, a miss, one whose phone was asked a moment ago, and a license without a phone: one by one."""
    told: list[str] = []
    engine = app.extensions["wxbot"].database.engine
    event.listen(engine, "before_cursor_execute", lambda *call: told.append(shape(call[2])))
    event.listen(engine, "savepoint", lambda *_: told.append("savepoint"))
    for end in ("release_savepoint", "rollback_savepoint"):
        event.listen(engine, end, lambda *_: told.append("its end"))
    heard = {}
    for number in (pharmacy.numbers[0], "鲁DA631999999", pharmacy.numbers[1], pharmacy.numbers[3], "示例"):
        stranger = person(f"oExample-{len(heard)}")
        stranger.say("同意")
        told.clear()
        stranger.say(f"绑定 {number}")
        heard[number] = [one for one in told if one]
    assert len(pharmacy.codes()) == 1
    first = heard.pop(pharmacy.numbers[0])
    assert len(first) > 15
    assert {number: asked for number, asked in heard.items() if asked != first} == {}


def shape(statement: str) -> str:
    """Which table is read or written; the ends of savepoints are told by events of their own."""
    words = statement.split()
    return "" if words[0] in ("SAVEPOINT", "RELEASE", "ROLLBACK") else " ".join(words[:6])


@pytest.mark.slow
def test_a_hit_takes_no_longer_than_a_miss(sqlite_app: Flask, sqlite_database: Database) -> None:
    """Medians of interleaved first claims; the room left is for noise, the network adds far more."""
    pharmacy = Pharmacy(sqlite_database)
    spent: dict[str, list[float]] = {pharmacy.numbers[0]: [], "鲁DA631999999": []}
    for place in range(60):
        for number, times in spent.items():
            stranger = Holder(sqlite_app, f"oExample-{place}-{len(times)}-{number[-1]}")
            stranger.say("同意")
            with sqlite_database.begin() as session:  # so that each hit sends a code
                session.execute(delete(LimitCount))
            started = time.perf_counter()
            stranger.say(number)
            times.append(time.perf_counter() - started)
    assert len(pharmacy.codes()) == 60
    hit, miss = (median(times) for times in spent.values())
    assert hit < 1.5 * miss + 0.002
