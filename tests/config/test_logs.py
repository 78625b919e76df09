"""Logs are JSON lines and carry neither secrets nor what looks like a phone or an ID number."""

import json
import logging
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config import logs

SHOW = """
import logging, structlog
from config import logs
logs.set_up("INFO")
structlog.get_logger("a").info("收到回调", url="/cb?code=abc&state=1", phone="13800000001")
logging.getLogger("urllib3").error("GET /token?appid=wx1&secret=verysecret failed for 13800000001")
logging.getLogger("urllib3").info("not worth a line")
try:
    raise ValueError("no answer for 13800000001")
except ValueError:
    structlog.get_logger("b").exception("failed")
"""


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("?access_token=abc&next=1", "?access_token=[hidden]&next=1"),
        ("secret=s3 code=c4", "secret=[hidden] code=[hidden]"),
        ("打给13800000001吧", "打给[hidden]吧"),
        ("took 13800000001.25 ns", "took 13800000001.25 ns"),
        ("to 13800000001.", "to [hidden]."),
        ("id 11010119900101999X,", "id [hidden],"),
        ("order 1234567", "order 1234567"),
    ],
)
def test_scrub_blanks_what_is_secret_and_keeps_the_rest(text: str, left: str) -> None:
    assert logs.scrub(text) == left


@given(st.integers(min_value=10**10, max_value=2 * 10**10 - 1))
def test_scrub_never_leaves_a_phone(number: int) -> None:
    assert str(number) not in logs.scrub(f"sent to {number}: ok")


def test_lines_are_json_without_phones_and_secrets() -> None:
    done = subprocess.run([sys.executable, "-c", SHOW], capture_output=True, text=True, check=True)
    assert done.stdout == ""
    lines = [json.loads(line) for line in done.stderr.splitlines()]
    assert lines[0]["event"] == "收到回调"
    assert len(lines) == 3
    assert "13800000001" not in done.stderr
    assert "verysecret" not in done.stderr
    assert "code=abc" not in done.stderr


def test_library_loggers_stay_quiet_below_warning() -> None:
    before = logging.getLogger("urllib3").level
    try:
        logs.set_up("INFO")
        assert logging.getLogger("urllib3").getEffectiveLevel() >= logging.WARNING
    finally:
        logging.getLogger("urllib3").setLevel(before)
        logging.getLogger().handlers[:] = []
