"""`python -m kubetriage.adapters.model.fake`: the scripted server as a process of its own."""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from kubetriage.adapters.model.fake.profiles import PROFILES
from kubetriage.adapters.model.fake.serving import scripted_server
from kubetriage.adapters.model.fake.settings import presets
from kubetriage.domain.errors import BadInput

USAGE_ERROR = 2


def _arguments(given: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m kubetriage.adapters.model.fake", description=__doc__)
    parser.add_argument("--script", type=Path, help="replies, faults and settings as YAML or JSON")
    parser.add_argument("--profile", choices=sorted(PROFILES), help="how long the model takes")
    parser.add_argument("--mode", help="real, zero or scaled:FACTOR")
    parser.add_argument("--quirks", choices=sorted(presets()), help="the provider that is played")
    parser.add_argument("--seed", type=int, help="for everything that happens by chance")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument(
        "--stop-after", type=float, metavar="SECONDS", help="else it runs until it is told to end"
    )
    return parser.parse_args(given)


async def _serve(arguments: argparse.Namespace) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    named: dict[str, Any] = {name: getattr(arguments, name) for name in ("profile", "mode", "quirks", "seed")}
    given = {name: value for name, value in named.items() if value is not None}
    async with scripted_server(arguments.script, port=arguments.port, **given) as server:
        print(server.base_url, flush=True)
        try:
            await asyncio.wait_for(stop.wait(), arguments.stop_after)
        except TimeoutError:
            return


def main(given: Sequence[str] | None = None) -> int:
    """Print the base URL, then serve until SIGTERM, SIGINT or the end of the time; 2 for bad input."""
    try:
        asyncio.run(_serve(_arguments(given)))
    except BadInput as error:
        print(error, file=sys.stderr)
        return USAGE_ERROR
    return 0


if __name__ == "__main__":
    sys.exit(main())
