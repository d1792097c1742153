"""An MCP server over standard input and output that dies while it reads: a process in front of a real one.

    dying_server.py PLAN PROGRAM ARGUMENT…

PLAN is JSON: `dies_at` is the tool call, counted from 1 in each life, during which the real server is killed
(SIGKILL); `lives` is how many lives end like that (-1 for all); `counter` is a file that keeps count of them.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path


def lives_so_far(counter: Path) -> int:
    """Lives that began, this one included."""
    with counter.open("a", encoding="utf-8") as file:
        file.write("life\n")
    return len(counter.read_text(encoding="utf-8").splitlines())


def main() -> None:
    plan = json.loads(sys.argv[1])
    mortal = plan["lives"] < 0 or lives_so_far(Path(plan["counter"])) <= plan["lives"]
    server = subprocess.Popen(sys.argv[2:], stdin=subprocess.PIPE)
    assert server.stdin
    threading.Thread(target=lambda: os._exit(server.wait() and 1), daemon=True).start()
    calls = 0
    for line in sys.stdin.buffer:
        server.stdin.write(line)
        server.stdin.flush()
        calls += b'"tools/call"' in line
        if mortal and calls == plan["dies_at"]:
            server.send_signal(signal.SIGKILL)
    server.stdin.close()
    server.wait()


main()
