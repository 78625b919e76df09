"""The edits of the fault run fit the code as it stands."""

from pathlib import Path

import pytest

from tests.faults import stage, tree
from tests.faults.mutants import MUTANTS
from tests.faults.tree import Edit, NotFoundOnce


def test_every_time_is_found_and_divided_by_the_same_factor(tmp_path: Path) -> None:
    copied = tree.copy(tmp_path, edits=[stage.WORST_MOMENT, stage.STOPPING, stage.IMPORTS])
    tree.compress(copied, 10)
    rules = (copied / "reminders/rules/delivery_rules.py").read_text(encoding="utf-8")
    assert "\nLEASE = (timedelta(seconds=60)) / 10\n" in rules
    assert "timedelta(seconds=5 / 10)).total_seconds()" in rules
    for path in (*tree.SPANS, *tree.MANY, "jobs/sending.py"):
        compile((copied / path).read_text(encoding="utf-8"), path, "exec")


@pytest.mark.parametrize("name", MUTANTS)
def test_every_seeded_fault_fits_the_code(name: str, tmp_path: Path) -> None:
    copied = tree.copy(tmp_path, packages=("reminders", "jobs"), edits=MUTANTS[name])
    for edit in MUTANTS[name]:
        compile((copied / edit.path).read_text(encoding="utf-8"), edit.path, "exec")


def test_edit_that_fits_nothing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NotFoundOnce):
        tree.copy(tmp_path, packages=("config",), edits=[Edit("config/logs.py", "no such words", "")])
