"""The `kubetriage` command. Heavy libraries are imported by the commands that need them, when they run."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line and end the process with the contract's exit status."""
    from kubetriage.cli.app import run

    sys.exit(run(sys.argv[1:]))
