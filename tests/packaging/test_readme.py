"""The README's commands and its drawing are those that run."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
README = ROOT / "README.md"
FENCE = "```"


def line(name: str, readme: Path = README) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / "tools" / "readme_line.py"), name, str(readme)]
    return subprocess.run(command, capture_output=True, text=True, timeout=300)


def test_one_line_installs_and_runs_the_example() -> None:
    """The README's first set-up line makes an environment of its own and ends in `kubetriage demo`."""
    done = line("demo")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("python3 -m venv .venv && ")
    assert done.stdout.endswith("kubetriage demo\n")


def test_one_line_installs_and_runs_the_tests() -> None:
    """The second set-up line installs the test extras and the real MCP server, and runs pytest."""
    done = line("tests")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("python3 -m venv .venv && ")
    assert all(part in done.stdout for part in ('-e ".[test]"', "kubernetes-mcp-server@", ".venv/bin/pytest"))


def test_ci_runs_the_lines_of_the_readme() -> None:
    """`.ci/run` takes both lines from the README instead of repeating them."""
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert re.findall(r"readme_line (\w+)", script) == ["demo", "tests"]


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", 0),
        (f"<!-- line:x -->\n{FENCE}sh\na\nb\n{FENCE}\n", 2),
        (f"<!-- line:x -->\n{FENCE}sh\na\n{FENCE}\n<!-- line:x -->\n{FENCE}sh\nb\n{FENCE}\n", 2),
    ],
)
def test_a_missing_or_split_line_is_refused(text: str, count: int, tmp_path: Path) -> None:
    """No line, two lines, or the same name twice ends with a sentence that says so, and exit status 1."""
    readme = tmp_path / "README.md"
    readme.write_text(text)
    done = line("x", readme)
    assert done.returncode == 1
    assert done.stderr == f"README.md has {count} lines under <!-- line:x -->, not one.\n"


def test_the_drawing_is_the_compiled_graph() -> None:
    """The README's Mermaid drawing is what `kubetriage graph` prints."""
    text = README.read_text(encoding="utf-8")
    shown = re.findall(
        rf"<!-- graph:start -->\n{FENCE}mermaid\n(.*?)\n{FENCE}\n<!-- graph:end -->", text, re.DOTALL
    )
    program = (
        "import sys; sys.argv = ['kubetriage', 'graph']; from kubetriage.cli import main; sys.exit(main())"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    assert [block.strip() for block in shown] == [done.stdout.strip()]


def test_every_relative_link_leads_somewhere() -> None:
    """Links and images of the top-level documents point to files that exist."""
    broken = [
        f"{document.name}: {target}"
        for document in sorted(ROOT.glob("*.md"))
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", document.read_text(encoding="utf-8"))
        if not (ROOT / target).exists()
    ]
    assert broken == []
