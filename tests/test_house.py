"""Reads the house and refuses what makes it hard to live in: long rooms, circles, lost settings."""

import ast
import graphlib
import importlib
import importlib.util
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import entry_points
from pathlib import Path

import grimp
import pytest
from sqlalchemy import ForeignKeyConstraint

from config.settings import Settings
from reminders import tables
from reminders.cli import GROUP
from reminders.rules.audit_sentences import GROUP_OF

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("config", "reminders", "wxbot", "portal", "jobs", "sandbox")
MODULES = sorted(
    path
    for package in PACKAGES
    for path in (ROOT / package).rglob("*.py")
    if path.parent.name != "versions"  # migrations are written by alembic
)
PRODUCT = [path for path in MODULES if "sandbox" not in path.relative_to(ROOT).parts]
TESTS = sorted((ROOT / "tests").rglob("*.py"))
SCRIPTS = [ROOT / "run", ROOT / "docs" / "tables.py"]
LEVELS = {"public", "internal", "personal", "secret"}
FORBIDDEN_NAMES = re.compile(
    r"^(utils?|helpers?|common|misc|managers?|base_\w+|\w+_(utils?|helpers?|manager))$"
)
# Where a library may be imported; one that is not named here is free.
HOMES = {
    "flask": ("wxbot/", "portal/", "sandbox/"),
    "flask_wtf": ("wxbot/", "portal/"),
    "redis": ("jobs/", "sandbox/check_night"),
    "rq": ("jobs/",),
    "paramiko": ("jobs/gateways/sftp_store",),
    "wechatpy": ("wxbot/", "jobs/gateways/"),
    "icalendar": ("wxbot/calendar_file",),
    "requests": ("wxbot/", "jobs/", "sandbox/", "portal/single_sign_on"),
    "jwt": ("portal/single_sign_on",),
    "python_calamine": ("reminders/spreadsheet",),
    "xlsxwriter": ("reminders/spreadsheet", "sandbox/"),
    "typst": ("reminders/typesetting",),
    "docx": ("reminders/letter_files", "reminders/report_files"),
    "openpyxl": (),
    "pandas": (),
}


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def imports(tree: ast.AST) -> Iterator[ast.Import | ast.ImportFrom]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield node


def imported_names(tree: ast.AST) -> set[str]:
    found = {alias.name for node in imports(tree) if isinstance(node, ast.Import) for alias in node.names}
    return found | {node.module for node in imports(tree) if isinstance(node, ast.ImportFrom) and node.module}


def committed_text() -> Iterator[tuple[str, str]]:
    """Every text file somebody would commit, by name."""
    folders = [*PACKAGES, "tests", "docs", ".ci"]
    paths = [path for folder in folders for path in (ROOT / folder).rglob("*")]
    for path in sorted(paths) + sorted(ROOT.glob("[!.]*")) + [ROOT / ".gitignore"]:
        if path.is_file() and "__pycache__" not in path.parts and path.suffix not in {".pyc", ".db", ".xlsx"}:
            try:
                yield name_of(path), path.read_text(encoding="utf-8")
            except UnicodeDecodeError:
                continue


# --- rooms ---


def test_no_file_is_too_long_to_read() -> None:
    limits = [*((path, 300) for path in [*MODULES, *SCRIPTS]), *((path, 500) for path in TESTS)]
    counted = [
        (name_of(path), len(path.read_text(encoding="utf-8").splitlines()), most) for path, most in limits
    ]
    assert [row for row in counted if row[1] > row[2]] == []


def test_no_function_is_longer_than_a_screen() -> None:
    found = []
    for path, most in [*((path, 40) for path in [*MODULES, *SCRIPTS]), *((path, 80) for path in TESTS)]:
        for function in functions(tree_of(path)):
            first = (
                function.body[1] if ast.get_docstring(function) and function.body[1:] else function.body[0]
            )
            length = (function.end_lineno or 0) - first.lineno + 1  # without signature and docstring
            if length > most:
                found.append(f"{name_of(path)}:{function.lineno} {function.name} has {length} lines")
    assert found == []


def test_every_module_says_what_it_is_for() -> None:
    silent = [
        name_of(path)
        for path in [*MODULES, *SCRIPTS]
        if not ast.get_docstring(tree_of(path)) and path.stat().st_size
    ]
    assert silent == []


def test_no_module_has_a_name_that_says_nothing() -> None:
    assert [name_of(path) for path in [*MODULES, *TESTS] if FORBIDDEN_NAMES.match(path.stem)] == []


def test_broad_excepts_are_rare_and_never_in_the_mechanism() -> None:
    found = []
    for path in PRODUCT:
        broad = [
            node
            for node in ast.walk(tree_of(path))
            if isinstance(node, ast.ExceptHandler)
            and (node.type is None or ast.unparse(node.type) in {"Exception", "BaseException"})
        ]
        allowed = 0 if path.is_relative_to(ROOT / "reminders") else 1
        if len(broad) > allowed:
            found.append(name_of(path))
    assert found == []


# --- imports ---


def test_imports_stand_at_the_top_and_are_absolute() -> None:
    found = []
    for path in MODULES:
        tree = tree_of(path)
        relative = [node for node in imports(tree) if isinstance(node, ast.ImportFrom) and node.level]
        inside = [node for function in functions(tree) for node in imports(function)]
        found += [f"{name_of(path)}:{node.lineno}" for node in [*relative, *inside]]
        if "TYPE_CHECKING" in path.read_text(encoding="utf-8"):
            found.append(f"{name_of(path)}: TYPE_CHECKING")
    assert found == []


def test_every_library_has_its_home() -> None:
    found = []
    for path in MODULES:
        for module in imported_names(tree_of(path)):
            homes = HOMES.get(module.partition(".")[0])
            if homes is not None and not name_of(path).startswith(homes):
                found.append(f"{name_of(path)} imports {module}")
    assert found == []


def test_there_are_no_circles() -> None:
    graph = grimp.build_graph(*PACKAGES, include_external_packages=False, cache_dir=None)
    arrows = {module: graph.find_modules_directly_imported_by(module) for module in graph.modules}
    order = graphlib.TopologicalSorter(arrows).static_order()
    assert len(list(order)) == len(arrows)


def test_import_contracts_hold() -> None:
    program = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([program, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-3000:]


def test_nothing_of_the_product_reads_the_clock_or_the_environment_on_its_own() -> None:
    clocks = re.compile(r"\b(?:datetime\.(?:now|utcnow|today)|date\.today|time\.time)\(")
    found = []
    for path in PRODUCT:
        text = path.read_text(encoding="utf-8")
        if clocks.search(text) and name_of(path) != "reminders/clock.py":
            found.append(f"{name_of(path)} reads the clock")
        if re.search(r"\bos\.(environ|getenv)\b", text) and name_of(path) != "config/settings.py":
            found.append(f"{name_of(path)} reads the environment")
    assert found == []


# --- tables, jobs, commands, processes ---


def test_every_column_has_a_data_level() -> None:
    without = [
        f"{table.name}.{column.name}"
        for table in tables.metadata.sorted_tables
        for column in table.columns
        if column.info.get("level") not in LEVELS
    ]
    assert without == []


def test_foreign_keys_are_indexed() -> None:
    """A delete or a join from the other side must not scan the table."""
    bare = []
    for table in tables.metadata.sorted_tables:
        keys = [constraint for constraint in table.constraints if hasattr(constraint, "columns")]
        indexed = [constraint for constraint in keys if not isinstance(constraint, ForeignKeyConstraint)]
        leading = {
            next(iter(index.columns)).name for index in [*table.indexes, *indexed] if len(index.columns)
        }
        bare += [
            f"{table.name}.{key.column_keys[0]}"
            for key in table.foreign_key_constraints
            if key.column_keys[0] not in leading
        ]
    assert bare == []


def test_every_job_named_by_text_can_be_imported() -> None:
    found = set()
    for path in sorted((ROOT / "jobs").rglob("*.py")):
        for node in ast.walk(tree_of(path)):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                found |= set(re.findall(r"^jobs(?:\.[a-z_]+)+\.[a-z_]+$", node.value))
    assert found
    for name in sorted(found):
        if importlib.util.find_spec(name.rpartition(".")[0]) is None:
            pytest.fail(f"{name}: no such module")
        module = importlib.import_module(name.rpartition(".")[0])
        assert callable(getattr(module, name.rpartition(".")[2], None)), name


def test_every_command_can_be_imported() -> None:
    for entry in entry_points(group=GROUP):
        assert callable(entry.load()), entry.name


def test_processes_of_the_procfile_exist() -> None:
    lines = (ROOT / "Procfile").read_text(encoding="utf-8").splitlines()
    commands = dict(line.split(": ", 1) for line in lines if line)
    assert list(commands) == ["release", "wxbot", "portal", "sender", "worker", "clock"]
    for command in commands.values():
        for module in re.findall(r"python -m ([\w.]+)", command):
            assert importlib.util.find_spec(module), module
        for module, function in re.findall(r"'([\w.]+):(\w+)\(\)'", command):
            assert callable(getattr(importlib.import_module(module), function)), command
    assert commands["release"].split()[1] in {entry.name for entry in entry_points(group=GROUP)}


# --- settings, documents, locks ---


def test_example_lists_every_setting_and_no_other() -> None:
    text = (ROOT / "config" / "example.env").read_text(encoding="utf-8")
    listed = re.findall(r"(?m)^#?([A-Z][A-Z0-9_]+)=", text)
    read_by_procfile = re.findall(r"\$\{(\w+):-", (ROOT / "Procfile").read_text(encoding="utf-8"))
    assert sorted(listed) == sorted({name.upper() for name in Settings.model_fields} | set(read_by_procfile))


def test_example_holds_no_secret() -> None:
    text = (ROOT / "config" / "example.env").read_text(encoding="utf-8")
    filled = re.findall(r"(?m)^#?\w*(?:SECRET|KEY|KEYS|TOKEN|PREVIOUS)\w*=(.+)$", text)
    assert filled == []


def test_tables_of_the_readme_are_those_of_the_code() -> None:
    done = subprocess.run([sys.executable, "docs/tables.py", "--check"], cwd=ROOT, check=False)
    assert done.returncode == 0, "run ./run docs and commit README.md"


def test_documents_the_readme_points_to_exist() -> None:
    for path in [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]:
        for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", path.read_text(encoding="utf-8")):
            assert (path.parent / target).exists(), f"{name_of(path)} points to {target}"


def test_locks_hold_what_was_asked_for_with_hashes_and_no_address() -> None:
    for wanted, lock in (
        ("requirements.in", "requirements.lock"),
        ("requirements-dev.in", "requirements-dev.lock"),
    ):
        locked = (ROOT / lock).read_text(encoding="utf-8")
        for line in (ROOT / wanted).read_text(encoding="utf-8").splitlines():
            if not line or line.startswith(("#", "-r")):
                continue
            name, _, version = re.sub(r"\[.*?\]|;.*", "", line).strip().partition("==")
            assert re.search(rf"(?m)^{re.escape(name)}(\[\w+\])?=={re.escape(version)}", locked), (
                f"{line} in {lock}"
            )
        assert "https:" not in locked
        assert "--hash=sha256:" in locked


def test_lock_of_the_tests_holds_the_lock_of_the_product() -> None:
    pins = [
        set(re.findall(r"(?m)^([a-z0-9-]+(?:\[\w+\])?==[^ ;]+)", (ROOT / name).read_text(encoding="utf-8")))
        for name in ("requirements.lock", "requirements-dev.lock")
    ]
    assert pins[0] <= pins[1]


def test_no_file_names_a_registry_or_a_folder_of_one_machine() -> None:
    registries = ("pypi" + ".org", "python" + "hosted", "npm" + "js", "tsing" + "hua", "art" + "ifactory")
    folders = re.compile(r"(?<![\w.])/(?:ho" + r"me|ro" + r"ot|wo" + r"rk|Us" + r"ers)/\w")
    found = []
    for name, text in committed_text():
        found += [f"{name}: {word}" for word in registries if word in text]
        found += [f"{name}: {hit}" for hit in folders.findall(text)]
    assert found == []


# --- the audit ---


def test_every_action_of_the_audit_has_a_sentence() -> None:
    """A new `noun.verb` needs its Chinese sentence in reminders/rules/audit_sentences.py."""
    verb = re.compile(r"[a-z_]+\.[a-z_]+")
    made = {f"publication.{word}" for word in ("live", "gone")}
    made |= {f"{noun}.{word}" for noun in ("department", "catalogue_entry") for word in ("add", "change")}
    found = set(made)
    for path in sorted((ROOT / "reminders").rglob("*.py")):
        tree = tree_of(path)
        if "audit" not in {alias.name for node in imports(tree) for alias in node.names}:
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and verb.fullmatch(node.value):
                found.add(node.value)
    assert sorted(found - set(GROUP_OF) - {"manifest.json"}) == []
    assert sorted(set(GROUP_OF) - found) == []
