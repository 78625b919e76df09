"""`./run faults`: kills and freezes a whole installation, then asks what was lost or doubled."""

import argparse
import json
import shutil
import sys
import tempfile
from pathlib import Path

from config import logs
from reminders.rules.lifecycle import Channel
from tests.faults import mutants, show
from tests.faults.show import Options

DATABASES = ("postgres", "sqlite")


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="./run faults", description=__doc__)
    parser.add_argument("--db", choices=DATABASES, default="postgres")
    parser.add_argument("--channel", choices=("wechat", "sms"), default="wechat")
    parser.add_argument("--reminders", type=int, default=10_000)
    parser.add_argument("--share", type=float, default=0.1, help="of the provider's calls that fail")
    parser.add_argument(
        "--event-loss", type=float, help="share of receipts lost; 0.05, or 0 with half the calls faulty"
    )
    parser.add_argument("--flushes", type=int, default=0, help="so many FLUSHALLs besides")
    parser.add_argument(
        "--factor",
        type=float,
        help="all times are divided by it; 12, 6 with half the calls faulty, 1 with --calm",
    )
    parser.add_argument("--span", type=float, help="seconds over which the messages are spread")
    parser.add_argument("--kills", type=int, help="at least so many, or the run proves too little")
    parser.add_argument("--calm", action="store_true", help="no faults: how soon is what is due handed over?")
    parser.add_argument("--short", action="store_true", help="500 reminders: what every test run does")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--mutant", choices=sorted(mutants.MUTANTS), help="break one rule first; must fail")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures there")
    parser.add_argument("--keep", action="store_true", help="leave the folder with all logs")
    given = parser.parse_args(arguments)
    logs.set_up("ERROR")
    folder = Path(tempfile.mkdtemp(prefix="reminders-faults-"))
    try:
        report = show.run(_options(given), folder)
    finally:
        if given.keep:
            print(f"faults: everything is in {folder}")
        else:
            shutil.rmtree(folder, ignore_errors=True)
    if given.json:
        given.json.write_text(json.dumps(report.as_json(), ensure_ascii=False, indent=1), encoding="utf-8")
    print(report.last_line())
    return int(not report.passed)


def _options(given: argparse.Namespace) -> Options:
    heavy = given.share >= 0.3
    reminders = 500 if given.short else given.reminders
    return Options(
        is_postgres=given.db == "postgres",
        reminders=reminders,
        share=given.share,
        event_loss=given.event_loss if given.event_loss is not None else (0.0 if heavy else 0.05),
        factor=given.factor or (1.0 if given.calm else 6.0 if heavy else 12.0),
        span_s=given.span or (15 if given.short else 260 if heavy else 75),
        kills=given.kills if given.kills is not None else _kills(given, heavy=heavy),
        flushes=given.flushes,
        is_calm=given.calm,
        seed=given.seed,
        mutant=given.mutant or "",
        channel=Channel(given.channel),
    )


def _kills(given: argparse.Namespace, *, heavy: bool) -> int:
    if given.calm:
        return 0
    return 5 if given.short else (200 if heavy else 40)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
