"""The console script lists every command at once, without importing a door."""

import subprocess
import sys

from click import Command
from click.testing import CliRunner

from reminders import cli

HEAVY = ("flask", "sqlalchemy", "rq", "redis", "wechatpy", "pydantic", "cryptography")
LOOK = """
import sys
from reminders import cli
try:
    cli.main(["--help"])
except SystemExit as left:
    print("left with", left.code)
print("heavy:", sorted(set(sys.modules) & set({heavy!r})))
"""


def test_help_lists_every_command_and_imports_none() -> None:
    script = LOOK.format(heavy=HEAVY)
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert "left with 0" in done.stdout
    assert "heavy: []" in done.stdout
    for name in cli.SUMMARIES:
        assert f"  {name} " in done.stdout


def test_summaries_name_exactly_the_registered_commands() -> None:
    assert set(cli.SUMMARIES) == set(cli.found())


def test_summary_is_the_first_sentence_of_the_command_itself() -> None:
    for name, entry in cli.found().items():
        command = entry.load()
        assert isinstance(command, Command)
        assert command.get_short_help_str(limit=200).rstrip(".") == cli.SUMMARIES[name].rstrip("."), name


def test_unknown_command_is_refused_with_code_2() -> None:
    done = CliRunner().invoke(cli.main, ["no-such-thing"])
    assert done.exit_code == 2
    assert "No such command" in done.output
