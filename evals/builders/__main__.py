"""Write the scenarios to their folders: `python -m kubetriage.evals.builders [NAME…] [--output DIR]`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from kubetriage.evals.builders.scenarios import SCENARIOS

FOLDER = Path(__file__).resolve().parents[1] / "scenarios"
"""Where the scenarios of this project are."""


def main(arguments: list[str] | None = None) -> int:
    """Write the named scenarios, or all of them; 2 when a name is none."""
    parser = argparse.ArgumentParser(prog="python -m kubetriage.evals.builders", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--output", type=Path, default=FOLDER, metavar="DIR")
    given = parser.parse_args(arguments)
    known = {build.__name__.replace("_", "-"): build for build in SCENARIOS}
    if unknown := [name for name in given.names if name not in known]:
        print(f"There is no scenario {', '.join(unknown)}. There are: {', '.join(known)}.", file=sys.stderr)
        return 2
    for name in given.names or known:
        known[name]().write(given.output / name)
        print(name)
    return 0


if __name__ == "__main__":
    sys.exit(main())
