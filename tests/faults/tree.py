"""Copies the product into a folder, its times divided by one factor, with a seeded fault if wanted."""

import ast
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("config", "reminders", "jobs", "wxbot", "sandbox")

# Every span that a promise depends on; none of them is compressed alone. How often the clock rings and how
# long one job drains stay as they are: shorter ones would not be harder, they would only burn time.
SPANS: Mapping[str, Sequence[str]] = {
    "reminders/rules/delivery_rules.py": (
        *("LEASE", "HTTP_MAX", "CUTOFF", "WINDOW", "GRACE", "RECEIPT_WITHIN", "REVIEW_OPEN"),
        *("EVENT_KEPT_OPEN", "READY_PAUSE_S", "LONGEST_READY_PAUSE_S", "OUTAGE_PAUSE", "ACCOUNT_PAUSE"),
    ),
    "reminders/db.py": ("WRITER_WAIT_S", "STANDS_STILL_S"),
    "jobs/clock.py": ("REAP_S", "SWEEP_S", "EXPIRE_S"),
    "jobs/schedule.py": ("LONGEST_PAUSE_S", "SHORTEST_PAUSE_S"),
    "jobs/sending.py": ("BATCH_SPAN_S",),
    "jobs/worker.py": ("REDIS_PAUSE_S",),
    "jobs/wiring.py": ("REDIS_WAIT_S",),
    "jobs/gateways/transport.py": ("CONNECT_S", "READ_S", "ANSWER_WITHIN_S"),
    "jobs/gateways/wechat_client.py": ("LOCK_S", "WAIT_FOR_LOCK_S", "KEPT_IN_MEMORY_S", "FAILURE_KEPT_S"),
    "sandbox/template_messages.py": ("DEDUPE_S",),
    "sandbox/callbacks.py": ("TIMEOUT_S", "LATE_S"),
}
# Redis and RQ count in whole seconds.
WHOLE_SECONDS: Mapping[str, Sequence[str]] = {
    "jobs/worker.py": ("WORKER_TTL_S", "MAINTENANCE_S", "MONITORING_S"),
    "jobs/gateways/wechat_client.py": ("ASK_AGAIN_AFTER_S", "FORCE_EVERY_S"),
}
MANY: Mapping[str, Sequence[str]] = {
    "reminders/rules/delivery_rules.py": ("UNKNOWN_PAUSES_S", "ASK_PAUSES_S")
}
MARGIN = "- timedelta(seconds=5)).total_seconds()"


@dataclass(frozen=True)
class Edit:
    """`old` stands exactly once in the file at `path` and becomes `new`."""

    path: str
    old: str
    new: str


class NotFoundOnce(AssertionError):
    """The code has moved on and the edit no longer fits: mend tests/faults with it."""


def copy(folder: Path, *, packages: Iterable[str] = PACKAGES, edits: Iterable[Edit] = ()) -> Path:
    """The packages as they stand in this checkout, then edited. Raises NotFoundOnce."""
    for package in packages:
        shutil.copytree(ROOT / package, folder / package, ignore=shutil.ignore_patterns("__pycache__"))
    for edit in edits:
        apply(folder, edit)
    return folder


def apply(folder: Path, edit: Edit) -> None:
    place = folder / edit.path
    text = place.read_text(encoding="utf-8")
    if text.count(edit.old) != 1:
        raise NotFoundOnce(f"{edit.path}: {text.count(edit.old)} times, not once: {edit.old!r}")
    place.write_text(text.replace(edit.old, edit.new), encoding="utf-8")


def compress(folder: Path, factor: float) -> None:
    """Divides all times of the copy by one factor. Raises NotFoundOnce when one of them has gone."""
    for spans, form in (
        (SPANS, "({{}}) / {0}"),
        (WHOLE_SECONDS, "max(1, round(({{}}) / {0}))"),
        (MANY, "tuple(_s / {0} for _s in {{}})"),
    ):
        for path, names in spans.items():
            for name in names:
                _rewrite(folder / path, name, form.format(factor))
    apply(
        folder,
        Edit(
            "reminders/rules/delivery_rules.py", MARGIN, MARGIN.replace("seconds=5", f"seconds=5 / {factor}")
        ),
    )


def _rewrite(place: Path, name: str, form: str) -> None:
    text = place.read_text(encoding="utf-8")
    found = [
        node.value
        for node in ast.parse(text).body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == name
    ]
    if len(found) != 1:
        raise NotFoundOnce(f"{place.name}: {len(found)} assignments to {name}, not one")
    expression = ast.get_source_segment(text, found[0])
    assert expression is not None
    lines = text.splitlines(keepends=True)
    first, last = found[0].lineno - 1, (found[0].end_lineno or 0) - 1
    whole = "".join(lines[first : last + 1])
    lines[first : last + 1] = [whole.replace(expression, form.format(expression), 1)]
    place.write_text("".join(lines), encoding="utf-8")
