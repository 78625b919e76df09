"""A running sandbox with a running bot, on free ports, ended with the test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox import server
from sandbox.app import create_app
from tests.sandbox.bot import Bot, Sandbox, settings_in


class Clock:
    """Time that a test moves by hand; starts on 2026-12-20."""

    def __init__(self) -> None:
        self.now = 1_797_724_800.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def sandbox(tmp_path: Path, clock: Clock) -> Iterator[Sandbox]:
    bot = Bot()
    settings = settings_in(tmp_path, bot.start())
    running = server.start(create_app(settings, clock))
    yield Sandbox(running.url, bot)
    running.stop()
    assert bot.running is not None
    bot.running.stop()
