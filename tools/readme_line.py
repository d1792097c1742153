"""Print the command line that README.md shows under `<!-- line:NAME -->`: `python tools/readme_line.py NAME`.

CI runs what the README tells people to type, so that the two cannot drift apart.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

README = Path(__file__).resolve().parents[1] / "README.md"


def readme_line(text: str, name: str) -> str:
    """The command of that name; `SystemExit` with a sentence if there is not exactly one, on one line."""
    found = re.findall(rf"<!-- line:{re.escape(name)} -->\s*```sh\n(.*?)\n?```", text, flags=re.DOTALL)
    lines = [line for block in found for line in block.splitlines() if line.strip()]
    if len(lines) != 1:
        raise SystemExit(f"README.md has {len(lines)} lines under <!-- line:{name} -->, not one.")
    return str(lines[0])


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        raise SystemExit("Usage: python tools/readme_line.py NAME [README]")
    path = Path(sys.argv[2]) if len(sys.argv) == 3 else README
    print(readme_line(path.read_text(encoding="utf-8"), sys.argv[1]))
