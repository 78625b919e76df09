"""`./run bench [name …] [--quick] [--rounds N]`: ours against the naive way, in the same run."""

import argparse
import sys
from collections.abc import Callable

from config import logs
from tests.bench import callback, importing, planning, portal, push, receipts
from tests.bench.measure import Sizes, say

BENCHES: dict[str, Callable[[Sizes], None]] = {
    "callback": callback.run,
    "planning": planning.run,
    "push": push.run,
    "receipts": receipts.run,
    "import": importing.run,
    "portal": portal.run,
}


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="./run bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="name", help=", ".join(BENCHES))
    parser.add_argument("--quick", action="store_true", help="small sizes: shows that it runs, not how fast")
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args(arguments)
    unknown = sorted(set(given.names) - set(BENCHES))
    if unknown:
        parser.error(f"no bench named {', '.join(unknown)}; there are {', '.join(BENCHES)}")
    logs.set_up("ERROR")
    for name in given.names or BENCHES:
        say(f"\n=== {name}")
        BENCHES[name](Sizes(given.rounds, given.quick))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
