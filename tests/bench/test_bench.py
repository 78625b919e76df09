"""The benchmarks themselves run, and their results are the right ones; no figure is judged here."""

import pytest

from config import logs
from tests.bench import importing, push, receipts
from tests.bench.measure import Comparison, Sample, Sizes


@pytest.mark.slow
@pytest.mark.parametrize("bench", [importing, push, receipts])
def test_bench_ends_with_the_right_result(bench: object, capsys: pytest.CaptureFixture[str]) -> None:
    logs.set_up("ERROR")
    bench.run(Sizes(rounds=1, quick=True))  # type: ignore[attr-defined]
    printed = capsys.readouterr().out
    assert "BENCH {" in printed
    assert "WRONG" not in printed


def test_ratio_compares_samples_of_the_same_round() -> None:
    found = Comparison("x", "", [Sample(10, 1, 1), Sample(10, 2, 1)], [Sample(10, 2, 4), Sample(10, 2, 2)])
    assert found.ratios(lambda sample: sample.rate) == [2, 1]
    assert found.ratios(lambda sample: 1 / sample.cpu_us) == [4, 2]
    assert found.spread() == 1
