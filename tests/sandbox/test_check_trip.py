"""The waiting of the demo's check: patient with a busy machine, never with a fault."""

import time
from collections.abc import Iterator

import pytest

from sandbox.check_trip import Unexpected, until


def test_wait_ends_with_what_comes_however_often_it_was_not_there() -> None:
    seen: Iterator[str] = iter(["", "", "there"])
    assert until("it", lambda: next(seen), within_s=5) == "there"


def test_wait_ends_at_once_when_there_is_trouble() -> None:
    began = time.monotonic()
    with pytest.raises(Unexpected, match="it will not come: refused"):
        until("it", lambda: "", within_s=60, trouble=lambda: "refused")
    assert time.monotonic() - began < 5


def test_wait_has_an_end() -> None:
    with pytest.raises(Unexpected, match="did not come within 0 s"):
        until("it", lambda: "", within_s=0.3)
