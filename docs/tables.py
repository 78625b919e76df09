"""Rewrites the tables of README.md (settings, commands) from the code; `--check` only compares."""

import re
import sys
from pathlib import Path

from pydantic_core import PydanticUndefined

from config.settings import Settings
from reminders.cli import SUMMARIES

ROOT = Path(__file__).resolve().parent.parent
README = ROOT / "README.md"
EXAMPLE = ROOT / "config" / "example.env"
DOCUMENTS = """\
README.md                 what it is, first start, settings, commands
docs/architecture.md      the house: rooms, floors, how a message leaves
docs/glossary.md          one word for one thing
docs/reliability.md       how "nothing lost, nothing doubled" is proved, and how to read the fault run
docs/runbook.md           install, watch, stop, restore; symptoms and cures
docs/decisions/           why it is built this way
portal/chapters/          the officers' handbook, shown in the console as 操作手册
"""


def main(arguments: list[str]) -> int:
    before = README.read_text(encoding="utf-8")
    after = between(before, "settings", settings_table())
    after = between(after, "commands", commands_table())
    if arguments == ["--check"]:
        return int(before != after)
    README.write_text(after, encoding="utf-8")
    sys.stdout.write(DOCUMENTS)
    return 0


def between(text: str, name: str, table: str) -> str:
    """The text with everything between `<!-- name -->` and `<!-- /name -->` replaced."""
    pattern = re.compile(rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)", re.DOTALL)
    changed, count = pattern.subn(lambda found: found[1] + table + found[2], text)
    if count != 1:
        raise SystemExit(f"README.md has no single place marked <!-- {name} -->")
    return changed


def settings_table() -> str:
    rows = [f"| `{name}` | {standard(name)} | {meaning} |" for name, meaning in example_settings().items()]
    return "\n".join(["| setting | default | meaning |", "|---|---|---|", *rows, ""])


def example_settings() -> dict[str, str]:
    """Each name in config/example.env with the comment that stands above it."""
    found: dict[str, str] = {}
    comment: list[str] = []
    for line in EXAMPLE.read_text(encoding="utf-8").splitlines():
        setting = re.match(r"#?([A-Z][A-Z0-9_]+)=(.*)$", line)
        if setting:
            found[setting[1]] = " ".join(comment).replace("|", "\\|")
        elif line.startswith("# ") and not line.startswith("# ---"):
            comment.append(line[2:])
            continue
        comment = []
    return found


def standard(name: str) -> str:
    field = Settings.model_fields.get(name.lower())
    if field is None:  # read by the Procfile, which has its default as ${NAME:-default}
        procfile = (ROOT / "Procfile").read_text(encoding="utf-8")
        return "".join(f"`{value}`" for value in re.findall(rf"\$\{{{name}:-([^}}]*)\}}", procfile)[:1])
    if field.default is PydanticUndefined:
        return "**required**"
    if isinstance(field.default, tuple):
        return "`" + "-".join(f"{moment:%H:%M}" for moment in field.default) + "`"
    text = str(field.default).lower() if isinstance(field.default, bool) else str(field.default)
    return f"`{text}`" if text else ""


def commands_table() -> str:
    rows = [f"| `reminders {name}` | {summary} |" for name, summary in sorted(SUMMARIES.items())]
    return "\n".join(["| command | what it does |", "|---|---|", *rows, ""])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
