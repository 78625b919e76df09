"""The run script answers on any Python and knows when its environment is still the right one."""

import ast
import importlib.machinery
import importlib.util
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

RUN = Path(__file__).resolve().parent.parent / "run"


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The script as a module, with a checkout and an environment of its own."""
    loader = importlib.machinery.SourceFileLoader("run_script", str(RUN))
    spec = importlib.util.spec_from_loader("run_script", loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    for name in (*module.LOCKS.values(), "pyproject.toml"):
        (tmp_path / name).write_text(f"content of {name}", encoding="utf-8")
    monkeypatch.setattr(module, "ROOT", tmp_path)
    monkeypatch.setattr(module, "VENV", tmp_path / ".venv")
    return module


def be_ready(run: ModuleType) -> None:
    (run.VENV / "bin").mkdir(parents=True)
    (run.VENV / "bin" / "python").symlink_to(sys.executable)
    for kind in run.LOCKS:
        run.stamp(kind).write_text(run.fingerprint(kind), encoding="utf-8")


def test_script_is_understood_by_a_python_that_is_too_old() -> None:
    """Otherwise it could not say that it is too old."""
    ast.parse(RUN.read_text(encoding="utf-8"), feature_version=(3, 7))


def test_script_imports_only_the_standard_library() -> None:
    tree = ast.parse(RUN.read_text(encoding="utf-8"))
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    names |= {str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert {name.partition(".")[0] for name in names} <= sys.stdlib_module_names


@pytest.mark.parametrize(("arguments", "code"), [([], 0), (["--help"], 0), (["no-such-thing"], 2)])
def test_usage_is_shown_from_any_folder_with_an_empty_environment(
    arguments: list[str], code: int, tmp_path: Path
) -> None:
    done = subprocess.run(
        [sys.executable, RUN, *arguments], cwd=tmp_path, env={}, capture_output=True, text=True, check=False
    )
    assert done.returncode == code
    for name in ("demo", "test", "check", "bench", "faults", "up", "docs"):
        assert f"./run {name}" in done.stdout


def test_environment_is_ready_only_when_installed(run: ModuleType) -> None:
    assert not run.is_ready("runtime")
    be_ready(run)
    assert run.is_ready("runtime")
    assert run.is_ready("tests")


@pytest.mark.parametrize("name", ["requirements.lock", "pyproject.toml"])
def test_environment_is_made_again_when_a_lock_or_the_project_file_changed(
    run: ModuleType, name: str
) -> None:
    be_ready(run)
    (run.ROOT / name).write_text("something else", encoding="utf-8")
    assert not run.is_ready("runtime")


def test_environment_is_made_again_when_its_python_went_away(run: ModuleType) -> None:
    be_ready(run)
    (run.VENV / "bin" / "python").unlink()
    (run.VENV / "bin" / "python").symlink_to("/nowhere/python3")
    assert not run.is_ready("runtime")


def test_environment_is_made_again_when_the_checkout_moved(
    run: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    be_ready(run)
    moved = tmp_path.with_name(tmp_path.name + "-moved")
    tmp_path.rename(moved)
    monkeypatch.setattr(run, "ROOT", moved)
    monkeypatch.setattr(run, "VENV", moved / ".venv")
    assert not run.is_ready("runtime")
    moved.rename(tmp_path)


def test_foreign_python_settings_do_not_reach_the_environment(
    run: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", "/somewhere/else")
    monkeypatch.setenv("PIP_TARGET", "/somewhere/else")
    monkeypatch.setenv("DATABASE_URL", "sqlite:///kept.db")
    given = run.environment()
    assert "PYTHONPATH" not in given
    assert "PIP_TARGET" not in given
    assert given["DATABASE_URL"] == "sqlite:///kept.db"
    assert given["PATH"].startswith(str(run.VENV / "bin"))


def test_failure_of_pip_is_told_without_its_chatter(run: ModuleType) -> None:
    (run.VENV / "bin").mkdir(parents=True)
    pip = run.VENV / "bin" / "pip"
    pip.touch()
    fake = run.VENV / "bin" / "python"
    fake.write_text(
        "#!/bin/sh\necho 'WARNING: a folder is not on PATH'\necho 'ERROR: no such version'\nexit 1\n"
    )
    fake.chmod(0o755)
    with pytest.raises(SystemExit) as left:
        run.pip("-r", "requirements.lock")
    assert "ERROR: no such version" in str(left.value)
    assert "WARNING" not in str(left.value)
