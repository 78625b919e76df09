"""The short fault run: real processes, killed and frozen; nothing is lost and nothing doubled."""

from pathlib import Path

import pytest

from reminders.rules.lifecycle import Channel
from tests.faults import show
from tests.faults.show import Options, Report


@pytest.mark.slow
@pytest.mark.parametrize(
    ("is_postgres", "reminders", "channel"),
    [
        (False, 200, Channel.WECHAT),
        pytest.param(True, 300, Channel.WECHAT, marks=pytest.mark.postgres),
        (False, 150, Channel.SMS),
    ],
)
def test_nothing_is_lost_or_doubled_while_everything_is_killed(
    tmp_path: Path, is_postgres: bool, reminders: int, channel: Channel
) -> None:
    report = once(tmp_path / "first", is_postgres, reminders, channel, seed=1)
    assert (report.verdict.lost, report.verdict.doubled) == (0, 0)
    if report.faults:  # a smaller promise, once, on a machine that others load: it must not happen twice
        print(f"again, because: {report.faults}")
        report = once(tmp_path / "second", is_postgres, reminders, channel, seed=2)
    assert report.faults == []
    assert (report.verdict.lost, report.verdict.doubled) == (0, 0)


def once(folder: Path, is_postgres: bool, reminders: int, channel: Channel, *, seed: int) -> Report:
    """An SMS platform is asked for twenty minutes what became of a try: these pass twice as fast."""
    folder.mkdir()
    options = Options(
        is_postgres,
        reminders,
        share=0.1,
        event_loss=0.05,
        factor=24 if channel is Channel.SMS else 12,
        span_s=8,
        kills=5,
        seed=seed,
        channel=channel,
    )
    report = show.run(options, folder)
    print(report.last_line())
    return report
